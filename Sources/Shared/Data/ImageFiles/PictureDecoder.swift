// From the bytes of a picture file to a bitmap, whatever its format is: the first bytes tell, and not the file's name.
import ByteIO
import TensorStream

/// How many channels decoded pictures have.
public enum BitmapColor: String, CaseIterable, Sendable {
  case grey
  case rgb
  /// As the file has it: 3 channels where there is color in it, or in the background that shows through, else 1.
  case asStored
}

/// What a picture file holds.
public struct DecodedPicture: Equatable, Sendable {
  public var bitmap: Bitmap
  /// Whether pixels may be transparent, and the background shows.
  public var isTransparent: Bool
  /// What is wrong with the file, and touches no pixel.
  public var flaw: PictureFlaw?
}

/// What is wrong with a picture file, though no pixel depends on it.
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

/// Decodes PNG and JPEG files to 8 bits a channel.
public struct PictureDecoder: Sendable {
  private let png: PNGDecoder
  private let jpeg: JPEGDecoder

  /// `background` is what is seen where a picture is transparent. `isStrict` refuses files with a ``PictureFlaw``.
  public init(color: BitmapColor, background: RGBColor, isStrict: Bool = false) {
    png = PNGDecoder(color: color, background: background, isStrict: isStrict)
    jpeg = JPEGDecoder(color: color, isStrict: isStrict)
  }

  /// What a recipe wants to have: the channels of the image where it would first make these of the picture, else colors as
  /// they are.
  public init(for recipe: Recipe, shape: ImageShape, isStrict: Bool = false) {
    let color: BitmapColor =
      if case .fashionMNIST = recipe { .asStored } else { shape.channels == 1 ? .grey : .rgb }
    self.init(color: color, background: recipe.ground, isStrict: isStrict)
  }

  /// The picture in `bytes`, a whole file, and what is to be known of the file.
  public func decode(_ bytes: UnsafeRawBufferPointer) throws(PictureProblem) -> DecodedPicture {
    // What is left of a file may be less than its first bytes.
    let isJPEG =
      bytes.starts(with: JPEGScan.signature) || !bytes.isEmpty && JPEGScan.signature.starts(with: bytes)
    if isJPEG {
      do { return try jpeg.decodePicture(bytes) } catch { throw .jpeg(error) }
    }
    do { return try png.decodePicture(bytes) } catch { throw .png(error) }
  }
}

/// The bounds of the picture files that are read. docs/png.md gives the reason for each.
public enum PictureLimits {
  /// The most columns, and the most rows.
  public static let side = 16_384
  /// The most pixels, those of a square of 8,192.
  public static let pixelCount = 1 << 26
  /// The most bytes of a file.
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
