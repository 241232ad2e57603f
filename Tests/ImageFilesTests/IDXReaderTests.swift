import ByteIO
import ImageFiles
import TensorStream
import Testing

@Suite struct IDXReaderTests {
  /// 5 images of 3 rows and 4 columns.
  static let pixels = sampleBytes(5 * 3 * 4)
  static let images = idx(sizes: [5, 3, 4], data: pixels)
  static let labels = idx(sizes: [5], data: [0, 255, 7, 7, 1])

  @Test(arguments: [1, 2, 3, 7, .max])
  func recordsAreReadFromPiecesOfAnySize(piece: Int) throws {
    let batch = try readAll(
      images: MemorySource(Self.images, piece: piece), labels: MemorySource(Self.labels, piece: piece))
    #expect(batch.format.imageShape == ImageShape(height: 3, width: 4, channels: 1))
    #expect(batch.format.hasLabels && !batch.format.hasNames)
    #expect(batch.count == 5)
    #expect(batch.images == Self.pixels)
    #expect(batch.labels == [0, 255, 7, 7, 1])
  }

  /// A batch has at most 1024 small images, a mebibyte of larger ones, or one image larger than that.
  @Test(arguments: [(1, 1, [1024, 1024, 52]), (32, 33, [992, 992, 116]), (1024, 1025, [1, 1, 1])])
  func batchesAreBounded(height: Int, width: Int, counts: [Int]) throws {
    let pixels = sampleBytes(counts.reduce(0, +) * height * width)
    let file = idx(sizes: [counts.reduce(0, +), height, width], data: pixels)
    let reader = try IDXReader(images: MemorySource(file), labels: nil)
    var batch = RecordBatch(format: reader.format)
    var all: [UInt8] = []
    for count in counts {
      #expect(try reader.wait())
      #expect(try !reader.fill(&batch, adding: false))
      #expect(batch.count == count && batch.images.count == count * height * width)
      all += batch.images
    }
    #expect(try !reader.wait())
    #expect(all == pixels)
    #expect(reader.recordCount == reader.claimedCount)
  }

  @Test func labelsMayBeMissing() throws {
    let batch = try readAll(images: MemorySource(Self.images))
    #expect(!batch.format.hasLabels)
    #expect(batch.count == 5)
    #expect(batch.labels.isEmpty)
  }

  @Test(arguments: [1, 4096], [1, 4096])
  func sidesUpTo4096AreRead(height: Int, width: Int) throws {
    let pixels = sampleBytes(height * width)
    let batch = try readAll(images: MemorySource(idx(sizes: [1, height, width], data: pixels)))
    #expect(batch.images == pixels)
  }

