// The colours of the page, for light and for dark screens. The contrast with the background is at least 4.5 : 1 for
// text and 3 : 1 for lines of charts (WCAG 2.1, 1.4.3 and 1.4.11), which tests verify.
import Charts

/// The colours of one scheme. Most have the same names in the style sheet.
struct PageColors {
  /// The background of the page.
  let background: Color
  /// The background of sections, and so of tables and charts.
  let panel: Color
  /// Text.
  let ink: Color
  /// Explanatory text.
  let note: Color
  /// Frames and axes, which carry no information.
  let rule: Color
  /// Grid lines and lines between rows, which carry no information.
  let faint: Color
  let link: Color
  /// Right predictions, as text and in charts: blue, which every kind of colour vision distinguishes from orange.
  let right: Color
  /// Wrong predictions: orange.
  let wrong: Color
  /// Gates that passed. A word says the same.
  let good: Color
  /// Gates that failed. A word says the same.
  let bad: Color
  /// The colours of curves, in order of use.
  let curves: [Color]
  /// The scale of right predictions, from none to all.
  let rightScale: ColorScale
  /// The scale of mistakes, from none to the most frequent one.
  let wrongScale: ColorScale

  /// Okabe and Ito's colours, darkened if lines would be too faint on white.
  static let light = PageColors(
    background: Color(0xF7F7F5), panel: Color(0xFFFFFF), ink: Color(0x1A1A1A), note: Color(0x575757),
    rule: Color(0xC9C9C5), faint: Color(0xE6E6E3), link: Color(0x00568A), right: Color(0x0072B2),
    wrong: Color(0xB04400), good: Color(0x00634A), bad: Color(0xA8261C),
    curves: [0xB04400, 0x0072B2, 0x00795A, 0x9C3F80, 0x1A1A1A].map { Color($0) },
    rightScale: .right, wrongScale: .mistakes)

  /// The same hues, lighter. The scales begin with the colour of the panel and end bright.
  static let dark = PageColors(
    background: Color(0x131518), panel: Color(0x1C1F23), ink: Color(0xEDEDED), note: Color(0xB3B6BA),
    rule: Color(0x4A4F56), faint: Color(0x2D3136), link: Color(0x82C7F5), right: Color(0x56B4E9),
    wrong: Color(0xF5A55F), good: Color(0x63D2A8), bad: Color(0xFF9C8F),
    curves: [0xF5A55F, 0x56B4E9, 0x45C9A0, 0xE39BC9, 0xEDEDED].map { Color($0) },
    rightScale: ColorScale(stops: [0x1C1F23, 0x12405F, 0x0B6CA8, 0x56A5DB, 0xA9D5F0].map { Color($0) }),
    wrongScale: ColorScale(stops: [0x1C1F23, 0x5A2E0C, 0xA34B05, 0xF0A63C, 0xFBDDA8].map { Color($0) }))

  /// The named colours as CSS custom properties.
  var properties: String {
    let named = [
      ("background", background), ("panel", panel), ("ink", ink), ("note", note), ("rule", rule),
      ("faint", faint), ("link", link), ("right", right), ("wrong", wrong), ("good", good), ("bad", bad),
    ]
    let lines = curves.enumerated().map { ("curve-\($0 + 1)", $1) }
    return (named + lines).map { "--\($0):\($1.code)" }.joined(separator: ";")
  }

  /// The steps of the heat map, each with its class in the style sheet.
  var levels: [(name: String, color: Color)] {
    (1...HeatMap.levelCount).flatMap { step in
      // The first step differs from an empty cell.
      let share = 0.06 + 0.94 * Double(step) / Double(HeatMap.levelCount)
      return [("r\(step)", rightScale[share]), ("m\(step)", wrongScale[share])]
    }
  }

  /// The style sheet's rules for the cells of the heat map. Their numbers are black or white, whichever has more
  /// contrast.
  var levelRules: String {
    levels.map { ".\($0.name){background:\($0.color.code);color:\($0.color.textColor.code)}" }
      .joined(separator: "\n")
  }
}
