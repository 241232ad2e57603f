import ByteIO
import ImageFiles
import Testing

/// The result of reading a file: pixels, or a message.
private struct Outcome: Equatable {
  var pixels: [UInt8] = []
  var text = ""
}

private func outcome(_ work: () throws -> [UInt8]) -> Outcome {
  do {
    return Outcome(pixels: try work())
  } catch {
    return Outcome(text: "\(error)")
  }
}

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

  /// The file is larger than every buffer and hardly compressible, so that both input and output exceed their buffers.
  @Test(arguments: [4099, .max])
  func aLargeFileIsReadWhole(piece: Int) throws {
    let pixels = sampleBytes(3000 * 28 * 28)
    let file = gzip(idx(sizes: [3000, 28, 28], data: pixels))
    // The size is unknown, right, wrong by a byte, far too small, or too large to allocate.
    for byteCount in [nil, file.count, file.count - 1, 300_000, 1 << 40] {
      let batch = try readAll(images: MemorySource(file, piece: piece, byteCount: byteCount))
      #expect(batch.count == 3000)
      #expect(batch.images == pixels)
    }
  }

  @Test(arguments: 0...file.count)
  func severalMembersAreReadAsOne(cut: Int) throws {
    let members = gzip(Array(Self.file[..<cut])) + gzip([]) + gzip(Array(Self.file[cut...]))
    for source in MemorySource.everyKind(members) {
      #expect(try readAll(images: source).images == Self.pixels, "\(source)")
    }
  }

  @Test func aFileCutShortAnywhereIsRefused() {
    // Fewer than two bytes are not recognised as gzip.
    for byteCount in 2..<Self.compressed.count {
      for source in MemorySource.everyKind(Array(Self.compressed[..<byteCount])) {
        #expect(throws: GzipError.truncated(name: "sample", byteCount: byteCount), "\(source)") {
          try readAll(images: source)
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
      for source in MemorySource.everyKind(first + second[..<byteCount]) {
        #expect(throws: GzipError.truncated(name: "sample", byteCount: first.count + byteCount), "\(source)")
        {
          try readAll(images: source)
        }
      }
    }
  }

  @Test(arguments: [[0], [0, 0, 0, 0], [0x1F, 0x8C], [0x1F, 0x00, 0x00], Array("junk".utf8)] as [[UInt8]])
  func bytesAfterTheLastMemberAreRefused(junk: [UInt8]) {
    for source in MemorySource.everyKind(Self.compressed + junk) {
      #expect(throws: GzipError.trailingBytes(name: "sample", offset: Self.compressed.count), "\(source)") {
        try readAll(images: source)
      }
    }
  }

  @Test func anExtraMemberIsRefused() {
    for source in MemorySource.everyKind(Self.compressed + gzip([1])) {
      #expect(throws: IDXError.trailingBytes(name: "sample", offset: Self.file.count), "\(source)") {
        try readAll(images: source)
      }
    }
  }

  /// The message about damage does not depend on how the bytes arrive.
  @Test func aFlippedBitHasTheSameResultInAFileAndAPipe() {
    for bit in 0..<Self.compressed.count * 8 {
      var damaged = Self.compressed
      damaged[bit / 8] ^= 1 << (bit % 8)
      let outcomes = [nil, damaged.count].map { byteCount in
        outcome { try readAll(images: MemorySource(damaged, byteCount: byteCount)).images }
      }
      #expect(outcomes[0] == outcomes[1], "bit \(bit)")
    }
  }

  /// The last four bytes of a file claim the length of its data, and the claim may be false.
  @Test(arguments: [0, 1, file.count - 1, file.count + 1, 1 << 20, 1 << 30, (1 << 32) - 1])
  func aWrongLengthIsNoticed(claim: Int) {
    let damaged = Self.compressed.dropLast(4) + bigEndian(claim).reversed()
    for source in MemorySource.everyKind(Array(damaged)) {
      let found = outcome { try readAll(images: source).images }
      #expect(found.text.contains("the gzip data are damaged: incorrect length check"), "\(source)")
    }
  }

  /// The optional parts of a member's header: FHCRC, FEXTRA, FNAME and FCOMMENT (RFC 1952).
  @Test func optionalPartsOfTheHeaderAreSkippedAndItsChecksumIsVerified() {
    let parts: [(flag: UInt8, bytes: [UInt8])] = [
      (4, [3, 0, 1, 2, 3]), (8, Array("name\0".utf8)), (16, Array("comment\0".utf8)),
    ]
    for choice in 0..<8 {
      let chosen = parts.indices.filter { choice >> $0 & 1 == 1 }.map { parts[$0] }
      for hasSum in [false, true] {
        let flags = chosen.reduce(hasSum ? 2 : 0) { $0 | $1.flag }
        let header: [UInt8] = [0x1F, 0x8B, 8, flags] + Self.compressed[4..<10] + chosen.flatMap(\.bytes)
        let sum = naiveCRC32(Array(header))
        let sumBytes = hasSum ? [UInt8(sum & 255), UInt8(sum >> 8 & 255)] : []
        for source in MemorySource.everyKind(header + sumBytes + Self.compressed[10...]) {
          #expect(outcome { try readAll(images: source).images } == Outcome(pixels: Self.pixels), "\(flags)")
        }
        guard hasSum else { continue }
        for source in MemorySource.everyKind(
          header + [sumBytes[0] ^ 1, sumBytes[1]] + Self.compressed[10...])
        {
          let found = outcome { try readAll(images: source).images }
          #expect(found.text.contains("header crc mismatch"), "\(source)")
        }
      }
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
    // These bits of the header have no effect: FTEXT (a hint that the data are text), the time, the extra flags and the
    // system. Nor has the padding in the last byte of the data, before the trailer of 8 bytes.
    let padding = Self.compressed.count - 9
    let described = Set([24] + Array(32..<80))
    #expect(unnoticed.isSuperset(of: described))
    #expect(unnoticed.subtracting(described).allSatisfy { $0 / 8 == padding })
  }

  @Test func aWrongChecksumIsReported() throws {
    var damaged = Self.compressed
    damaged[damaged.count - 8] ^= 1
    let error = try #require(throws: GzipError.self) { try readAll(images: MemorySource(damaged)) }
    #expect(
      error.description.contains("the gzip data are damaged: incorrect data check; fetch the file again"))
    #expect(error.kind == .badData)
  }
}
