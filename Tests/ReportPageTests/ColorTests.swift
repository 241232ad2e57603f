// Every colour of text and lines has enough contrast in both schemes, by an independent version of WCAG's formula.
import Charts
import Foundation
import Testing

@testable import ReportPage

@Suite struct PageColorTests {
  private static let schemes = [("light", PageColors.light), ("dark", PageColors.dark)]

  /// Returns the contrast of two colours in CSS notation (WCAG 2.1, "relative luminance" and "contrast ratio").
  private func contrast(_ one: String, _ other: String) -> Double {
    func luminance(_ code: String) -> Double {
      let parts = [1, 3, 5].map { offset -> Double in
        let start = code.index(code.startIndex, offsetBy: offset)
        let value = Double(Int(code[start...].prefix(2), radix: 16) ?? 0) / 255
        return value <= 0.03928 ? value / 12.92 : pow((value + 0.055) / 1.055, 2.4)
      }
      return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]
    }
    let (a, b) = (luminance(one), luminance(other))
    return (max(a, b) + 0.05) / (min(a, b) + 0.05)
  }

  @Test func theFormulaMatchesWCAG() {
    #expect(abs(contrast("#000000", "#ffffff") - 21) <= 1e-9)
    #expect(contrast("#777777", "#ffffff") < 4.5 && contrast("#767676", "#ffffff") >= 4.5)
  }

  @Test(arguments: schemes)
  func textHasEnoughContrast(_ name: String, _ colors: PageColors) {
    let texts = [colors.ink, colors.note, colors.link, colors.right, colors.wrong, colors.good, colors.bad]
    for text in texts {
      for ground in [colors.background, colors.panel] {
        #expect(contrast(text.code, ground.code) >= 4.5, "\(text.code) on \(ground.code)")
      }
    }
    // Code has a background of its own.
    #expect(contrast(colors.note.code, colors.faint.code) >= 4.5)
  }

  @Test(arguments: schemes)
  func linesHaveEnoughContrast(_ name: String, _ colors: PageColors) {
    for line in colors.curves + [colors.right, colors.wrong] {
      #expect(contrast(line.code, colors.panel.code) >= 3, "\(line.code)")
    }
  }

  @Test(arguments: schemes)
  func numbersInTheHeatMapHaveEnoughContrastOnEveryStep(_ name: String, _ colors: PageColors) {
    #expect(colors.levels.count == 2 * HeatMap.levelCount)
    #expect(Set(colors.levels.map(\.color.code)).count == 2 * HeatMap.levelCount)
    for (name, color) in colors.levels {
      #expect(contrast(color.textColor.code, color.code) >= 4.5, "\(name)")
      #expect(colors.levelRules.contains(".\(name){background:\(color.code);color:\(color.textColor.code)}"))
    }
  }
}
