import ByteIO
import Testing

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

@Suite struct WholeFileTests {
  private func path(_ directory: TemporaryDirectory, _ name: String) -> [UInt8] {
    Array(directory.path(name).utf8)
  }

  @Test func oneReaderReadsFilesOfAnySizeWhole() throws {
    let directory = try TemporaryDirectory()
    let reader = WholeFileReader(limit: 6 << 20)
    // Sizes around the reader's first buffer, its growth and the size it keeps, and small files after large ones.
    for count in [0, 1, 65_535, 65_536, 65_537, 200_000, 5 << 20, 3, 6 << 20, 0, 10] {
      let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31 >> 3) }
      try directory.write(bytes, to: "file")
      #expect(try reader.withBytes(of: path(directory, "file")) { Array($0) } == bytes)
    }
  }

  @Test func aFileBeyondTheLimitIsRefused() throws {
    let directory = try TemporaryDirectory()
    let reader = WholeFileReader(limit: 10)
    try directory.write([UInt8](repeating: 1, count: 10), to: "file")
    #expect(try reader.withBytes(of: path(directory, "file")) { $0.count } == 10)
    try directory.write([UInt8](repeating: 1, count: 11), to: "file")
    #expect(throws: WholeFileProblem.tooLarge(limit: 10)) {
      try reader.withBytes(of: path(directory, "file")) { $0.count }
    }
  }

  @Test func pathsThatAreNotFilesAreNamedWithoutWaiting() throws {
    let directory = try TemporaryDirectory()
    let reader = WholeFileReader(limit: 10)
    func problem(_ path: [UInt8]) -> WholeFileProblem? {
      #expect(throws: WholeFileProblem.self) { try reader.withBytes(of: path) { $0.count } }
    }
    #expect(problem(path(directory, "absent")) == .cannotOpen(errno: ENOENT))
    #expect(problem(Array(directory.url.path.utf8)) == .notAFile("a folder"))
    #expect(problem(Array("/dev/null".utf8)) == .notAFile("a device"))
    #expect(mkfifo(directory.path("pipe"), 0o600) == 0)
    #expect(problem(path(directory, "pipe"))?.description.hasPrefix("expected a file, found a pipe") == true)
    #expect(FilePath(bytes: path(directory, "absent")).specialTarget == nil)
    #expect(FilePath("/").specialTarget == "a folder")
  }

  #if os(Linux)
    @Test func aFileOfUnknownSizeIsReadToItsEnd() throws {
      // Files in /proc claim to be empty.
      let status = try WholeFileReader(limit: 1 << 20).withBytes(of: Array("/proc/self/status".utf8)) {
        String(decoding: $0, as: UTF8.self)
      }
      #expect(status.hasPrefix("Name:"))
      #expect(throws: WholeFileProblem.tooLarge(limit: 10)) {
        try WholeFileReader(limit: 10).withBytes(of: Array("/proc/self/status".utf8)) { $0.count }
      }
    }

    @Test func namesAreBytes() throws {
      let directory = try TemporaryDirectory()
      let name = Array("\(directory.url.path)/".utf8) + [0xFF, 0x0A, 0xFE]
      let descriptor = withCString(name) { open($0, O_WRONLY | O_CREAT, 0o600) }
      #expect(descriptor >= 0)
      #expect(write(descriptor, "abc", 3) == 3)
      close(descriptor)
      #expect(try WholeFileReader(limit: 10).withBytes(of: name) { Array($0) } == Array("abc".utf8))
    }
  #endif
}
