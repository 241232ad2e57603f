import Foundation
import Testing

@testable import ByteIO

@Suite struct OutputFileTests {
  let folder: TemporaryDirectory
  init() throws { folder = try TemporaryDirectory() }

  /// Sizes around the buffer's 131,072 bytes, written in pieces that do and do not divide it.
  @Test(
    arguments: [0, 1, 131_071, 131_072, 131_073, 300_007],
    [1, 1000, 131_071, 131_072, 131_073, 262_144] as [Int])
  func piecesOfAnySizeArriveInOrder(byteCount: Int, piece: Int) throws {
    let bytes = (0..<byteCount).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 8) }
    let output = try OutputFile(path: folder.path("out"))
    for start in stride(from: 0, to: byteCount, by: piece) {
      try output.write(Array(bytes[start..<min(start + piece, byteCount)]))
    }
    try output.commit()
    #expect(try folder.bytes(of: "out") == bytes)
    #expect(try folder.names == ["out"])
  }

  @Test func anOlderFileIsUntouchedUntilTheCommit() throws {
    try folder.write("old".utf8, to: "out")
    let output = try OutputFile(path: folder.path("out"))
    try output.write("new")
    try output.flush()
    #expect(try folder.bytes(of: "out") == Array("old".utf8))
    #expect(try folder.names.count == 2)
    try output.commit()
    #expect(try folder.bytes(of: "out") == Array("new".utf8))
    #expect(try folder.names == ["out"])
  }

  @Test(arguments: [true, false])
  func anUnfinishedFileLeavesNothing(discarded: Bool) throws {
    try folder.write("old".utf8, to: "out")
    var output: OutputFile? = try OutputFile(path: folder.path("out"))
    try output?.write("new")
    if discarded { output?.discard() }
    output = nil
    #expect(try folder.names == ["out"])
    #expect(try folder.bytes(of: "out") == Array("old".utf8))
  }

  @Test func newFilesFollowTheUmaskAndReplacedFilesKeepTheirMode() throws {
    let descriptor = open(folder.path("like any other"), O_CREAT | O_WRONLY, 0o666)
    var status = stat()
    #expect(fstat(descriptor, &status) == 0)
    close(descriptor)
    for (name, mode) in [("new", Int(status.st_mode & 0o777)), ("private", 0o600), ("run", 0o755)] {
      let path = folder.path(name)
      if name != "new" {
        try folder.write([], to: name)
        try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path)
      }
      try OutputFile(path: path).commit()
      let attributes = try FileManager.default.attributesOfItem(atPath: path)
      #expect(attributes[.posixPermissions] as? Int == mode, "\(name)")
    }
  }

  @Test(arguments: ["target", "sub/target", "missing", "absolute", "link to a link"])
  func aSymbolicLinkSurvives(destination: String) throws {
    try FileManager.default.createDirectory(atPath: folder.path("sub"), withIntermediateDirectories: true)
    try folder.write("old".utf8, to: "target")
    try folder.write("old".utf8, to: "sub/target")
    let manager = FileManager.default
    try manager.createSymbolicLink(atPath: folder.path("link to a link"), withDestinationPath: "sub/target")
    let text = destination == "absolute" ? folder.path("target") : destination
    try manager.createSymbolicLink(atPath: folder.path("link"), withDestinationPath: text)

    let output = try OutputFile(path: folder.path("link"))
    try output.write("new")
    try output.commit()
    #expect(try manager.destinationOfSymbolicLink(atPath: folder.path("link")) == text)
    #expect(try folder.bytes(of: "link") == Array("new".utf8))
    #expect(try manager.contentsOfDirectory(atPath: folder.path("sub")) == ["target"])
  }

  @Test func aCycleOfLinksIsRefused() throws {
    let manager = FileManager.default
    try manager.createSymbolicLink(atPath: folder.path("a"), withDestinationPath: "b")
    try manager.createSymbolicLink(atPath: folder.path("b"), withDestinationPath: "a")
    #expect(throws: FileError.cannotCreate(name: folder.path("a"), errno: ELOOP)) {
      try OutputFile(path: folder.path("a"))
    }
  }

  @Test func theLongestNamesThatFileSystemsAllowCanBeWritten() throws {
    for name in [String(repeating: "n", count: 255), String(repeating: "靴", count: 85)] {
      let output = try OutputFile(path: folder.path(name))
      try output.write("x")
      try output.commit()
      #expect(try folder.bytes(of: name) == [UInt8(ascii: "x")])
    }
  }

  @Test func filesThatCannotBeCreatedAreRefusedWithTheReason() throws {
    let folderPath = folder.url.path
    #expect(throws: FileError.outputIsFolder(name: folderPath)) { try OutputFile(path: folderPath) }
    let missing = folder.path("missing/out")
    #expect(throws: FileError.cannotCreate(name: missing, errno: ENOENT)) { try OutputFile(path: missing) }
    #expect(throws: FileError.cannotCreate(name: "''", errno: ENOENT)) { try OutputFile(path: "") }
    #expect(throws: FileError.cannotCreate(name: "/dev/fd/987", errno: EBADF)) {
      try OutputFile(path: "/dev/fd/987")
    }
    #expect(FileError.cannotCreate(name: missing, errno: ENOENT).kind == .cannotCreate)
    #expect(
      FileError.cannotCreate(name: missing, errno: ENOENT).description
        == "\(missing): cannot create: No such file or directory")
  }

  #if os(Linux)
    @Test(arguments: [10, 1_000_000])
    func theCommitReportsAFullDeviceAtTheLatest(byteCount: Int) throws {
      let output = try OutputFile(path: "/dev/full")
      let full = FileError.cannotWrite(name: "/dev/full", errno: ENOSPC)
      #expect(full.kind == .inputOutput)
      #expect(throws: full) {
        try output.write([UInt8](repeating: 0, count: byteCount))
        try output.commit()
      }
      // Later calls fail, too.
      #expect(throws: full) { try output.write("more") }
      #expect(throws: full) { try output.commit() }
    }
  #endif

  @Test func aPipeIsWrittenDirectly() throws {
    let pipe = Pipe()
    let output = try OutputFile(path: "/dev/fd/\(pipe.fileHandleForWriting.fileDescriptor)")
    try output.write("a row\n")
    try output.flush()
    #expect(pipe.fileHandleForReading.availableData == Data("a row\n".utf8))
    try output.write("another")
    try output.commit()
    #expect(pipe.fileHandleForReading.availableData == Data("another".utf8))
  }

  @Test(
    arguments: [
      ("", []), ("a\n", ["a\n"]), ("abc", ["abc"]), ("ab\ncd\nef\n", ["ab\n", "cd\n", "ef\n"]),
      ("a\nb\nc\n", ["a\nb\n", "c\n"]), ("abcdefgh\ni\n", ["abcdefgh\n", "i\n"]),
      ("abc\nd", ["abc\n", "d"]), ("\n\n\n\n\n", ["\n\n\n\n", "\n"]),
    ] as [(String, [String])])
  func piecesEndAtLineEnds(text: String, pieces: [String]) {
    Array(text.utf8).withUnsafeBytes { bytes in
      let found = bytes.split(intoLinesUpTo: 4).map { String(decoding: $0, as: UTF8.self) }
      #expect(found == pieces)
    }
  }
}
