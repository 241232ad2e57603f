import Evaluation
import Testing

@testable import Charts

@Suite struct ConfusionChartTests {
  private func chart(_ count: Int, names texts: [String]? = nil, abstaining: Bool = false) -> Chart {
    ConfusionChart(names: texts ?? names(count), matrix: confusion(count, abstaining: abstaining)).chart
  }

  @Test(arguments: [1, 2, 5, 12, 13, 20, 21, 41, 101, 256])
  func everyNumberOfClassesIsDrawnWithTwoPixelsPerUnit(_ count: Int) throws {
    let chart = chart(count)
    let bitmap = try decoded(chart.encoded(as: .png))
    #expect((bitmap.width, bitmap.height) == (2 * Int(chart.width), 2 * Int(chart.height)))
    #expect(chart.width < 1900)
    let svg = String(decoding: try chart.encoded(as: .svg), as: UTF8.self)
    #expect(svg.contains("viewBox=\"0 0 \(Int(chart.width)) \(Int(chart.height))\""))
  }

  @Test(arguments: ChartFormat.allCases)
  func theSameMatrixGivesTheSameBytesWhateverWasDrawnBefore(_ format: ChartFormat) throws {
    let first = try chart(10).encoded(as: format)
    _ = try chart(3).encoded(as: .svg)
    _ = try chart(4).encoded(as: .png)
    #expect(try chart(10).encoded(as: format) == first)
    #expect(try chart(10, abstaining: true).encoded(as: format) != first)
  }

  @Test func cellsHaveTheColorsOfTheScales() throws {
    let counts = ConfusionCounts(confusion(2))
    let layout = ConfusionLayout(names: names(2), counts: counts, measure: TextMeasure())
    let bitmap = try decoded(chart(2).encoded(as: .png))
    for (truth, column) in [(0, 0), (0, 1), (1, 0), (1, 1)] {
      let cell = layout.cell(truth, column)
      // Within the cell, above its numbers.
      let found = bitmap.pixel(2 * Int(cell.x) + 20, 2 * Int(cell.y) + 20)
      let color = counts.color(truth, column)
      let expected = [color.red, color.green, color.blue].map { Int((255 * $0).rounded()) }
      #expect(found.count == expected.count)
      for (one, other) in zip(found, expected) { #expect(abs(Int(one) - other) <= 1) }
    }
    // The most frequent mistake has the darkest colour of its scale, however rare it is.
    #expect(counts.color(0, 1) == ColorScale.mistakes[1])
    #expect(counts.largestMistake == 0.1)
  }

  @Test func numbersThatDoNotFitAreLeftOutAndNamesAreThinnedOut() {
    func layout(_ count: Int, _ texts: [String]? = nil) -> ConfusionLayout {
      ConfusionLayout(
        names: texts ?? names(count), counts: ConfusionCounts(confusion(count)), measure: TextMeasure())
    }
    #expect(layout(10).shareFont != nil)
    #expect(layout(30).countFont != nil && layout(30).shareFont == nil)
    #expect(layout(60).countFont == nil)
    #expect(layout(60).nameStep == 1 && layout(256).nameStep == 2)
    let long = layout(2, [String(repeating: "w", count: 1_000_000), "short"])
    #expect(long.rowNames[0].contains("w…w") && long.rowNames[0].count < 40)
    #expect(long.rowNames[1] == "short")
  }

  /// Every name can be drawn, and no program interprets any part of it.
  @Test(arguments: [
    "<script>alert(1)</script>", "a & b", "\"quoted\" 'too'", "]]>", "<![CDATA[", "\u{0}\u{1}\u{7F}\u{9B}",
    "\u{1B}[31m", "new\nline\ttab", "日本語", "\u{202E}left", "\u{10FFFF}\u{FFFE}",
    String(Unicode.Scalar(0xFDD0 as UInt32)!), "", "#surface1", "🦊",
  ])
  func namesAreDrawnAsShapesAndNotAsText(_ name: String) throws {
    let bytes = try chart(2, names: [name, "other"]).encoded(as: .svg)
    let svg = String(decoding: bytes, as: UTF8.self)
    #expect(bytes.allSatisfy { 0x20..<0x7F ~= $0 || $0 == 0x0A })
    #expect(svg.hasSuffix("</svg>\n"))
    #expect(!svg.contains("<text"))
    #expect(!svg.contains("script") && !svg.contains("CDATA") && !svg.contains("]]>"))
    let drawn = chart(2, names: [name, "other"])
    let bitmap = try decoded(drawn.encoded(as: .png))
    #expect((bitmap.width, bitmap.height) == (2 * Int(drawn.width), 2 * Int(drawn.height)))
    let unnamed = try decoded(chart(2, names: ["", "other"]).encoded(as: .png))
    #expect((bitmap == unnamed) == name.isEmpty)
  }

  @Test func aChartThatIsTooLargeIsRefused() {
    for (width, height) in [(20_000.0, 10.0), (6000, 6000)] {
      let chart = Chart(width: width, height: height, title: "") { _ in }
      #expect(throws: ChartError.tooLarge(width: 2 * Int(width), height: 2 * Int(height))) {
        try chart.encoded(as: .png)
      }
    }
  }
}
