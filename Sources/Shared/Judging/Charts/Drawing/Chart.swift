// A chart: its size, its title, and the function that draws it; its file, SVG or PNG; and the errors of drawing it.
import ByteIO
import CCairo

/// A chart that can be written as SVG or PNG.
public struct Chart {
  /// The width in units, which are CSS pixels in an SVG.
  public let width: Double
  /// The height in units.
  public let height: Double
  /// A line that describes the chart to those who cannot see it. Only an SVG contains it.
  public let title: String
  /// The number of pixels per unit in a PNG.
  let density: Double
  let draw: (Canvas) -> Void

  init(width: Double, height: Double, title: String, density: Double = 2, draw: @escaping (Canvas) -> Void) {
    (self.width, self.height) = (width.rounded(.up), height.rounded(.up))
    (self.title, self.density, self.draw) = (title, density, draw)
  }

  /// The maximum number of pixels per side, which is Cairo's limit for surfaces of pixels.
  static let sideLimit = 32_767
  /// The maximum number of pixels in all, which take half a gigabyte of memory.
  static let pixelLimit = 1 << 27

  /// Returns the bytes of the chart's file. With the same fonts and the same version of Cairo, the same chart gives
  /// the same bytes. Throws ``ChartError``.
  ///
  /// Memory: 4 bytes for each pixel of a PNG, and the file.
  func encoded(as format: ChartFormat) throws(ChartError) -> [UInt8] {
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

  /// Writes the chart to a file, which appears whole or not at all.
  public func write(to file: OutputFile, as format: ChartFormat) throws {
    try file.write(try encoded(as: format))
    try file.commit()
  }
}

/// Throws if a status is not success.
func check(_ status: cairo_status_t) throws(ChartError) {
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

/// The format of a chart's file.
public enum ChartFormat: String, CaseIterable, Sendable {
  /// Lines and letters as shapes, sharp at any size.
  case svg
  /// Pixels.
  case png

  /// Creates the format that a file's name ends in, in upper or lower case; `nil` for other names.
  public init?(fileName: FilePath) {
    guard let ending = fileName.text.split(separator: "/").last?.split(separator: ".").dropFirst().last else {
      return nil
    }
    self.init(rawValue: ending.lowercased())
  }
}

/// Why a chart cannot be drawn.
public enum ChartError: Failure, Equatable {
  case tooLarge(width: Int, height: Int)
  case cairo(status: String)

  public var kind: FailureKind {
    switch self {
    case .tooLarge: .usage
    case .cairo: .internalDefect
    }
  }

  public var description: String {
    switch self {
    case .tooLarge(let width, let height):
      "the drawing would have \(grouped(width)) × \(grouped(height)) pixels, expected at most \(grouped(Chart.sideLimit)) per"
        + " side and \(grouped(Chart.pixelLimit)) in all; ask for fewer or smaller images"
    case .cairo(let status):
      "drawing failed: Cairo says '\(status)'; this is a bug in fm-tools, please report it"
    }
  }
}

// MARK: - SVG

/// Returns an SVG with its own numbering, and with a title for screen readers.
///
/// Cairo numbers surfaces throughout the life of a process (`id="surface7"`), so the second chart of a process would
/// differ from the same chart drawn first. This function renumbers them in the order in which they appear. All text
/// is drawn as shapes, so everything between quotes comes from Cairo and not from names.
func finishedSVG(_ bytes: [UInt8], title: String) -> [UInt8] {
  var rest = bytes[...]
  var result: [UInt8] = []
  result.reserveCapacity(bytes.count + 256)
  var numbers: [ArraySlice<UInt8>: Int] = [:]
  var hasTitle = false
  while let byte = rest.first {
    if byte == UInt8(ascii: ">"), !hasTitle, isSVGElement(result) {
      result += Array(" role=\"img\">\n<title>\(escapedXML(title))</title>".utf8)
      hasTitle = true
      rest = rest.dropFirst()
    } else if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "#"),
      let prefix = surfacePrefixes.first(where: { rest.starts(with: $0) })
    {
      let digits = rest.dropFirst(prefix.count).prefix(while: isDigit)
      let number = numbers[digits] ?? numbers.count
      numbers[digits] = number
      result += prefix
      result += Array("\(number)".utf8)
      rest = rest[digits.endIndex...]
    } else {
      result.append(byte)
      rest = rest.dropFirst()
    }
  }
  return result
}

private let surfacePrefixes = ["\"surface", "#surface", "\"image", "#image"].map { Array($0.utf8) }

/// Whether the tag that is open at the end of `text` is `<svg`.
private func isSVGElement(_ text: [UInt8]) -> Bool {
  guard let start = text.lastIndex(of: UInt8(ascii: "<")) else { return false }
  return text[start...].starts(with: Array("<svg".utf8))
}
