// Paths as bytes, and paths that lead to the same file.
import Foundation
import Testing

@testable import ByteIO

@Suite struct FilePathTests {
  let folder: TemporaryDirectory
  init() throws { folder = try TemporaryDirectory() }

  private func path(_ name: String) -> FilePath { FilePath(folder.path(name)) }

  @Test(arguments: [
    ("", "", ""), ("a", "", "a"), ("a/b", "a/", "b"), ("/a", "/", "a"), ("a/", "a/", ""),
    ("a//b", "a//", "b"),
  ])
  func aPathSplitsIntoFolderAndName(path: String, folder: String, name: String) {
    #expect(FilePath(path).folder == FilePath(folder))
    #expect(FilePath(path).lastName == FilePath(name))
  }

  @Test func aNameThatIsNotUTF8IsWrittenReadAndShown() throws {
    let name = FilePath(folder.path("k")) + FilePath(bytes: [0xFF])
    let output = try OutputFile(path: name)
    #expect(output.name == folder.path(#"k\xff"#))
    try output.write("x")
    try output.commit()
    #expect(try InputFile(path: name).readAll(limit: 9) == Array("x".utf8))
    let log = try LogFile(path: name, appends: true)
    try log.write(line: "y")
    #expect(try InputFile(path: name).readAll(limit: 9) == Array("xy\n".utf8))
    // A temporary name can be cut within a character.
    let long = FilePath(folder.path(String(repeating: "x", count: 239) + "éé"))
    try OutputFile(path: long).commit()
    OutputFile.removeLeftovers(of: long)
    #expect(long.exists)
  }

  @Test func allPathsToAFileHaveTheSameIdentity() throws {
    let manager = FileManager.default
    try folder.write([], to: "there")
    try manager.createDirectory(atPath: folder.path("sub"), withIntermediateDirectories: false)
    try manager.linkItem(atPath: folder.path("there"), toPath: folder.path("sub/hard"))
    try manager.createSymbolicLink(atPath: folder.path("sub/soft"), withDestinationPath: "../there")
    try manager.createSymbolicLink(atPath: folder.path("sub/hanging"), withDestinationPath: "../missing")
    try manager.createSymbolicLink(atPath: folder.path("other"), withDestinationPath: "sub")
    func identity(_ name: String) -> FileIdentity? { FileIdentity(ofOutput: path(name)) }
    for name in ["sub/hard", "sub/soft", "sub/../there", "./there", "other/hard", "sub//soft"] {
      #expect(identity(name) == identity("there"), "\(name)")
    }
    for name in ["sub/hanging", "sub/../missing", "other/hanging", "other/../missing"] {
      #expect(identity(name) == identity("missing"), "\(name)")
    }
    #expect(identity("there") != identity("missing"))
    #expect(identity("missing") != identity("sub/missing"))
    #expect(identity("other/missing") == identity("sub/missing"))
    #expect(identity("missing") != nil)
    #expect(identity("no/such") == nil)
    #expect(FileIdentity(ofInput: path("missing")) == nil)
    #expect(FileIdentity(ofInput: path("there")) == identity("there"))
  }

  @Test func descriptorsHaveTheIdentityOfTheirFiles() throws {
    try folder.write([], to: "there")
    let handle = try #require(FileHandle(forUpdatingAtPath: folder.path("there")))
    let pipe = Pipe()
    let named = FilePath("/dev/fd/\(handle.fileDescriptor)")
    #expect(FileIdentity(ofOutput: named) == FileIdentity(ofOutput: path("there")))
    let end = FilePath("/dev/fd/\(pipe.fileHandleForReading.fileDescriptor)")
    #expect(FileIdentity(ofPipe: end) == FileIdentity(ofInput: end))
    #expect(FileIdentity(ofPipe: named) == nil)
  }

  @Test func devicesAreNotFiles() {
    #expect(FileIdentity(ofOutput: "/dev/null") == nil)
    #expect(FilePath("/dev/null").isNullDevice(standardStream: 1))
    #expect(!FilePath("/dev/zero").isNullDevice(standardStream: 1))
    #expect(!path("missing").isNullDevice(standardStream: 1))
  }

  @Test func pathsInsideAFolderAreRecognised() throws {
    try FileManager.default.createDirectory(atPath: folder.path("a/b"), withIntermediateDirectories: true)
    try FileManager.default.createDirectory(atPath: folder.path("ab"), withIntermediateDirectories: true)
    try folder.write([], to: "a/b/x.png")
    try folder.write([], to: "ab/x.png")
    #expect(path("a/b/x.png").isInside(path("a")))
    #expect(path("a/b/x.png").isInside(path("a/b/")))
    #expect(path("ab/../a/b/x.png").isInside(path("a")))
    #expect(!path("ab/x.png").isInside(path("a")))
    #expect(!path("a/b/x.png").isInside(path("missing")))
  }
}
