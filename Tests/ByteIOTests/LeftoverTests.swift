// Temporary files of killed processes are removed, and nothing else.
import Foundation
import Testing

@testable import ByteIO

@Suite struct LeftoverTests {
  @Test func onlyLeftoversOfThatFileAreRemoved() throws {
    let folder = try TemporaryDirectory()
    let kept = [
      "run", ".run.backup", ".run.fm-abc", ".run.fm-abcdefg", ".other.fm-abcdef", "run.fm-abcdef",
      ".run.st.fm-abcdef",
    ]
    for name in kept + [".run.fm-abcdef", ".run.fm-012345"] {
      try folder.write("x".utf8, to: name)
    }
    try FileManager.default.createDirectory(
      atPath: folder.path(".run.fm-folder"), withIntermediateDirectories: false)
    try FileManager.default.createSymbolicLink(
      atPath: folder.path(".run.fm-linked"), withDestinationPath: folder.path("run"))
    OutputFile.removeLeftovers(of: FilePath(folder.path("run")))
    #expect(try folder.names == (kept + [".run.fm-folder", ".run.fm-linked"]).sorted())
  }

  @Test func aFileBeingWrittenIsNotALeftover() throws {
    let folder = try TemporaryDirectory()
    let output = try OutputFile(path: folder.path("run"))
    try output.write("whole")
    OutputFile.removeLeftovers(of: FilePath(folder.path("run")))
    try output.commit()
    #expect(try folder.bytes(of: "run") == Array("whole".utf8))
  }

  @Test func nothingIsRemovedForPathsThatHaveNoLeftovers() async throws {
    let folder = try TemporaryDirectory()
    // The names that leftovers of these paths would have if the paths were files in the current folder.
    let names = [".-.fm-abcdef", ".null.fm-abcdef", ".run.fm-abcdef", ".stdout.fm-abcdef"]
    for name in names { try folder.write("x".utf8, to: name) }
    let current = folder.url.path
    // A process of its own, because its current folder changes.
    await #expect(processExitsWith: .success) { [current = current as String] in
      #expect(FileManager.default.changeCurrentDirectoryPath(current))
      for path in ["-", "/dev/null", "/dev/stdout", "no/such/folder/run", ""] {
        OutputFile.removeLeftovers(of: FilePath(path))
      }
    }
    #expect(try folder.names == names)
    #expect(FilePath("/dev/null").specialTarget == "a device")
  }

  @Test func aLogCanContinueAtItsEnd() throws {
    let folder = try TemporaryDirectory()
    try LogFile(path: folder.path("log")).write(line: "one")
    try LogFile(path: folder.path("log"), appends: true).write(line: "two")
    #expect(try folder.bytes(of: "log") == Array("one\ntwo\n".utf8))
    try LogFile(path: folder.path("log")).write(line: "three")
    #expect(try folder.bytes(of: "log") == Array("three\n".utf8))
  }
}
