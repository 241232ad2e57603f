// What the tests of hostile pickles share: a pickle with its refusal, and how that is held against what is said.

import ModelFiles
import Testing

/// A pickle with that text in its refusal.
struct HostilePickle: Sendable {
  let pickle: [UInt8]
  let text: String

  init(_ pickle: [UInt8], _ text: String) {
    self.pickle = pickle
    self.text = text
  }
}

/// The operations between a pickle's begin and its end.
func program(_ operations: [UInt8]...) -> [UInt8] { Op.proto + operations.flatMap { $0 } + Op.stop }

/// What is said of a file with that pickle.
func refusal(of pickle: [UInt8]) -> String {
  let error = #expect(throws: ModelFileError.self) { try stateDictionary(archive(pickle).bytes) }
  #expect(error?.kind == .badData)
  return error?.description ?? "no error"
}

func expectRefusal(of hostile: HostilePickle) {
  let description = refusal(of: hostile.pickle)
  #expect(description.contains(hostile.text), "\(description)")
  #expect(description.hasPrefix("memory: "), "\(description)")
  #expect(!description.contains("\n"))
  #expect(description.utf8.count < 500)
}
