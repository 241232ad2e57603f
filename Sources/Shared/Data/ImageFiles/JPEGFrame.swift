// The header of a JPEG picture, marker SOF: a size, and how pixels are coded (ITU-T T.81, B.2.2).
import ByteIO

/// The code of a segment: the byte after 0xFF.
public struct JPEGMarker: Equatable, Sendable, CustomStringConvertible {
  public let code: UInt8
  init(_ code: UInt8) { self.code = code }

  static let temporary = JPEGMarker(0x01)
  static let start = JPEGMarker(0xD8)
  static let end = JPEGMarker(0xD9)
  static let startOfScan = JPEGMarker(0xDA)
  /// Says that several frames follow.
  static let hierarchy = JPEGMarker(0xDE)
  static let exif = JPEGMarker(0xE1)
  static let multiPicture = JPEGMarker(0xE2)
  /// The frame of JPEG-LS, which begins as JPEG does.
  static let jpegLS = JPEGMarker(0xF7)

  /// Whether it separates two parts of image data (RST0 to RST7).
  var isRestart: Bool { 0xD0...0xD7 ~= code }
  /// Whether no length and no data follow it.
  var standsAlone: Bool { isRestart || self == .start || self == .end || self == .temporary }
  /// Whether it begins a picture of some process: SOF0 to SOF15, but for three codes among them that mean something else (DHT,
  /// JPG, DAC).
  var isFrame: Bool { 0xC0...0xCF ~= code && ![0xC4, 0xC8, 0xCC].contains(code) }

  /// Whether no standard says what such a segment is.
  var isReserved: Bool {
    code == 0 || 0x02...0xBF ~= code || code == 0xC8 || 0xF0...0xFD ~= code && self != .jpegLS
  }

  public var description: String {
    switch code {
    case 0x01: "TEM"
    case 0xC4: "DHT"
    case 0xC8: "JPG"
    case 0xCC: "DAC"
    case 0xC0...0xCF: "SOF\(code - 0xC0)"
    case 0xD0...0xD7: "RST\(code - 0xD0)"
    case 0xD8: "SOI"
    case 0xD9: "EOI"
    case 0xDA: "SOS"
    case 0xDB: "DQT"
    case 0xDC: "DNL"
    case 0xDD: "DRI"
    case 0xDE: "DHP"
    case 0xDF: "EXP"
    case 0xE0...0xEF: "APP\(code - 0xE0)"
    case 0xF7: "SOF55"
    case 0xFE: "COM"
    default: hexadecimal([0xFF, code])
    }
  }
}

/// How the values of a picture are coded, where it is in a way that is not read.
public enum JPEGProcess: Equatable, Sendable {
  case lossless
  case arithmetic
  case hierarchical
  case jpegLS

  /// `nil` for the processes that are read: baseline, extended sequential and progressive, with Huffman's codes.
  init?(ofFrame code: UInt8) {
    switch code {
    case 0xC3, 0xCB: self = .lossless
    case 0xC9, 0xCA: self = .arithmetic
    case 0xC5...0xC7, 0xCD...0xCF: self = .hierarchical
    default: return nil
    }
  }
}

/// What the header of a JPEG picture says, within the limits.
public struct JPEGFrame: Equatable, Sendable {
  public struct Component: Equatable, Sendable {
    public let identifier: UInt8
    /// Samples beside each other, and above each other, in the area in which the sparsest component has one.
    public let columns: Int
    public let rows: Int
  }
  public let width: Int
  public let height: Int
  public let isProgressive: Bool
  /// One of grey, or three of a color.
  public let components: [Component]

  /// In place of a header that is not found yet.
  static let absent = JPEGFrame(width: 0, height: 0, isProgressive: false, components: [])

  var isAbsent: Bool { components.isEmpty }

  private init(width: Int, height: Int, isProgressive: Bool, components: [Component]) {
    (self.width, self.height, self.isProgressive) = (width, height, isProgressive)
    self.components = components
  }

  /// Reads the data of the segment, which begins at `offset` of the file. Refuses what no reader of photos reads.
  init(_ marker: JPEGMarker, _ bytes: UnsafeRawBufferPointer, offset: Int) throws(JPEGProblem) {
    if let process = JPEGProcess(ofFrame: marker.code) { throw .process(process) }
    let count = bytes.count > 5 ? Int(bytes[5]) : 0
    guard bytes.count > 5, bytes.count == 6 + 3 * count else {
      throw .length(marker, offset: offset, expected: "8 and 3 for each component", found: bytes.count + 2)
    }
    if bytes[0] != 8 { throw .depth(Int(bytes[0])) }
    let (height, width) = (Int(bytes[1]) << 8 | Int(bytes[2]), Int(bytes[3]) << 8 | Int(bytes[4]))
    if height == 0, width > 0 { throw .heightMissing }
    guard PictureLimits.allows(width: width, height: height) else {
      throw .size(width: width, height: height)
    }
    if count == 4 { throw .fourColors }
    guard count == 1 || count == 3 else { throw .componentCount(count) }
    self.init(
      width: width, height: height, isProgressive: marker.code == 0xC2,
      components: (0..<count).map { index in
        let place = 6 + 3 * index
        return Component(
          identifier: bytes[place], columns: Int(bytes[place + 1] >> 4), rows: Int(bytes[place + 1] & 15))
      })
    for component in components where !(1...4 ~= component.columns && 1...4 ~= component.rows) {
      throw .sampling(component.columns, component.rows, offset: offset)
    }
  }

  /// No fewer bytes hold such a picture: a block of 8 × 8 values has a code for its mean and, unless it comes in later scans, one
  /// for the rest, and no code is shorter than a bit. So no header makes us allocate what its file could not fill.
  var smallestByteCount: Int {
    let (columns, rows) = (components.map(\.columns).max() ?? 1, components.map(\.rows).max() ?? 1)
    func over(_ number: Int, _ divisor: Int) -> Int { (number + divisor - 1) / divisor }
    let blockCount = components.reduce(0) { sum, component in
      sum + over(over(width * component.columns, columns), 8) * over(over(height * component.rows, rows), 8)
    }
    return over(blockCount * (isProgressive ? 1 : 2), 8)
  }
}

/// The bounds of the JPEG files that are read, besides those of all pictures. docs/jpeg.md gives the reason.
public enum JPEGLimits {
  /// The most passes in which a picture may come.
  public static let scanCount = 200
}
