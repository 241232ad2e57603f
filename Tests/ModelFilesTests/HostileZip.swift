// Shared by the tests of hostile zip archives: a sound archive, changes that break it, and the comparison of a refusal
// with the expected one.

import ModelFiles
import Testing

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
