import ByteIO
import ImageFiles
import Testing

@Suite struct GzipTests {
  static let pixels = sampleBytes(5 * 3 * 4)
  static let file = idx(sizes: [5, 3, 4], data: pixels)
  static let compressed = gzip(file)

  @Test(arguments: [1, 2, 3, 7, .max])
  func aCompressedFileReadsLikeThePlainOne(piece: Int) throws {
    let batch = try readAll(images: MemorySource(Self.compressed, piece: piece))
    #expect(batch.count == 5)
    #expect(batch.images == Self.pixels)
  }

  /// Larger than every buffer on the way, and hardly compressible, so that input and output both run over.
  @Test(arguments: [4099, .max])
  func aLargeFileIsReadWhole(piece: Int) throws {
    let pixels = sampleBytes(3000 * 28 * 28)
    let batch = try readAll(
      images: MemorySource(gzip(idx(sizes: [3000, 28, 28], data: pixels)), piece: piece))
    #expect(batch.count == 3000)
    #expect(batch.images == pixels)
  }

  @Test(arguments: 0...file.count)
  func severalMembersAreReadAsOne(cut: Int) throws {
    let members = gzip(Array(Self.file[..<cut])) + gzip([]) + gzip(Array(Self.file[cut...]))
    for piece in [1, .max] {
      #expect(try readAll(images: MemorySource(members, piece: piece)).images == Self.pixels)
    }
  }

  @Test func aFileCutShortAnywhereIsRefused() {
    // Less than two bytes are not yet seen to be gzip's.
    for byteCount in 2..<Self.compressed.count {
      for piece in [1, .max] {
        #expect(throws: GzipError.truncated(name: "sample", byteCount: byteCount)) {
          try readAll(images: MemorySource(Array(Self.compressed[..<byteCount]), piece: piece))
        }
      }
    }
    for byteCount in 0..<2 {
      #expect(throws: IDXError.self) {
        try readAll(images: MemorySource(Array(Self.compressed[..<byteCount])))
      }
    }
  }

  @Test func aSecondMemberCutShortAnywhereIsRefused() {
    let second = gzip(Array(Self.file[40...]))
    let first = gzip(Array(Self.file[..<40]))
    for byteCount in 1..<second.count {
      #expect(throws: GzipError.truncated(name: "sample", byteCount: first.count + byteCount)) {
        try readAll(images: MemorySource(first + second[..<byteCount]))
      }
    }
  }

  @Test(arguments: [[0], [0, 0, 0, 0], [0x1F, 0x8C], [0x1F, 0x00, 0x00], Array("junk".utf8)] as [[UInt8]])
  func bytesBehindTheLastMemberAreRefused(junk: [UInt8]) {
    for piece in [1, .max] {
      #expect(throws: GzipError.trailingBytes(name: "sample", offset: Self.compressed.count)) {
        try readAll(images: MemorySource(Self.compressed + junk, piece: piece))
      }
    }
  }

  @Test func aMemberTooManyIsRefused() {
    #expect(throws: IDXError.trailingBytes(name: "sample", offset: Self.file.count)) {
      try readAll(images: MemorySource(Self.compressed + gzip([1])))
    }
  }

  @Test func aFlippedBitIsNoticedOrChangesNothing() throws {
    var unnoticed: Set<Int> = []
    for bit in 0..<Self.compressed.count * 8 {
      var damaged = Self.compressed
      damaged[bit / 8] ^= 1 << (bit % 8)
      do {
        #expect(try readAll(images: MemorySource(damaged)).images == Self.pixels)
        unnoticed.insert(bit)
      } catch let error as any Failure {
        #expect(error.kind == .badData)
      }
    }
    // Of the header, FTEXT (the remark that the data may be text), the time, extra flags and system; and what fills
    // the last byte of the data before the trailer of 8 bytes.
    let padding = Self.compressed.count - 9
    let described = Set([24] + Array(32..<80))
    #expect(unnoticed.isSuperset(of: described))
    #expect(unnoticed.subtracting(described).allSatisfy { $0 / 8 == padding })
  }

  @Test func aWrongChecksumIsNamed() throws {
    var damaged = Self.compressed
    damaged[damaged.count - 8] ^= 1
    let error = try #require(throws: GzipError.self) { try readAll(images: MemorySource(damaged)) }
    #expect(
      error.description.contains("the gzip data are damaged: incorrect data check; fetch the file again"))
    #expect(error.kind == .badData)
  }
}
