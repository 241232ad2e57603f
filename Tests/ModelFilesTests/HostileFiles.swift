// Shared by the tests of hostile files: pickles with their expected refusals, a sound zip archive with changes that break
// it, and the comparison of a refusal with the expected one.

import ModelFiles
import Testing

// MARK: - Pickles

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

// MARK: - Zip archives

/// A change that breaks a sound archive, and a text that the refusal contains.
struct ZipFault: Sendable {
  let change: @Sendable (inout ZipBuilder) -> Void
  let text: String

  init(_ change: @escaping @Sendable (inout ZipBuilder) -> Void, _ text: String) {
    self.change = change
    self.text = text
  }
}

let soundArchive = archive(pickle([PickledTensor()]))
/// The bytes of `soundArchive` that are its directory.
let soundDirectory: Range<Int> = {
  let size = soundArchive.bytes.count - 22
  return size - soundArchive.entries.reduce(0) { $0 + 46 + $1.name.utf8.count }..<size
}()

func expectRefusal(of bytes: [UInt8], _ text: String, _ comment: String = "") {
  let error = #expect(throws: ModelFileError.self) { try stateDictionary(bytes) }
  let description = error?.description ?? "no error"
  #expect(description.contains(text), "\(comment)\(description)")
  #expect(description.hasPrefix("memory: "), "\(description)")
  #expect(!description.contains("\n"))
  #expect(description.utf8.count < 500)
  #expect(error?.kind == .badData)
}
