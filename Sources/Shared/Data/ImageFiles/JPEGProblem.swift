// The problems of JPEG files and their texts, which follow the file's name.
import ByteIO

/// A flaw of a JPEG file that affects no pixel.
public enum JPEGFlaw: Equatable, Sendable {
  /// The file continues after the picture.
  case trailingBytes(offset: Int, byteCount: Int)
  /// The file has zeros between two segments, or after the image data.
  case zeros(offset: Int, byteCount: Int)
  /// The EXIF data are damaged, so the orientation is unknown.
  case exif(offset: Int)
}

extension JPEGFlaw: CustomStringConvertible {
  public var description: String {
    switch self {
    case .trailingBytes(let offset, let count):
      "byte \(offset): expected the end of the file after marker EOI, found \(counted(count, "byte")) more"
    case .zeros(let offset, let count):
      "byte \(offset): expected a marker, found \(counted(count, "zero byte")) before it"
    case .exif(let offset): damagedExif(offset: offset)
    }
  }
}

/// Why a JPEG file is refused. An offset is that of a marker.
public enum JPEGProblem: Error, Equatable, Sendable {
  // The file.
  case tooLarge(byteCount: Int)
  /// The file ends in the segment of that marker; without one, in the image data or between segments.
  case truncated(in: JPEGMarker?, byteCount: Int)
  /// Damage that no pixel depends on, if such damage is not tolerated.
  case flaw(JPEGFlaw)
  // Its segments.
  case notAMarker(offset: Int, found: UInt8)
  case unknown(JPEGMarker, offset: Int)
  case misplaced(JPEGMarker, offset: Int)
  case twice(JPEGMarker, offset: Int)
  case length(JPEGMarker, offset: Int, expected: String, found: Int)
  case frameMissing
  case componentUnknown(UInt8, offset: Int)
  case tooManyScans
  // The frame's header.
  case process(JPEGProcess)
  case depth(Int)
  case size(width: Int, height: Int)
  case heightMissing
  case fourColors
  case componentCount(Int)
  case sampling(Int, Int, offset: Int)
  // The pixels.
  case imageDataMissing
  /// The file has an end, but not all of a component's data.
  case incomplete(component: UInt8)
  case imageDataTooShort(expected: Int, found: Int)
  /// Bytes are left after the last pixel.
  case imageDataTooLong(byteCount: Int)
  /// `reason` is the text of libjpeg.
  case imageData(reason: String)
  case unsupported(reason: String)
}

extension JPEGProblem: CustomStringConvertible {
  public var description: String {
    switch self {
    case .tooLarge(let count): PictureLimits.refusal(ofByteCount: count)
    case .truncated(let marker?, let count):
      "the file is truncated: it ends after \(count) bytes, in segment \(marker)"
    case .truncated(nil, let count): "the file is truncated: it ends after \(count) bytes, before marker EOI"
    case .flaw(let flaw): "\(flaw)"
    case .notAMarker(let offset, let found):
      "byte \(offset): expected a marker, which begins with ff, found \(hexadecimal([found])); the file is damaged"
    case .unknown(let marker, let offset):
      "byte \(offset): expected a marker, found \(marker), which no standard defines; the file is damaged"
    case .misplaced(let marker, let offset): "byte \(offset): marker \(marker) has no place here"
    case .twice(let marker, let offset):
      "byte \(offset): expected one picture's header, found a second one (\(marker))"
    case .length(let marker, let offset, let expected, let found):
      "byte \(offset): segment \(marker): expected a length of \(expected), found \(found)"
    case .frameMissing: "expected the picture's header (marker SOF) before the image data, found none"
    case .componentUnknown(let identifier, let offset):
      "byte \(offset): segment SOS: component \(identifier) is not in the picture's header, or comes twice in this segment"
    case .tooManyScans:
      "expected a picture in at most \(JPEGLimits.scanCount) passes, found more; 'jpegtran' turns them into one"
    case .process(let process): process.refusal
    case .depth(let depth):
      "expected 8 bits a value, found \(depth); convert it to 8 bits, or to PNG"
    case .size(let width, let height): "marker SOF: " + PictureLimits.refusal(ofWidth: width, height: height)
    case .heightMissing:
      "the header leaves the height to a marker after the image data (DNL), which hardly any program reads;"
        + " convert the file"
    case .fourColors:
      "the picture has four colours, CMYK or YCCK, for printing; convert it to RGB with a program that knows"
        + " colour profiles: 'magick cmyk.jpg -colorspace sRGB rgb.png'"
    case .componentCount(let count): "expected 1 component (grey) or 3 (colours), found \(count)"
    case .sampling(let columns, let rows, let offset):
      "byte \(offset): marker SOF: expected sampling factors from 1 to 4, found \(columns)x\(rows)"
    case .imageDataMissing: "expected image data (marker SOS), found none"
    case .incomplete(let component):
      "the picture is incomplete: its passes do not contain all of component \(component)"
    case .imageDataTooShort(let expected, let found):
      "expected at least \(counted(expected, "byte")) of image data for the size in the header, found \(grouped(found))"
    case .imageDataTooLong(let count):
      "the image data are damaged: \(counted(count, "byte")) \(count == 1 ? "is" : "are") left after the last pixel"
    case .imageData(let reason): "the image data are damaged: \(reason)"
    case .unsupported(let reason): "the picture cannot be decoded: \(reason)"
    }
  }
}

extension JPEGProcess {
  /// Why a picture with this process is not read, and what to do.
  fileprivate var refusal: String {
    switch self {
    case .lossless:
      "this is lossless JPEG, which scanners and medical devices write but hardly any program reads; convert it to PNG"
    case .arithmetic:
      "the picture uses arithmetic coding, which hardly any program reads; 'jpegtran old.jpg > new.jpg' converts it"
        + " without loss"
    case .hierarchical: "this is hierarchical JPEG, which hardly any program reads; convert it to PNG"
    case .jpegLS: "this is JPEG-LS, a different format from JPEG; convert it to PNG"
    }
  }
}
