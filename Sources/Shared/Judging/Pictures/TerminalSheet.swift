// Images in a terminal: two pixels a character, or a ramp of letters where there are no colours.
import ByteIO
import TensorStream

/// How many colours a terminal has.
public enum TerminalColors: String, CaseIterable, Sendable {
  /// A letter for a brightness.
  case none
  /// The 6 × 6 × 6 cube and 24 greys of xterm.
  case indexed = "256"
  /// 24 bits.
  case all = "24-bit"
}

/// Images side by side as text: the character ▀ has the colour of a pixel above and, as its ground, of the one below.
public struct TerminalSheet {
  private let selection: ImageSelection
  private let columns: Int
  private let colors: TerminalColors
  /// Every so many pixels of a larger image are shown.
  private let step: Int
  /// In characters.
  private let imageWidth: Int
  /// Rows of pixels that are shown; two make a line.
  private let rowCount: Int

  /// So many images side by side as `width` characters hold, or `columns` of them; an image that is wider is shrunk.
  public init(_ selection: ImageSelection, colors: TerminalColors, width: Int, columns: Int? = nil) {
    (self.selection, self.colors) = (selection, colors)
    let (height, imageWidth) = (selection.shape.height, selection.shape.width)
    let room = max(1, width / (columns ?? 1) - (columns == nil ? 0 : Self.gap))
    let step = (imageWidth + room - 1) / room
    self.step = step
    self.imageWidth = (imageWidth + step - 1) / step
    rowCount = (height + step - 1) / step
    self.columns = max(1, columns ?? (width + Self.gap) / (self.imageWidth + Self.gap))
  }

  private static let gap = 2

  /// Writes the images, row by row.
  public func write(to sink: some ByteSink) throws {
    let captions = selection.images.map { Caption($0, classes: selection.classes) }
    let lineCount = captions.contains { $0.answer != nil } ? 2 : 1
    let gap = String(repeating: " ", count: Self.gap)
    for first in stride(from: 0, to: captions.count, by: columns) {
      let row = first..<min(first + columns, captions.count)
      for line in stride(from: 0, to: rowCount, by: 2) {
        try sink.write(row.map { text(selection.images[$0], line) }.joined(separator: gap) + "\n")
      }
      for line in 0..<lineCount {
        try sink.write(trimmed(row.map { text(captions[$0], line) }.joined(separator: gap)) + "\n")
      }
      if row.upperBound < captions.count { try sink.write("\n") }
    }
  }

  // MARK: Captions

  private func text(_ caption: Caption, _ line: Int) -> String {
    let text = line == 0 ? caption.heading : caption.answer ?? ""
    let column = padded(shortened(text, to: imageWidth), to: imageWidth)
    guard line == 1, colors != .none, let isRight = caption.isRight else { return column }
    // Of the 256 colours those that are next to the sheet's blue and vermilion, lighter for a dark ground.
    return "\u{1B}[38;5;\(isRight ? 39 : 208)m\(column)\u{1B}[0m"
  }

  private func trimmed(_ line: String) -> String {
    String(line.reversed().drop { $0 == " " }.reversed())
  }

  // MARK: Pixels

  /// Two rows of pixels, the first of them `row`.
  private func text(_ image: SelectedImage, _ row: Int) -> String {
    var text = ""
    var last = ""
    for column in 0..<imageWidth {
      let upper = pixel(image, row, column)
      // Below the last row of an odd number there is nothing: black, which most terminals are.
      let black = SIMD3(0, 0, 0)
      let lower = row + 1 < rowCount ? pixel(image, row + 1, column) : colors == .none ? upper : black
      switch colors {
      case .none: text.append(Self.letter(upper, lower))
      case .indexed, .all:
        let code = "\u{1B}[38;\(code(upper));48;\(code(lower))m"
        if code != last { text += code }
        last = code
        text += "▀"
      }
    }
    return colors == .none ? text : text + "\u{1B}[0m"
  }

  private func pixel(_ image: SelectedImage, _ row: Int, _ column: Int) -> SIMD3<Int> {
    let shape = selection.shape
    let offset = (row * step * shape.width + column * step) * shape.channels
    let first = Int(image.pixels[offset])
    return shape.channels == 1
      ? SIMD3(first, first, first)
      : SIMD3(first, Int(image.pixels[offset + 1]), Int(image.pixels[offset + 2]))
  }

  /// A colour as the parameters behind 38 or 48 (ITU-T T.416; xterm's for the palette).
  private func code(_ pixel: SIMD3<Int>) -> String {
    colors == .all ? "2;\(pixel.x);\(pixel.y);\(pixel.z)" : "5;\(Self.paletteIndex(pixel))"
  }

  /// The nearest of xterm's colours 16 to 255: greys where red, green and blue are alike, else the cube.
  static func paletteIndex(_ pixel: SIMD3<Int>) -> Int {
    if pixel.x == pixel.y && pixel.y == pixel.z {
      // 24 greys, 8 + 10 · i, between the black and the white of the cube.
      if pixel.x < 4 { return 16 }
      if pixel.x > 246 { return 231 }
      return 232 + min(23, max(0, (pixel.x - 3) / 10))
    }
    // The cube's steps are 0, 95, 135, 175, 215, 255.
    func step(_ value: Int) -> Int { value < 48 ? 0 : value < 115 ? 1 : min(5, (value - 35) / 40) }
    return 16 + 36 * step(pixel.x) + 6 * step(pixel.y) + step(pixel.z)
  }

  /// Ten letters from nothing to much ink: bright on the dark ground of most terminals.
  private static let ramp = Array(" .:-=+*#%@")

  private static func letter(_ upper: SIMD3<Int>, _ lower: SIMD3<Int>) -> Character {
    // Rec. 601's luma, of both pixels.
    let sum = upper &+ lower
    let luma = (299 * sum.x + 587 * sum.y + 114 * sum.z) / 2000
    return ramp[luma * (ramp.count - 1) / 255]
  }
}
