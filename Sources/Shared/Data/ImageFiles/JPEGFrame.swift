// Reads the header of a JPEG picture, marker SOF: its size, and how pixels are coded (ITU-T T.81, B.2.2).
import ByteIO

/// The code of a segment: the byte after 0xFF.
public struct JPEGMarker: Equatable, Sendable, CustomStringConvertible {
  public let code: UInt8
  init(_ code: UInt8) { self.code = code }

  static let temporary = JPEGMarker(0x01)
  static let start = JPEGMarker(0xD8)
  static let end = JPEGMarker(0xD9)
  static let startOfScan = JPEGMarker(0xDA)
  /// Announces that several frames follow.
  static let hierarchy = JPEGMarker(0xDE)
  static let exif = JPEGMarker(0xE1)
  static let multiPicture = JPEGMarker(0xE2)
  /// The frame of JPEG-LS, whose files begin as JPEG files do.
  static let jpegLS = JPEGMarker(0xF7)

  /// Whether the marker separates two parts of image data (RST0 to RST7).
  var isRestart: Bool { 0xD0...0xD7 ~= code }
  /// Whether neither a length nor data follow the marker.
  var standsAlone: Bool { isRestart || self == .start || self == .end || self == .temporary }
  /// Whether the marker begins a picture's header: SOF0 to SOF15, except three codes with other meanings (DHT, JPG,
  /// DAC).
  var isFrame: Bool { 0xC0...0xCF ~= code && ![0xC4, 0xC8, 0xCC].contains(code) }

  /// Whether no standard defines the marker.
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

/// The coding process of a picture, if it is one that we do not read.
public enum JPEGProcess: Equatable, Sendable {
  case lossless
  case arithmetic
  case hierarchical
  case jpegLS

  /// Returns `nil` for the processes that we read: baseline, extended sequential and progressive with Huffman coding.
  init?(ofFrame code: UInt8) {
    switch code {
    case 0xC3, 0xCB: self = .lossless
    case 0xC9, 0xCA: self = .arithmetic
    case 0xC5...0xC7, 0xCD...0xCF: self = .hierarchical
    default: return nil
    }
  }
}

/// The header of a JPEG picture. Its values are within the limits.
public struct JPEGFrame: Equatable, Sendable {
  public struct Component: Equatable, Sendable {
    public let identifier: UInt8
    /// The sampling factors: the samples across and down in the area where the sparsest component has one.
    public let columns: Int
    public let rows: Int
  }
  public let width: Int
  public let height: Int
  public let isProgressive: Bool
  /// One component for grey, or three for colour.
  public let components: [Component]

  /// Stands for a header that was not found yet.
  static let absent = JPEGFrame(width: 0, height: 0, isProgressive: false, components: [])

  var isAbsent: Bool { components.isEmpty }

  private init(width: Int, height: Int, isProgressive: Bool, components: [Component]) {
    (self.width, self.height, self.isProgressive) = (width, height, isProgressive)
    self.components = components
  }

  /// Reads the data of a segment that begins at `offset` in the file. Refuses pictures that no reader of photos reads.
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

  /// The least number of bytes that can hold such a picture. A block of 8 × 8 values has a code for its mean and one
  /// for its other coefficients, unless these come in later scans, and no code is shorter than a bit. This bound keeps
  /// a header from making us allocate more than its file could fill.
  var smallestByteCount: Int {
    let (columns, rows) = (components.map(\.columns).max() ?? 1, components.map(\.rows).max() ?? 1)
    func over(_ number: Int, _ divisor: Int) -> Int { (number + divisor - 1) / divisor }
    let blockCount = components.reduce(0) { sum, component in
      sum + over(over(width * component.columns, columns), 8) * over(over(height * component.rows, rows), 8)
    }
    return over(blockCount * (isProgressive ? 1 : 2), 8)
  }
}

/// The limits of JPEG files, besides ``PictureLimits``. docs/jpeg.md gives the reasons.
public enum JPEGLimits {
  /// The largest number of passes (scans) of a picture.
  public static let scanCount = 200
}