  @Test func filesCutShortAnywhereAreRefused() {
    for byteCount in Self.images.indices {
      let expected = byteCount < 16 ? "a header of 16 bytes" : "76 bytes (5 images of 3x4)"
      #expect(throws: IDXError.tooShort(name: "sample", expected: expected, byteCount: byteCount)) {
        try readAll(images: MemorySource(Array(Self.images[..<byteCount])))
      }
    }
    for byteCount in Self.labels.indices {
      let expected = byteCount < 8 ? "a header of 8 bytes" : "13 bytes (5 labels)"
      #expect(throws: IDXError.tooShort(name: "labels", expected: expected, byteCount: byteCount)) {
        try readAll(
          images: MemorySource(Self.images),
          labels: MemorySource(Array(Self.labels[..<byteCount]), name: "labels"))
      }
    }
  }

  /// Images and labels, plain and compressed, from pipes and from files. The beginning of a file is never accepted, and
  /// never taken for a failure of the machine.
  @Test(arguments: [false, true])
  func everyTruncationIsRefusedAsBadData(isCompressed: Bool) throws {
    let images = isCompressed ? gzip(Self.images) : Self.images
    let labels = isCompressed ? gzip(Self.labels) : Self.labels
    #expect(try readAll(images: MemorySource(images), labels: MemorySource(labels)).count == 5)
    for byteCount in images.indices {
      for source in MemorySource.everyKind(Array(images[..<byteCount])) {
        let kind = refusal(images: source, labels: MemorySource(labels))
        #expect(kind == .badData, "the first \(byteCount) bytes of the images, \(source)")
      }
    }
    for byteCount in labels.indices {
      for source in MemorySource.everyKind(Array(labels[..<byteCount])) {
        let kind = refusal(images: MemorySource(images), labels: source)
        #expect(kind == .badData, "the first \(byteCount) bytes of the labels, \(source)")
      }
    }
  }

  @Test func aFalseCountIsRefusedWithoutAllocatingForIt() {
    // The header claims four billion images of 16 MB. A reader that allocated for them would fail.
    let huge = idx(sizes: [0xFFFF_FFFF, 4096, 4096], data: [1, 2, 3])
    let expected = "72057594021150736 bytes (4294967295 images of 4096x4096)"
    #expect(throws: IDXError.tooShort(name: "sample", expected: expected, byteCount: 19)) {
      try readAll(images: MemorySource(huge))
    }
    #expect(throws: IDXError.trailingBytes(name: "sample", offset: 64)) {
      try readAll(images: MemorySource(idx(sizes: [4, 3, 4], data: Self.pixels)))
    }
    #expect(throws: IDXError.trailingBytes(name: "labels", offset: 13)) {
      try readAll(images: MemorySource(Self.images), labels: MemorySource(Self.labels + [0], name: "labels"))
    }
  }

  @Test func filesOfDifferentCountsAreRefused() {
    let labels = MemorySource(idx(sizes: [4], data: [1, 2, 3, 4]), name: "labels")
    let error = IDXError.countsDiffer(images: "sample", imageCount: 5, labels: "labels", labelCount: 4)
    #expect(throws: error) { try readAll(images: MemorySource(Self.images), labels: labels) }
    #expect(error.kind == .badData)
    #expect(
      error.description == """
        labels: expected 5 labels, one for each image of sample, found 4; do the two files belong together?
        """)
  }

  @Test(
    arguments: [
      (8, [5], "unsigned byte, rank 1; the images go first, the labels second"),
      (8, [5, 12], "unsigned byte, rank 2"), (8, [1, 1, 5, 3, 4], "unsigned byte, rank 5"),
      (0x0A, [5, 3, 4], "the unknown type 0a, rank 3"), (0x0F, [5], "the unknown type 0f, rank 1"),
    ] as [(UInt8, [Int], String)])
  func otherTypesAndRanksAreRefusedByName(type: UInt8, sizes: [Int], found: String) throws {
    let error = try #require(throws: IDXError.self) {
      try readAll(images: MemorySource(idx(type: type, sizes: sizes, data: Self.pixels)))
    }
    let start = "sample: byte 2: expected images (rank 3, or 4 in colour), found \(found)"
    #expect(error.description.hasPrefix(start), "\(error)")
  }

  @Test func imagesInPlaceOfLabelsAreRefused() throws {
    let error = try #require(throws: IDXError.self) {
      try readAll(images: MemorySource(Self.images), labels: MemorySource(Self.images, name: "second"))
    }
    #expect(
      error.description == """
        second: byte 2: expected labels (rank 1), found unsigned byte, rank 3; \
        the images go first, the labels second
        """)
  }

  @Test(
    arguments: [
      ([0x89, 0x50, 0x4E, 0x47, 0x0D], "a PNG picture; png2raw turns pictures into a tensor stream"),
      ([0x93] + Array("NUMPY".utf8), "a tensor stream"),
      ([0xFD] + Array("7zXZ\0".utf8), "an xz file; unpack it with 'xz -dc'"),
      (
        Array("<!DOCTYPE html><html>".utf8),
        "a web page (HTML); the download of the file went wrong: open its address in a browser"
      ),
      (Array("label,pixel1,pixel2\n".utf8), "text: 'label,pixel1,pix'"),
      ([0, 1, 8, 3], "bytes 00 01 08 03"), ([1, 0, 8, 3], "bytes 01 00 08 03"),
    ] as [([UInt8], String)])
  func otherFormatsAreRefused(bytes: [UInt8], found: String) throws {
    let error = try #require(throws: IDXError.self) { try readAll(images: MemorySource(bytes)) }
    #expect(error.description == "sample: byte 0: expected an IDX header (00 00 08 …), found \(found)")
  }

  @Test(arguments: [(0, 4), (3, 0), (4097, 4), (3, 4097), (0xFFFF_FFFF, 0xFFFF_FFFF)])
  func emptyAndHugeImagesAreRefused(height: Int, width: Int) {
    #expect(throws: IDXError.imageSize(name: "sample", height: height, width: width)) {
      try readAll(images: MemorySource(idx(sizes: [1, height, width], data: [])))
    }
  }

  @Test func aFileWithoutImagesIsRefused() {
    #expect(throws: IDXError.empty(name: "sample", role: .images)) {
      try readAll(images: MemorySource(idx(sizes: [0, 3, 4], data: [])))
    }
  }
}

/// Returns the kind of the error that reading the files throws; `nil` if they are accepted.
private func refusal(images: MemorySource, labels: MemorySource) -> FailureKind? {
  do {
    _ = try readAll(images: images, labels: labels)
    return nil
  } catch {
    return (error as? any Failure)?.kind
  }
}
