// What the tests of hostile zip archives share: a sound archive, what breaks it, and how a refusal is held against what
// is expected.

import ModelFiles
import Testing

/// A change that breaks a sound archive, with the text in its refusal.
struct ZipFault: Sendable {
  let change: @Sendable (inout ZipBuilder) -> Void
  let text: String

  init(_ change: @escaping @Sendable (inout ZipBuilder) -> Void, _ text: String) {
    self.change = change
    self.text = text
  }
}

let soundArchive = archive(pickle([PickledTensor()]))
/// Where the directory of `soundArchive` begins, and where it ends.
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
