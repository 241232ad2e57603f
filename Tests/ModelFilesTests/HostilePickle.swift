// Shared by the tests of hostile pickles: a pickle with its expected refusal, and the comparison with the actual one.

import ModelFiles
import Testing

/// A pickle, and a text that its refusal contains.
struct HostilePickle: Sendable {
  let pickle: [UInt8]
  let text: String

  init(_ pickle: [UInt8], _ text: String) {
    self.pickle = pickle
    self.text = text
  }
}

/// Returns a pickle of the given operations, between its beginning and its end.
func program(_ operations: [UInt8]...) -> [UInt8] { Op.proto + operations.flatMap { $0 } + Op.stop }

/// Returns the refusal of a file with the given pickle.
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
