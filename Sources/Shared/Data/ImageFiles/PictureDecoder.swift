// Decodes the bytes of a picture file to a bitmap. The first bytes determine the format, not the file's name.
import ByteIO
import TensorStream

/// The channels of decoded pictures.
public enum BitmapColor: String, CaseIterable, Sendable {
  case grey
  case rgb
  /// 3 channels if the file, or the background that shows through, has colour; else 1.
  case asStored
}

/// The content of a picture file.
public struct DecodedPicture: Equatable, Sendable {
  public var bitmap: Bitmap
  /// Whether pixels may be transparent, so that the background shows.
  public var isTransparent: Bool
  /// The file's flaw, if it has one that affects no pixel.
  public var flaw: PictureFlaw?
}

/// A flaw of a picture file that affects no pixel.
public enum PictureFlaw: Equatable, Sendable, CustomStringConvertible {
  case png(PNGFlaw)
  case jpeg(JPEGFlaw)

  public var description: String {
    switch self {
    case .png(let flaw): flaw.description
    case .jpeg(let flaw): flaw.description
    }
  }
}

/// Why a picture file is refused.
public enum PictureProblem: Error, Equatable, Sendable, CustomStringConvertible {
  case png(PNGProblem)
  case jpeg(JPEGProblem)

  public var description: String {
    switch self {
    case .png(let problem): problem.description
    case .jpeg(let problem): problem.description
    }
  }
}

/// Decodes PNG and JPEG files to 8 bits per channel.
public struct PictureDecoder: Sendable {
  private let png: PNGDecoder
  private let jpeg: JPEGDecoder

  /// `background` is the colour under transparent pixels. `isStrict` refuses files with a ``PictureFlaw``.
  public init(color: BitmapColor, background: RGBColor, isStrict: Bool = false) {
    png = PNGDecoder(color: color, background: background, isStrict: isStrict)
    jpeg = JPEGDecoder(color: color, isStrict: isStrict)
  }

  /// Decodes as a recipe needs it: to the channels of the image if the recipe would convert to these first, else to the
  /// channels of the file.
  public init(for recipe: Recipe, shape: ImageShape, isStrict: Bool = false) {
    let color: BitmapColor =
      if case .fashionMNIST = recipe { .asStored } else { shape.channels == 1 ? .grey : .rgb }
    self.init(color: color, background: recipe.ground, isStrict: isStrict)
  }

  /// Decodes `bytes`, a whole file, and reports its flaw if it has one.
  public func decode(_ bytes: UnsafeRawBufferPointer) throws(PictureProblem) -> DecodedPicture {
    // A truncated file may be shorter than the signature.
    let signature = FileKind.jpegSignature
    let isJPEG = bytes.starts(with: signature) || !bytes.isEmpty && signature.starts(with: bytes)
    if isJPEG {
      do { return try jpeg.decodePicture(bytes) } catch { throw .jpeg(error) }
    }
    do { return try png.decodePicture(bytes) } catch { throw .png(error) }
  }
}

/// The limits of picture files. docs/png.md gives the reason for each.
public enum PictureLimits {
  /// The largest width and height.
  public static let side = 16_384
  /// The largest number of pixels, 8,192 × 8,192.
  public static let pixelCount = 1 << 26
  /// The largest size of a file in bytes.
  public static let fileByteCount = 256 << 20

  static func allows(width: Int, height: Int) -> Bool {
    1...side ~= width && 1...side ~= height && width * height <= pixelCount
  }

  static func refusal(ofByteCount count: Int) -> String {
    "expected a file of at most \(grouped(fileByteCount)) bytes, found \(grouped(count)) or more"
  }

  static func refusal(ofWidth width: Int, height: Int) -> String {
    "expected a width and a height from 1 to \(grouped(side)) and at most \(grouped(pixelCount)) pixels, found"
      + " \(width)x\(height)"
  }
}
