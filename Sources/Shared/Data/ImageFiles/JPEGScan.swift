// Checks that the segments of a JPEG file are whole and in order before any of them is decoded (ITU-T T.81, annex B).
//
// JPEG has no checksums, so damage shows only if something breaks a rule, here or in libjpeg. Application segments are
// skipped by their length and never parsed, except for the orientation in EXIF data.
import ByteIO

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// The picture in a JPEG file: its extent, its header and its orientation.
struct JPEGScan {
  private(set) var frame = JPEGFrame.absent
  private(set) var orientation = Orientation.upright
  /// The number of bytes up to and including marker EOI.
  private(set) var byteCount = 0
  /// The number of bytes of entropy-coded data.
  private(set) var imageByteCount = 0
  /// The number of zeros right before marker EOI.
  private(set) var zerosAtEnd = 0
  /// The first flaw of the file, if it has one that affects no pixel.
  private(set) var flaw: JPEGFlaw?

  private let bytes: UnsafeRawBufferPointer
  private var isExifSeen = false
  /// Whether the file says that more pictures follow this one (CIPA's multi-picture format).
  private var hasMorePictures = false
  private var scanCount = 0
  /// For each component, a bit for each of the 64 coefficients of its blocks: whether a scan contains its last bit. If
  /// a progressive picture lacks some, libjpeg blurs it, by a rule that differs from version to version.
  private var completeCoefficients: [UInt64] = []

  /// Scans the whole file. Allocates only a few bytes for each component.
  ///
  /// - Complexity: O(n) for n bytes.
  init(_ bytes: UnsafeRawBufferPointer) throws(JPEGProblem) {
    let signature = FileKind.jpegSignature
    precondition(bytes.starts(with: signature) || signature.starts(with: bytes), "not a JPEG file")
    if bytes.count > PictureLimits.fileByteCount { throw .tooLarge(byteCount: bytes.count) }
    self.bytes = bytes
    var offset = 2
    while true {
      let marker = try takeMarker(&offset)
      if marker == .end { break }
      if marker.standsAlone { throw .misplaced(marker, offset: offset - 2) }
      let data = try segment(marker, at: offset)
      try take(marker, data)
      offset = marker == .startOfScan ? try passImageData(from: data.upperBound) : data.upperBound
    }
    try finish(offset)
  }

  private mutating func take(_ marker: JPEGMarker, _ data: Range<Int>) throws(JPEGProblem) {
    switch marker {
    case .startOfScan: try takeScan(data)
    case .exif: takeExif(data)
    case .multiPicture: hasMorePictures = hasMorePictures || bytes[data].starts(with: "MPF\0".utf8)
    case .jpegLS: throw .process(.jpegLS)
    case .hierarchy: throw .process(.hierarchical)
    case _ where marker.isFrame: try takeFrame(marker, data)
    default: break
    }
  }

  /// Returns the marker at or after `offset` and moves `offset` past it. The standard allows bytes 0xFF between two
  /// segments, and some programs write zeros there.
  private mutating func takeMarker(_ offset: inout Int) throws(JPEGProblem) -> JPEGMarker {
    let start = offset
    while offset < bytes.count, bytes[offset] == 0 { offset += 1 }
    if offset > start { flaw = flaw ?? .zeros(offset: start, byteCount: offset - start) }
    if offset < bytes.count, bytes[offset] != 0xFF { throw .notAMarker(offset: offset, found: bytes[offset]) }
    while offset < bytes.count, bytes[offset] == 0xFF { offset += 1 }
    guard offset < bytes.count else { throw .truncated(in: nil, byteCount: bytes.count) }
    offset += 1
    let marker = JPEGMarker(bytes[offset - 1])
    if marker.isReserved { throw .unknown(marker, offset: offset - 2) }
    return marker
  }

  /// Returns the range of the data of a segment whose length is at `offset`.
  private func segment(_ marker: JPEGMarker, at offset: Int) throws(JPEGProblem) -> Range<Int> {
    guard bytes.count - offset >= 2 else { throw .truncated(in: marker, byteCount: bytes.count) }
    let length = Int(bytes[offset]) << 8 | Int(bytes[offset + 1])
    if length < 2 { throw .length(marker, offset: offset - 2, expected: "2 or more", found: length) }
    guard bytes.count - offset >= length else { throw .truncated(in: marker, byteCount: bytes.count) }
    return offset + 2..<offset + length
  }

