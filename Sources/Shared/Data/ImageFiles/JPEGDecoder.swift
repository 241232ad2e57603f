// Decodes the bytes of a JPEG file to a bitmap.
import CJPEG
import TensorStream

/// Decodes JPEG files with 8 bits per value, baseline and progressive, in grey and in colour, and turns them upright.
/// docs/jpeg.md says how values are computed.
public struct JPEGDecoder: Sendable {
  public let color: BitmapColor
  /// Whether to refuse files with damage that no pixel depends on (``JPEGFlaw``).
  public let isStrict: Bool

  public init(color: BitmapColor, isStrict: Bool = false) { (self.color, self.isStrict) = (color, isStrict) }

  /// Decodes `bytes`, a whole file that begins with `FileKind.jpegSignature` or is a beginning of that. Throws
  /// a ``JPEGProblem``.
  ///
  /// Besides the bitmap, it needs memory for a few rows, for the coefficients of a progressive picture, up to 480 MiB,
  /// and for a second bitmap if the picture must be turned. It allocates nothing before it has checked that the file is
  /// long enough.
  ///
  /// - Complexity: O(n + s · p) for n bytes, p pixels and s scans. A progressive picture has several scans.
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
      // Zeros are certainly padding. Other bytes show that codes before them were misread.
      guard leftover <= scan.zerosAtEnd else { throw .imageDataTooLong(byteCount: leftover) }
      let found = JPEGFlaw.zeros(offset: scan.byteCount - 2 - leftover, byteCount: leftover)
      if isStrict { throw .flaw(found) }
      flaw = flaw ?? found
    }
    return DecodedPicture(
      bitmap: bitmap.turned(scan.orientation), isTransparent: false, flaw: flaw.map(PictureFlaw.jpeg))
  }

  /// Decodes the picture in its stored orientation.
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
