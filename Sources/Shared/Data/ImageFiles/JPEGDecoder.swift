// From the bytes of a JPEG file to a bitmap.
import CJPEG
import TensorStream

/// Decodes JPEG files: baseline and progressive ones of 8 bits, grey and in color, the right way up. docs/jpeg.md says how
/// values come about.
public struct JPEGDecoder: Sendable {
  public let color: BitmapColor
  /// Whether damage is refused that no pixel depends on: see ``JPEGFlaw``.
  public let isStrict: Bool

  public init(color: BitmapColor, isStrict: Bool = false) { (self.color, self.isStrict) = (color, isStrict) }

  /// The picture in `bytes`, a whole file that begins as one (``JPEGScan/signature``), and what is to be known of the file.
  /// Throws a ``JPEGProblem``.
  ///
  /// Besides the bitmap, memory is needed for a few rows; where the picture is progressive for its coefficients, up to 480 MiB;
  /// and where it is to be turned for a second bitmap. None is taken before the file was seen to be long enough.
  public func decodePicture(_ bytes: UnsafeRawBufferPointer) throws(JPEGProblem) -> DecodedPicture {
    let scan = try JPEGScan(bytes)
    var flaw = scan.flaw
    if isStrict, let flaw { throw .flaw(flaw) }
    let isGrey = scan.frame.components.count == 1
    let channels = color == .grey || color == .asStored && isGrey ? 1 : 3
    var report = cjpeg_report()
    let bitmap = try storedBitmap(scan, bytes, channels, &report)
    let leftover = report.leftover_byte_count
    if leftover > 0 {
      // Only zeros are sure to be nothing: other bytes show that codes were misread before.
      guard leftover <= scan.zerosAtEnd else { throw .imageDataTooLong(byteCount: leftover) }
      let found = JPEGFlaw.zeros(offset: scan.byteCount - 2 - leftover, byteCount: leftover)
      if isStrict { throw .flaw(found) }
      flaw = flaw ?? found
    }
    return DecodedPicture(
      bitmap: bitmap.turned(scan.orientation), isTransparent: false, flaw: flaw.map(PictureFlaw.jpeg))
  }

  /// The picture as it is stored.
  private func storedBitmap(
    _ scan: JPEGScan, _ bytes: UnsafeRawBufferPointer, _ channels: Int, _ report: inout cjpeg_report
  ) throws(JPEGProblem) -> Bitmap {
    let (width, height) = (scan.frame.width, scan.frame.height)
    var source = cjpeg_source(
      bytes: bytes.baseAddress!.assumingMemoryBound(to: UInt8.self), byte_count: scan.byteCount,
      width: UInt32(width), height: UInt32(height), component_count: Int32(scan.frame.components.count))
    var isRead = false
    let byteCount = width * height * channels
    let pixels = [UInt8](unsafeUninitializedCapacity: byteCount) { pixels, count in
      isRead = cjpeg_read(&source, Int32(channels), pixels.baseAddress!, &report)
      count = isRead ? byteCount : 0
    }
    guard isRead else { throw problem(report) }
    return Bitmap(width: width, height: height, channels: channels, pixels: pixels)
  }

  private func problem(_ report: cjpeg_report) -> JPEGProblem {
    let text = withUnsafeBytes(of: report.message) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
    guard report.is_damaged else { return .unsupported(reason: text) }
    let introduction = "Corrupt JPEG data: "
    return .imageData(
      reason: text.hasPrefix(introduction) ? String(text.dropFirst(introduction.count)) : text)
  }
}