  private mutating func takeFrame(_ marker: JPEGMarker, _ data: Range<Int>) throws(JPEGProblem) {
    if !frame.isAbsent { throw .twice(marker, offset: data.lowerBound - 4) }
    frame = try JPEGFrame(marker, UnsafeRawBufferPointer(rebasing: bytes[data]), offset: data.lowerBound - 4)
    completeCoefficients = [UInt64](repeating: 0, count: frame.components.count)
  }

  private mutating func takeExif(_ data: Range<Int>) {
    guard !isExifSeen, bytes[data].starts(with: exifIntroduction) else { return }
    isExifSeen = true
    switch exifOrientation(UnsafeRawBufferPointer(rebasing: bytes[data.dropFirst(exifIntroduction.count)])) {
    case .known(let known): orientation = known
    case .unknown: break
    case .damaged: flaw = flaw ?? .exif(offset: data.lowerBound - 4)
    }
  }

  /// Records the components and coefficients that a scan contains.
  private mutating func takeScan(_ data: Range<Int>) throws(JPEGProblem) {
    if frame.isAbsent { throw .frameMissing }
    scanCount += 1
    if scanCount > JPEGLimits.scanCount { throw .tooManyScans }
    let count = data.isEmpty ? 0 : Int(bytes[data.lowerBound])
    guard 1...4 ~= count, data.count == 4 + 2 * count else {
      throw .length(
        .startOfScan, offset: data.lowerBound - 4, expected: "6 and 2 for each of 1 to 4 components",
        found: data.count + 2)
    }
    // The range of the coefficients (Ss, Se), and the number of bits left for later scans (Al). libjpeg checks that
    // they make sense.
    let (first, last) = (bytes[data.upperBound - 3], bytes[data.upperBound - 2])
    let isLastBit = bytes[data.upperBound - 1] & 15 == 0
    var coefficients: UInt64 = frame.isProgressive ? 0 : .max
    if frame.isProgressive, isLastBit, first <= last, last < 64 {
      coefficients = (.max >> UInt64(63 - (last - first))) << UInt64(first)
    }
    // Some programs give all components the same identifier. Within a scan, components keep their order.
    var others = Array(frame.components.indices)
    for place in 0..<count {
      let identifier = bytes[data.lowerBound + 1 + 2 * place]
      guard let index = others.firstIndex(where: { frame.components[$0].identifier == identifier }) else {
        throw .componentUnknown(identifier, offset: data.lowerBound - 4)
      }
      completeCoefficients[others.remove(at: index)] |= coefficients
    }
  }

  /// Returns the offset of the first marker after the image data. Restart markers (RST) separate parts of the data and
  /// are skipped.
  private mutating func passImageData(from start: Int) throws(JPEGProblem) -> Int {
    var offset = start
    while let found = bytes.firstIndex(of: 0xFF, from: offset) {
      offset = found + 1
      while offset < bytes.count, bytes[offset] == 0xFF { offset += 1 }
      guard offset < bytes.count else { break }
      // A byte 0xFF that belongs to the data is followed by a 0.
      if bytes[offset] == 0 { continue }
      if JPEGMarker(bytes[offset]).isRestart { continue }
      imageByteCount += found - start
      zerosAtEnd = bytes[start..<found].reversed().prefix { $0 == 0 }.count
      return found
    }
    throw .truncated(in: nil, byteCount: bytes.count)
  }

  private mutating func finish(_ offset: Int) throws(JPEGProblem) {
    if frame.isAbsent { throw .frameMissing }
    if scanCount == 0 { throw .imageDataMissing }
    if let incomplete = completeCoefficients.firstIndex(where: { $0 != .max }) {
      throw .incomplete(component: frame.components[incomplete].identifier)
    }
    if frame.smallestByteCount > imageByteCount {
      throw .imageDataTooShort(expected: frame.smallestByteCount, found: imageByteCount)
    }
    byteCount = offset
    if offset < bytes.count, !hasMorePictures {
      flaw = flaw ?? .trailingBytes(offset: offset, byteCount: bytes.count - offset)
    }
  }
}

extension UnsafeRawBufferPointer {
  /// Returns the first index of `byte` from `start` on.
  fileprivate func firstIndex(of byte: UInt8, from start: Int) -> Int? {
    guard start < count, let found = memchr(baseAddress! + start, Int32(byte), count - start) else {
      return nil
    }
    return UnsafeRawPointer(found) - baseAddress!
  }
}
