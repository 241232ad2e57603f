// The segments of a JPEG file: found whole and in order before any of them is decoded (ITU-T T.81, annex B).
//
// JPEG has no sums, so damage is found where something does not fit: here, or by libjpeg. Application segments are passed
// over by their length and never parsed, but for the orientation in EXIF data.
import ByteIO

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// Where in a file the picture lies, and what it is.
struct JPEGScan {
  private(set) var frame = JPEGFrame.absent
  private(set) var orientation = Orientation.upright
  /// The bytes of the picture: all up to marker EOI.
  private(set) var byteCount = 0
  /// The bytes of entropy-coded data.
  private(set) var imageByteCount = 0
  /// How many zeros stand right before marker EOI.
  private(set) var zerosAtEnd = 0
  /// What is wrong with the file and touches no pixel; of several such things, the first.
  private(set) var flaw: JPEGFlaw?

  private let bytes: UnsafeRawBufferPointer
  private var isExifSeen = false
  /// Whether more pictures follow this one, as the file says (CIPA's multi-picture format).
  private var hasMorePictures = false
  private var scanCount = 0
  /// For each component a bit for each of the 64 coefficients of its blocks: whether a scan brings it to its last bit. Of a
  /// progressive picture that lacks some, libjpeg makes a blurred one, by a rule that differs from version to version.
  private var completeCoefficients: [UInt64] = []

  /// The first three bytes of every JPEG file: marker SOI, and the beginning of another marker.
  static let signature: [UInt8] = [0xFF, 0xD8, 0xFF]

  /// Goes through the whole file. Nothing is allocated but a few bytes for each component.
  init(_ bytes: UnsafeRawBufferPointer) throws(JPEGProblem) {
    precondition(bytes.starts(with: Self.signature) || Self.signature.starts(with: bytes))
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

  /// The marker at or after `offset`, which is moved past it. Between two segments there may be bytes 0xFF, by the
  /// standard, and zeros, which some programs write.
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

  /// The data of the segment whose length is at `offset`.
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
    let introduction = Array("Exif\0\0".utf8)
    guard !isExifSeen, bytes[data].starts(with: introduction) else { return }
    isExifSeen = true
    switch exifOrientation(UnsafeRawBufferPointer(rebasing: bytes[data.dropFirst(introduction.count)])) {
    case .known(let known): orientation = known
    case .unknown: break
    case .damaged: flaw = flaw ?? .exif(offset: data.lowerBound - 4)
    }
  }

  /// Notes what a scan has.
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
    // The range of the coefficients, and the bits that come in later scans (Ss, Se, Al). Whether they make sense, libjpeg checks.
    let (first, last) = (bytes[data.upperBound - 3], bytes[data.upperBound - 2])
    let isLastBit = bytes[data.upperBound - 1] & 15 == 0
    var coefficients: UInt64 = frame.isProgressive ? 0 : .max
    if frame.isProgressive, isLastBit, first <= last, last < 64 {
      coefficients = (.max >> UInt64(63 - (last - first))) << UInt64(first)
    }
    // Some programs call all components the same: in a scan, they come in their order.
    var others = Array(frame.components.indices)
    for place in 0..<count {
      let identifier = bytes[data.lowerBound + 1 + 2 * place]
      guard let index = others.firstIndex(where: { frame.components[$0].identifier == identifier }) else {
        throw .componentUnknown(identifier, offset: data.lowerBound - 4)
      }
      completeCoefficients[others.remove(at: index)] |= coefficients
    }
  }

  /// Returns where the first marker after the data is, which is no restart (RST) between two parts of them.
  private mutating func passImageData(from start: Int) throws(JPEGProblem) -> Int {
    var offset = start
    while let found = bytes.firstIndex(of: 0xFF, from: offset) {
      offset = found + 1
      while offset < bytes.count, bytes[offset] == 0xFF { offset += 1 }
      guard offset < bytes.count else { break }
      // A byte 0xFF of the data has a 0 after it.
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
  /// Where the byte is found first, from `start` on.
  fileprivate func firstIndex(of byte: UInt8, from start: Int) -> Int? {
    guard start < count, let found = memchr(baseAddress! + start, Int32(byte), count - start) else {
      return nil
    }
    return UnsafeRawPointer(found) - baseAddress!
  }
}
