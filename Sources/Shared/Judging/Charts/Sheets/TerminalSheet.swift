// Images in a terminal: two pixels per character, or without colours, characters of more or less ink.
import ByteIO
import TensorStream

/// The number of colours that a terminal has.
public enum TerminalColors: String, CaseIterable, Sendable {
  /// No colours: a character stands for a brightness.
  case none
  /// The 6 × 6 × 6 cube and 24 greys of xterm.
  case indexed = "256"
  /// Colours of 24 bits.
  case all = "24-bit"
}

/// Images side by side as text. The character ▀ has the colour of one pixel, and as its background that of the pixel
/// below.
public struct TerminalSheet {
  private let selection: ImageSelection
  private let columns: Int
  private let colors: TerminalColors
  /// The step from one shown pixel to the next, in both directions; more than 1 if an image is shrunk.
  private let step: Int
  /// The width of an image in characters.
  private let imageWidth: Int
  /// The number of rows of pixels that are shown. Two make a line.
  private let rowCount: Int

  /// Creates a sheet with `columns` images side by side, or as many as fit into `width` characters. Images that are too
  /// wide are shrunk.
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
  ///
  /// - Complexity: O(characters of the sheet).
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
        try sink.write(trimmedAtEnd(row.map { text(captions[$0], line) }.joined(separator: gap)) + "\n")
      }
      if row.upperBound < captions.count { try sink.write("\n") }
    }
  }

  // MARK: Captions

  private func text(_ caption: Caption, _ line: Int) -> String {
    let text = line == 0 ? caption.heading : caption.answer ?? ""
    let column = padded(shortened(text, to: imageWidth), to: imageWidth)
    guard line == 1, colors != .none, let isRight = caption.isRight else { return column }
    // The colours among the 256 that resemble the contact sheet's blue and vermilion, but lighter, for a dark
    // background.
    return "\u{1B}[38;5;\(isRight ? 39 : 208)m\(column)\u{1B}[0m"
  }

  // MARK: Pixels

  /// Returns the rows of pixels `row` and `row` + 1 as a line of text.
  private func text(_ image: SelectedImage, _ row: Int) -> String {
    var text = ""
    var last = ""
    for column in 0..<imageWidth {
      let upper = pixel(image, row, column)
      // If the number of rows is odd, the last one has black below it, which is the background of most terminals.
      // Without colours, the row is repeated.
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

  /// Returns a colour as the parameters that follow 38 or 48 (ITU-T T.416, and xterm for the palette).
  private func code(_ pixel: SIMD3<Int>) -> String {
    colors == .all ? "2;\(pixel.x);\(pixel.y);\(pixel.z)" : "5;\(Self.paletteIndex(pixel))"
  }

  /// Returns the nearest of xterm's colours 16 to 255: a grey if red, green and blue are equal, else a colour of the
  /// cube.
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

  /// Ten characters in order of ink. Ink is bright on the dark background of most terminals.
  private static let ramp = Array(" .:-=+*#%@")

  private static func letter(_ upper: SIMD3<Int>, _ lower: SIMD3<Int>) -> Character {
    // The mean of both pixels' luma (Rec. 601).
    let sum = upper &+ lower
    let luma = (299 * sum.x + 587 * sum.y + 114 * sum.z) / 2000
    return ramp[luma * (ramp.count - 1) / 255]
  }
}
