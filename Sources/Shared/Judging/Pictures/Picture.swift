// A picture: its size, what it is called, and how it is drawn, whether as SVG or as PNG.
import ByteIO
import CCairo

/// Something that can be drawn.
public struct Picture {
  /// In units, which are CSS pixels in an SVG.
  public let width: Double
  public let height: Double
  /// What the picture shows, in a line, for those who cannot see it: in an SVG only.
  public let title: String
  /// Pixels a unit in a PNG.
  public let density: Double
  let draw: (Canvas) -> Void

  init(width: Double, height: Double, title: String, density: Double = 2, draw: @escaping (Canvas) -> Void) {
    (self.width, self.height) = (width.rounded(.up), height.rounded(.up))
    (self.title, self.density, self.draw) = (title, density, draw)
  }

  /// The most pixels a side, which is Cairo's limit for surfaces of pixels, and in all: half a gigabyte of memory.
  static let sideLimit = 32_767
  static let pixelLimit = 1 << 27

  /// The bytes of the file. The same picture is the same bytes wherever the same fonts and the same Cairo are.
  /// Throws ``PictureError``.
  public func encoded(as format: PictureFormat) throws(PictureError) -> [UInt8] {
    let scale = format == .png ? density : 1
    let (pixelWidth, pixelHeight) = (Int(width * scale), Int(height * scale))
    guard max(pixelWidth, pixelHeight) <= Self.sideLimit, pixelWidth * pixelHeight <= Self.pixelLimit else {
      throw .tooLarge(width: pixelWidth, height: pixelHeight)
    }
    let bytes = CollectedBytes()
    let surface: OpaquePointer? =
      switch format {
      case .svg: cairo_svg_surface_create_for_stream(bytes.append, bytes.pointer, width, height)
      case .png: cairo_image_surface_create(CAIRO_FORMAT_RGB24, Int32(pixelWidth), Int32(pixelHeight))
      }
    defer { cairo_surface_destroy(surface) }
    if format == .svg { cairo_svg_surface_set_document_unit(surface, CAIRO_SVG_UNIT_PX) }
    let canvas = Canvas(surface)
    canvas.scale(scale)
    canvas.fill(Rectangle(0, 0, width, height), .white)
    draw(canvas)
    try canvas.finish()
    if format == .png { try check(cairo_surface_write_to_png_stream(surface, bytes.append, bytes.pointer)) }
    cairo_surface_finish(surface)
    try check(cairo_surface_status(surface))
    return format == .svg ? finishedSVG(bytes.bytes, title: title) : bytes.bytes
  }

  /// Writes the picture to a file, which appears whole or not at all.
  public func write(to file: OutputFile, as format: PictureFormat) throws {
    try file.write(try encoded(as: format))
    try file.commit()
  }
}

/// Throws what is not success.
func check(_ status: cairo_status_t) throws(PictureError) {
  if status != CAIRO_STATUS_SUCCESS { throw .cairo(status: String(cString: cairo_status_to_string(status))) }
}

/// What Cairo writes, in memory: so an output's failures are the output's, with its name and its words.
private final class CollectedBytes {
  var bytes: [UInt8] = []

  /// Not retained: it must live as long as Cairo writes.
  var pointer: UnsafeMutableRawPointer { Unmanaged.passUnretained(self).toOpaque() }

  let append: @convention(c) (UnsafeMutableRawPointer?, UnsafePointer<UInt8>?, UInt32) -> cairo_status_t = {
    closure, bytes, count in
    guard let closure else { return CAIRO_STATUS_WRITE_ERROR }
    let collected = Unmanaged<CollectedBytes>.fromOpaque(closure).takeUnretainedValue()
    collected.bytes.append(contentsOf: UnsafeBufferPointer(start: bytes, count: Int(count)))
    return CAIRO_STATUS_SUCCESS
  }
}
