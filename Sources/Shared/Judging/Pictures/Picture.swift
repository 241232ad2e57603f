// A picture: its size, its title, and the function that draws it, as SVG or PNG.
import ByteIO
import CCairo

/// A picture that can be written as SVG or PNG.
public struct Picture {
  /// The width in units, which are CSS pixels in an SVG.
  public let width: Double
  /// The height in units.
  public let height: Double
  /// A line that describes the picture to those who cannot see it. Only an SVG contains it.
  public let title: String
  /// The number of pixels per unit in a PNG.
  public let density: Double
  let draw: (Canvas) -> Void

  init(width: Double, height: Double, title: String, density: Double = 2, draw: @escaping (Canvas) -> Void) {
    (self.width, self.height) = (width.rounded(.up), height.rounded(.up))
    (self.title, self.density, self.draw) = (title, density, draw)
  }

  /// The maximum number of pixels per side, which is Cairo's limit for surfaces of pixels.
  static let sideLimit = 32_767
  /// The maximum number of pixels in all, which take half a gigabyte of memory.
  static let pixelLimit = 1 << 27

  /// Returns the bytes of the picture's file. With the same fonts and the same version of Cairo, the same picture gives
  /// the same bytes. Throws ``PictureError``.
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

/// Throws if a status is not success.
func check(_ status: cairo_status_t) throws(PictureError) {
  if status != CAIRO_STATUS_SUCCESS { throw .cairo(status: String(cString: cairo_status_to_string(status))) }
}

/// Collects what Cairo writes in memory. `OutputFile` then writes the file, so that errors name it and its problem.
private final class CollectedBytes {
  var bytes: [UInt8] = []

  /// A pointer that does not retain the object, which must live as long as Cairo writes.
  var pointer: UnsafeMutableRawPointer { Unmanaged.passUnretained(self).toOpaque() }

  let append: @convention(c) (UnsafeMutableRawPointer?, UnsafePointer<UInt8>?, UInt32) -> cairo_status_t = {
    closure, bytes, count in
    guard let closure else { return CAIRO_STATUS_WRITE_ERROR }
    let collected = Unmanaged<CollectedBytes>.fromOpaque(closure).takeUnretainedValue()
    collected.bytes.append(contentsOf: UnsafeBufferPointer(start: bytes, count: Int(count)))
    return CAIRO_STATUS_SUCCESS
  }
}
