// Decodes the bytes of a PNG file to a bitmap.
import CPNG
import TensorStream

/// Decodes PNG files of every colour type, depth and interlacing, to 8 bits per channel. docs/png.md says how values are
/// computed.
public struct PNGDecoder: Sendable {
  public let color: BitmapColor
  /// The colour under transparent pixels.
  public let background: RGBColor
  /// Whether to refuse files with damage that no pixel depends on (``PNGFlaw``).
  public let isStrict: Bool

  public init(color: BitmapColor, background: RGBColor, isStrict: Bool = false) {
    self.color = color
    self.background = background
    self.isStrict = isStrict
  }

  /// Decodes `bytes`, a whole file, to a bitmap. Throws a ``PNGProblem``.
  public func decode(_ bytes: UnsafeRawBufferPointer) throws(PNGProblem) -> Bitmap {
    try decodePicture(bytes).bitmap
  }

  /// Decodes `bytes`, a whole file, and reports its flaw if it has one. Throws a ``PNGProblem``.
  ///
  /// Besides the bitmap, it needs memory for up to 64 MiB of rows and their compressed data, or for the picture with up
  /// to 4 channels if the file is interlaced, and for a second bitmap if its EXIF data say that it must be turned. It allocates nothing before it has checked that the file is long enough
  /// to fill the picture.
  ///
  /// - Complexity: O(n + p), where n is the length of the file and p is the number of pixels.
  public func decodePicture(_ bytes: UnsafeRawBufferPointer) throws(PNGProblem) -> DecodedPicture {
    let scan = try PNGScan(bytes)
    if isStrict, let flaw = scan.flaw { throw .flaw(flaw) }
    let (width, height) = (scan.header.width, scan.header.height)
    let channels = channelCount(scan)
    var source = cpng_source(scan, of: bytes, on: background)
    var problem: PNGProblem?
    let byteCount = width * height * channels
    let pixels = [UInt8](unsafeUninitializedCapacity: byteCount) { pixels, count in
      problem = read(&source, channels, into: pixels.baseAddress!)
      count = problem == nil ? byteCount : 0
    }
    if let problem { throw problem }
    let stored = Bitmap(width: width, height: height, channels: channels, pixels: pixels)
    return DecodedPicture(
      bitmap: stored.turned(scan.orientation), isTransparent: scan.hasAlpha,
      flaw: scan.flaw.map(PictureFlaw.png))
  }

  private func read(
    _ source: inout cpng_source, _ channels: Int, into pixels: UnsafeMutablePointer<UInt8>
  ) -> PNGProblem? {
    if cpng_read_whole(&source, Int32(channels), pixels) { return nil }
    return withUnsafeTemporaryAllocation(of: CChar.self, capacity: Int(CPNG_MESSAGE_SIZE)) { message in
      if cpng_read(&source, Int32(channels), pixels, message.baseAddress) { return nil }
      return .imageData(reason: String(cString: message.baseAddress!))
    }
  }

  private func channelCount(_ scan: PNGScan) -> Int {
    switch color {
    case .grey: return 1
    case .rgb: return 3
    case .asStored:
      let isGrey = scan.header.colorType == .grey || scan.header.colorType == .greyAlpha
      return isGrey && (!scan.hasAlpha || background.isGrey) ? 1 : 3
    }
  }
}

extension cpng_source {
  /// Describes the parts that a scan found in `bytes`. The bytes must not move while the source is in use.
  init(_ scan: PNGScan, of bytes: UnsafeRawBufferPointer, on background: RGBColor) {
    self.init()
    func part(_ range: Range<Int>) -> cpng_part {
      cpng_part(
        bytes: bytes.baseAddress!.advanced(by: range.lowerBound).assumingMemoryBound(to: UInt8.self),
        byte_count: range.count)
    }
    width = UInt32(scan.header.width)
    height = UInt32(scan.header.height)
    bit_depth = UInt8(scan.header.bitDepth)
    color_type = scan.header.colorType.rawValue
    is_interlaced = scan.header.isInterlaced
    filtered_byte_count = scan.header.filteredByteCount
    palette = part(scan.palette)
    transparency = part(scan.transparency)
    self.background = (background.red, background.green, background.blue)
    part_count = scan.parts.count
    withUnsafeMutableBytes(of: &parts) { parts in
      let parts = parts.assumingMemoryBound(to: cpng_part.self)
      for (index, range) in scan.parts.enumerated() { parts[index] = part(range) }
    }
    image_chunks = part(scan.imageDataOffset..<bytes.count).bytes
    image_byte_count = scan.imageByteCount
  }
}
