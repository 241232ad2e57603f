import ByteIO
import Foundation
import Testing

@Suite struct InputFileTests {
  let folder: TemporaryDirectory
  init() throws { folder = try TemporaryDirectory() }

  @Test(arguments: [0, 1, 262_143, 262_144, 262_145, 1_000_003])
  func aFileIsReadWhole(byteCount: Int) throws {
    let bytes = (0..<byteCount).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 8) }
    let input = try InputFile(path: try folder.write(bytes, to: "in"))
    #expect(input.byteCount == byteCount)
    #expect(!input.isTerminal)
    #expect(try input.readAll(limit: byteCount) == bytes)
  }

  @Test func moreThanTheLimitIsRefused() throws {
    let path = try folder.write([1, 2, 3], to: "in")
    let error = FileError.tooLarge(name: path, limit: 2)
    #expect(throws: error) { try InputFile(path: path).readAll(limit: 2) }
    #expect(error.kind == .badData)
    #expect(error.description == "\(path): expected at most 2 bytes, found more")
  }

  @Test func aPipeIsReadAsItsBytesArrive() throws {
    let pipe = Pipe()
    let input = try InputFile(path: "/dev/fd/\(pipe.fileHandleForReading.fileDescriptor)")
    #expect(input.byteCount == nil)
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 100, alignment: 1)
    defer { buffer.deallocate() }
    for text in ["one", "and another"] {
      pipe.fileHandleForWriting.write(Data(text.utf8))
      #expect(try input.read(into: buffer) == text.utf8.count)
      #expect(buffer.starts(with: text.utf8))
    }
    try pipe.fileHandleForWriting.close()
    #expect(try input.read(into: buffer) == 0)
  }

  @Test func readingWaitsForAPipeThatAnotherProcessMadeNonBlocking() throws {
    let pipe = Pipe()
    let descriptor = pipe.fileHandleForReading.fileDescriptor
    #expect(fcntl(descriptor, F_SETFL, O_NONBLOCK) == 0)
    let input = try InputFile(path: "/dev/fd/\(descriptor)")
    let writer = Thread {
      // The read must return these bytes, whether they arrive before it or during it.
      pipe.fileHandleForWriting.write(Data("late".utf8))
      try? pipe.fileHandleForWriting.close()
    }
    writer.start()
    #expect(try input.readAll(limit: 10) == Array("late".utf8))
  }

  @Test func aDescriptorIsReadFromItsPosition() throws {
    let path = try folder.write("header,rows".utf8, to: "in")
    let handle = try #require(FileHandle(forReadingAtPath: path))
    _ = try handle.read(upToCount: 7)
    #expect(try InputFile(path: "/dev/fd/\(handle.fileDescriptor)").readAll(limit: 10) == Array("rows".utf8))
  }

  @Test func unreadableInputsAreRefusedWithTheReason() throws {
    let folderPath = folder.url.path
    #expect(throws: FileError.inputIsFolder(name: folderPath)) { try InputFile(path: folderPath) }
    #expect(
      FileError.inputIsFolder(name: "photos").description
        == "photos: expected a file, found a folder")
    let missing = folder.path("a\nb")
    #expect(throws: FileError.cannotOpen(name: displayed(missing), errno: ENOENT)) {
      try InputFile(path: missing)
    }
    #expect(FileError.cannotOpen(name: "x", errno: ENOENT).kind == .cannotOpen)
    #expect(FileError.inputIsFolder(name: "x").kind == .cannotOpen)
    #expect(
      FileError.cannotOpen(name: "x", errno: ENOENT).description
        == "x: cannot open for reading: No such file or directory")
  }
}
