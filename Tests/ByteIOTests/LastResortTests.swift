// Complete contents are kept even if their target cannot be written. Targets that can never be written are refused in
// advance.
import Foundation
import Testing

@testable import ByteIO

@Suite struct LastResortTests {
  let folder: TemporaryDirectory
  init() throws { folder = try TemporaryDirectory() }

  private func keptNames(_ stem: String) throws -> [String] {
    try folder.names.filter { $0.hasPrefix(stem + ".kept-") }
  }

  @Test func contentsAreKeptBesideATargetThatBecameAFolder() throws {
    let output = try OutputFile(path: folder.path("m.st"))
    try output.write("weights")
    try FileManager.default.createDirectory(atPath: folder.path("m.st/in"), withIntermediateDirectories: true)
    let error = #expect(throws: FileError.self) { try output.commit() }
    let kept = try #require(try keptNames("m.st").first)
    #expect(try folder.bytes(of: kept) == Array("weights".utf8))
    #expect(error?.description.contains(folder.path(kept)) == true)
    #expect(error?.keepsContents == true)
    #expect(error?.kind == .inputOutput)
    // The next run does not mistake it for a leftover.
    OutputFile.removeLeftovers(of: FilePath(folder.path("m.st")))
    #expect(try folder.names == ["m.st", kept])
  }

  @Test func contentsAreKeptBesideTheirTargetOrElsewhere() throws {
    let path = FilePath(folder.path("m.st"))
    let kept = OutputFile.keepElsewhere(path, defaultName: "model") { try $0.write("weights") }
    #expect(try keptNames("m.st").map { FilePath(folder.path($0)) } == [kept])
    // Nothing is kept beside a device.
    let elsewhere = try #require(
      OutputFile.keepElsewhere("/dev/full", defaultName: "model") { output in
        // The first folder tried, the current one, is full, too.
        if output.name.hasPrefix("full.kept") { throw FileError.cannotWrite(name: "x", errno: ENOSPC) }
        try output.write("weights")
      })
    #expect(try InputFile(path: elsewhere).readAll(limit: 99) == Array("weights".utf8))
    #expect(elsewhere.text.hasPrefix(FilePath.temporaryFolder.text + "full.kept-"))
    try FileManager.default.removeItem(atPath: elsewhere.text)
    let nowhere = OutputFile.keepElsewhere(path, defaultName: "model") { _ in
      throw FileError.cannotWrite(name: "x", errno: ENOSPC)
    }
    #expect(nowhere == nil)
    #expect(try folder.names.count == 1)
  }

  @Test func namesThatCanNeverBeWrittenAreRefusedInAdvance() throws {
    try folder.write([], to: "file")
    try FileManager.default.createDirectory(atPath: folder.path("dir"), withIntermediateDirectories: false)
    let long = folder.path(String(repeating: "n", count: 256))
    for (path, errno) in [
      (long, ENAMETOOLONG), (folder.path("file/out"), ENOTDIR), (folder.path("missing/out"), ENOENT),
      ("\(folder.url.path)/new/", ENOENT), (String(repeating: "d/", count: 3000), ENAMETOOLONG),
    ] {
      let error = FileError.cannotCreate(name: path, errno: errno)
      #expect(throws: error) { try OutputFile.check(path: FilePath(path)) }
      #expect(error.kind == .cannotCreate)
      #expect(throws: error) { try LogFile(path: FilePath(path)) }
    }
    #expect(throws: FileError.outputIsFolder(name: folder.path("dir"))) {
      try OutputFile.check(path: FilePath(folder.path("dir")))
    }
    #expect(throws: FileError.outputIsFolder(name: folder.path("dir"))) {
      try LogFile(path: FilePath(folder.path("dir")))
    }
    #expect(throws: FileError.cannotCreate(name: "/dev/fd/987", errno: EBADF)) {
      try OutputFile.check(path: "/dev/fd/987")
    }
    try OutputFile.check(path: FilePath(folder.path("out")))
    #expect(try folder.names == ["dir", "file"])
  }

  @Test func foldersThatCanNeverBeCreatedAreRefusedInAdvance() throws {
    try folder.write([], to: "file")
    for good in ["", "new", "new/"] { try OutputFile.check(folder: FilePath(folder.path("") + "/" + good)) }
    try OutputFile.check(folder: "new")
    for (name, errno) in [
      ("file", ENOTDIR), ("missing/new", ENOENT), (String(repeating: "n", count: 256), ENAMETOOLONG),
    ] {
      #expect(throws: FileError.cannotCreate(name: folder.path(name), errno: errno)) {
        try OutputFile.check(folder: FilePath(folder.path(name)))
      }
    }
    #expect(try folder.names == ["file"])
  }

  @Test func theFirstLineReplacesAnOldLog() throws {
    try folder.write("old".utf8, to: "log")
    _ = try LogFile(path: folder.path("log"))
    #expect(try folder.bytes(of: "log") == Array("old".utf8))
    let log = try LogFile(path: folder.path("log"))
    try log.write(line: "new")
    try log.write(line: "newer")
    #expect(try folder.bytes(of: "log") == Array("new\nnewer\n".utf8))
  }

  @Test func aLogWithoutLinesLeavesNoFile() throws {
    _ = try LogFile(path: folder.path("log"))
    #expect(try folder.names == [])
  }

  @Test func aLogInUseIsRefused() throws {
    var log: LogFile? = try LogFile(path: folder.path("log"))
    try log?.write(line: "one")
    for appends in [false, true] {
      let error = FileError.isInUse(name: folder.path("log"))
      #expect(throws: error) { try LogFile(path: folder.path("log"), appends: appends) }
      #expect(error.kind == .cannotCreate)
    }
    #expect(try folder.bytes(of: "log") == Array("one\n".utf8))
    log = nil
    try LogFile(path: folder.path("log"), appends: true).write(line: "two")
    #expect(try folder.bytes(of: "log") == Array("one\ntwo\n".utf8))
  }
}
