// What can be wrong with a JPEG file, and how it reads after the file's name.
import ByteIO

/// What is wrong with a JPEG file, though no pixel depends on it.
public enum JPEGFlaw: Equatable, Sendable {
  /// There is more in the file than the picture.
  case trailingBytes(offset: Int, byteCount: Int)
  /// There are zeros between two segments, or after the image data.
  case zeros(offset: Int, byteCount: Int)
  /// It is not known which side of the picture is up.
  case exif(offset: Int)
}

extension JPEGFlaw: CustomStringConvertible {
  public var description: String {
    switch self {
    case .trailingBytes(let offset, let count):
      "byte \(offset): expected the end of the file after marker EOI, found \(counted(count, "byte")) more"
    case .zeros(let offset, let count):
      "byte \(offset): expected a marker, found \(counted(count, "byte")) of zeros before it"
    case .exif(let offset):
      "byte \(offset): the EXIF data are damaged, and which side of the picture is up is not known"
    }
  }
}

/// Why a JPEG file is refused. Offsets are those of markers.
public enum JPEGProblem: Error, Equatable, Sendable {
  // The file.
  case tooLarge(byteCount: Int)
  /// It ends in the segment of that marker, or in the image data or between segments.
  case truncated(in: JPEGMarker?, byteCount: Int)
  /// Damage that no pixel depends on, where it is not to be passed over.
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
  /// So many bytes are left when the last pixel is decoded.
  case imageDataTooLong(byteCount: Int)
  /// `reason` is libjpeg's.
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
    case .flaw(let flaw): "\(flaw); without --strict, the picture is read"
    case .notAMarker(let offset, let found):
      "byte \(offset): expected a marker, which begins with ff, found \(hexadecimal([found])); the file is damaged"
    case .unknown(let marker, let offset):
      "byte \(offset): expected a marker, found \(marker), which means nothing; the file is damaged"
    case .misplaced(let marker, let offset): "byte \(offset): marker \(marker) has no place here"
    case .twice(let marker, let offset):
      "byte \(offset): expected one picture's header, found a second one (\(marker))"
    case .length(let marker, let offset, let expected, let found):
      "byte \(offset): segment \(marker): expected a length of \(expected), found \(found)"
    case .frameMissing: "expected the picture's header (marker SOF) before the image data, found none"
    case .componentUnknown(let identifier, let offset):
      "byte \(offset): segment SOS: component \(identifier) is not in the picture's header, or in this segment twice"
    case .tooManyScans:
      "expected a picture in at most \(JPEGLimits.scanCount) passes, found more; 'jpegtran' brings it into one"
    case .process(let process): process.refusal
    case .depth(let depth):
      "expected 8 bits a value, found \(depth); convert it to 8 bits, or to PNG"
    case .size(let width, let height): "marker SOF: " + PictureLimits.refusal(ofWidth: width, height: height)
    case .heightMissing:
      "the header leaves the height open, for a marker after the image data (DNL), which hardly any program reads;"
        + " convert it"
    case .fourColors:
      "the picture has four colors, CMYK or YCCK, as printers want them; convert it to RGB with a program that knows"
        + " color profiles: 'magick cmyk.jpg -colorspace sRGB rgb.png'"
    case .componentCount(let count): "expected 1 component (grey) or 3 (colors), found \(count)"
    case .sampling(let columns, let rows, let offset):
      "byte \(offset): marker SOF: expected sampling factors from 1 to 4, found \(columns)x\(rows)"
    case .imageDataMissing: "expected image data (marker SOS), found none"
    case .incomplete(let component):
      "the picture is incomplete: passes are missing that would bring all of component \(component)"
    case .imageDataTooShort(let expected, let found):
      "expected at least \(counted(expected, "byte")) of image data, as the header's size needs, found \(grouped(found))"
    case .imageDataTooLong(let count):
      "the image data are damaged: \(counted(count, "byte")) of them are left after the last pixel"
    case .imageData(let reason): "the image data are damaged: \(reason)"
    case .unsupported(let reason): "the picture cannot be decoded: \(reason)"
    }
  }
}

extension JPEGProcess {
  /// Why a picture that is coded so is not read, and what to do.
  fileprivate var refusal: String {
    switch self {
    case .lossless:
      "this is lossless JPEG, as scanners and medical devices write it, which other programs hardly read; convert it to PNG"
    case .arithmetic:
      "the picture is coded arithmetically, which other programs hardly read; 'jpegtran old.jpg > new.jpg' changes that"
        + " without loss"
    case .hierarchical: "this is hierarchical JPEG, which other programs hardly read; convert it to PNG"
    case .jpegLS: "this is JPEG-LS, which is another format than JPEG; convert it to PNG"
    }
  }
}
