// The colours of the page, for light and for dark screens. Text has a contrast of 4.5 : 1 or more with what is below it, and
// lines of diagrams 3 : 1 (WCAG 2.1, 1.4.3 and 1.4.11), which the tests compute.
import Pictures

/// The colours of one scheme, each under its name in the style sheet.
struct PageColors {
  /// What is below everything, and below tables and diagrams.
  let background: Color
  let panel: Color
  /// Text, and text that explains.
  let ink: Color
  let note: Color
  /// Frames, and lines of grids and between rows, which carry no meaning.
  let rule: Color
  let faint: Color
  let link: Color
  /// What is right and what is wrong, as text and in diagrams; blue and orange differ for every kind of colour vision.
  let right: Color
  let wrong: Color
  /// Gates that passed, and those that failed: a word says the same.
  let good: Color
  let bad: Color
  /// Lines of curves, in their order.
  let curves: [Color]
  /// From nothing to all of what is right, and of the most frequent mistake.
  let rightScale: ColorScale
  let wrongScale: ColorScale

  /// Okabe and Ito's colours, darkened where lines would be too faint on white.
  static let light = PageColors(
    background: Color(0xF7F7F5), panel: Color(0xFFFFFF), ink: Color(0x1A1A1A), note: Color(0x575757),
    rule: Color(0xC9C9C5), faint: Color(0xE6E6E3), link: Color(0x00568A), right: Color(0x0072B2),
    wrong: Color(0xB04400), good: Color(0x00634A), bad: Color(0xA8261C),
    curves: [0xB04400, 0x0072B2, 0x00795A, 0x9C3F80, 0x1A1A1A].map { Color($0) },
    rightScale: .right, wrongScale: .mistakes)

  /// The same hues, lighter; scales begin at the panel and end bright.
  static let dark = PageColors(
    background: Color(0x131518), panel: Color(0x1C1F23), ink: Color(0xEDEDED), note: Color(0xB3B6BA),
    rule: Color(0x4A4F56), faint: Color(0x2D3136), link: Color(0x82C7F5), right: Color(0x56B4E9),
    wrong: Color(0xF5A55F), good: Color(0x63D2A8), bad: Color(0xFF9C8F),
    curves: [0xF5A55F, 0x56B4E9, 0x45C9A0, 0xE39BC9, 0xEDEDED].map { Color($0) },
    rightScale: ColorScale(stops: [0x1C1F23, 0x12405F, 0x0B6CA8, 0x56A5DB, 0xA9D5F0].map { Color($0) }),
    wrongScale: ColorScale(stops: [0x1C1F23, 0x5A2E0C, 0xA34B05, 0xF0A63C, 0xFBDDA8].map { Color($0) }))

  /// The named colours as custom properties.
  var properties: String {
    let named = [
      ("background", background), ("panel", panel), ("ink", ink), ("note", note), ("rule", rule),
      ("faint", faint), ("link", link), ("right", right), ("wrong", wrong), ("good", good), ("bad", bad),
    ]
    let lines = curves.enumerated().map { ("curve-\($0 + 1)", $1) }
    return (named + lines).map { "--\($0):\($1.code)" }.joined(separator: ";")
  }

  /// The steps of the heat map, each with its cell's class.
  var levels: [(name: String, color: Color)] {
    (1...HeatMap.levelCount).flatMap { step in
      // The first step differs from nothing.
      let share = 0.06 + 0.94 * Double(step) / Double(HeatMap.levelCount)
      return [("r\(step)", rightScale[share]), ("m\(step)", wrongScale[share])]
    }
  }

  /// The rules for the heat map's cells, whose numbers are black or white, whichever is read better.
  var levelRules: String {
    levels.map { ".\($0.name){background:\($0.color.code);color:\($0.color.textColor.code)}" }
      .joined(separator: "\n")
  }
}
