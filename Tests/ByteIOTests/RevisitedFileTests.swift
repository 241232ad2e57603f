import Foundation
import Testing

@testable import ByteIO

@Suite struct RevisitedFileTests {
  let folder: TemporaryDirectory
  init() throws { folder = try TemporaryDirectory() }

  private func read(_ file: RevisitedFile, at offset: Int, count: Int) throws -> [UInt8] {
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: count, alignment: 1)
    defer { buffer.deallocate() }
    try file.read(at: offset, into: buffer)
    return Array(buffer)
  }

  @Test func partsAreReadInAnyOrderAfterTheWhole() throws {
    let bytes = (0..<100_000).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 8) }
    let input = try InputFile(path: try folder.write(bytes, to: "in"))
    #expect(try input.readAll(limit: bytes.count) == bytes)
    let file = try #require(try RevisitedFile(input))
    for (offset, count) in [(99_000, 1000), (0, 1), (70_001, 12_345), (0, 100_000)] {
      file.willRead(offset..<offset + count)
      #expect(try read(file, at: offset, count: count) == Array(bytes[offset..<offset + count]))
    }
    try file.checkUnchanged()
  }

  /// A caller may already have read from the file. Offsets count from the position after that.
  @Test func offsetsCountFromWhereReadingBegan() throws {
    let handle = try #require(FileHandle(forReadingAtPath: folder.write("header,rows".utf8, to: "in")))
    _ = try handle.read(upToCount: 7)
    let file = try #require(
      try RevisitedFile(InputFile(path: "/dev/fd/\(handle.fileDescriptor)")))
    #expect(try read(file, at: 1, count: 3) == Array("ows".utf8))
  }

  @Test func pipesCannotBeRevisited() throws {
    let pipe = Pipe()
    let input = try InputFile(path: "/dev/fd/\(pipe.fileHandleForReading.fileDescriptor)")
    #expect(try RevisitedFile(input) == nil)
  }

  @Test func changesAreNoticed() throws {
    let path = try folder.write([1, 2, 3, 4], to: "in")
    let changed = FileError.changed(name: path)
    func changing(_ change: (FileHandle) throws -> Void) throws -> RevisitedFile {
      try folder.write([1, 2, 3, 4], to: "in")
      // A change must be later than the last one on the file system's clock.
      try FileManager.default.setAttributes(
        [.modificationDate: Date(timeIntervalSince1970: 1)], ofItemAtPath: path)
      let file = try #require(try RevisitedFile(InputFile(path: path)))
      try file.checkUnchanged()
      let handle = try #require(FileHandle(forUpdatingAtPath: path))
      try change(handle)
      try handle.close()
      return file
    }
    let shorter = try changing { try $0.truncate(atOffset: 3) }
    #expect(throws: changed) { try read(shorter, at: 0, count: 4) }
    #expect(throws: changed) { try shorter.checkUnchanged() }
    let longer = try changing { handle in
      try handle.seekToEnd()
      handle.write(Data([5]))
    }
    #expect(throws: changed) { try longer.checkUnchanged() }
    let rewritten = try changing { $0.write(Data([9])) }
    #expect(throws: changed) { try rewritten.checkUnchanged() }
    // A new file of the same name changes nothing: reads still go to the old one.
    let kept = try changing { _ in }
    try FileManager.default.removeItem(atPath: path)
    try folder.write([7], to: "in")
    #expect(try read(kept, at: 1, count: 3) == [2, 3, 4])
    #expect(changed.kind == .inputOutput && !changed.description.contains("\n"))
  }
}
