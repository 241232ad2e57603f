// Curves in a terminal: the width of lines, and the positions of dots.
import ByteIO
import MemoryStreams
import Testing

@testable import Charts

@Suite struct TerminalCurvesTests {
  private func run(_ accuracies: [Double], ended: Bool = false) throws -> TrainingRun {
    let epochs = accuracies.enumerated().map { index, accuracy in
      """
      {"event":"epoch","epoch":\(index + 1),"learning_rate":0.1,"training_loss":\(1 - accuracy),\
      "training_accuracy":\(accuracy),"validation_loss":\(1.1 - accuracy),"validation_accuracy":\(accuracy),\
      "best":\(index == 0)}

      """
    }.joined()
    return try TrainingRun(
      MemorySource("{\"event\":\"start\"}\n" + epochs + (ended ? "{\"event\":\"end\"}\n" : "")))
  }

  @Test(arguments: [10, 40, 80, 200]) func noLineIsWiderThanTheTerminal(_ width: Int) throws {
    let runs = [try run([0.5, 0.7, 0.8]), try run([0.4], ended: true)]
    let names = [String(repeating: "a long name ", count: 20) + ".jsonl", "漢字.jsonl"]
    let lines = TerminalCurves(runs, names: names, width: width, isColored: false).lines
    #expect(lines.allSatisfy { displayedWidth($0) <= max(width, 21) }, "\(lines)")
    #expect(lines.count == 2 * 11 + 3)
  }

  @Test func theLatestEpochIsShown() throws {
    let lines = TerminalCurves(
      [try run([0.5, 0.75], ended: true)], names: ["a.jsonl"], width: 80, isColored: false
    ).lines
    #expect(lines.last == "a.jsonl: epoch 2, best 1, loss 0.3500, accuracy 75.00 %, ended")
    #expect(lines.contains { $0.hasSuffix("epoch 2") && $0.contains(" 1 ") })
  }

  @Test func coloursAreUsedOnlyOnRequest() throws {
    let runs = [try run([0.5, 0.75])]
    let plain = TerminalCurves(runs, names: ["a"], width: 60, isColored: false).lines
    let colored = TerminalCurves(runs, names: ["a"], width: 60, isColored: true).lines
    #expect(!plain.joined().contains("\u{1B}") && colored.joined().contains("\u{1B}[38;2;0;114;178m"))
    #expect(colored.map { $0.replacing(#/\u{1B}\[[0-9;]*m/#, with: "") } == plain)
  }

  @Test func aDiagonalGoesFromCornerToCorner() {
    var canvas = BrailleCanvas(columns: 3, rows: 2)
    canvas.line([(0, 0), (1, 1)], owner: 0, isDotted: false)
    let rows = (0..<2).map { canvas.text(row: $0) { _ in nil } }
    // 6 × 8 dots; the lower left and the upper right one are set.
    #expect(rows[1].unicodeScalars.first!.value & 0x40 != 0 && rows[0].unicodeScalars.last!.value & 0x08 != 0)
    #expect(rows[0].first == " " && rows[1].last == " ")
    // Dots beyond the edges are left out.
    canvas.line([(0.5, 2), (0.7, 3)], owner: 1, isDotted: true)
    #expect((0..<2).map { canvas.text(row: $0) { _ in nil } } == rows)
  }

  @Test func aRunHasEndedOnlyIfItsLogSaysSo() throws {
    #expect(try !run([0.5]).hasEnded)
    #expect(try run([0.5], ended: true).hasEnded)
    let resumed = try TrainingRun(
      MemorySource(
        """
        {"event":"epoch","epoch":1,"learning_rate":0.1,"training_loss":1,"training_accuracy":0.5}
        {"event":"end"}
        {"event":"resume"}

        """))
    #expect(!resumed.hasEnded)
    let test = "{\"event\":\"step\",\"step\":1,\"learning_rate\":0.1,\"loss\":1}\n"
    let suggestion = "{\"event\":\"suggestion\",\"learning_rate\":0.1}\n"
    #expect(try !TrainingRun(MemorySource(test)).hasEnded)
    #expect(try TrainingRun(MemorySource(test + suggestion)).hasEnded)
  }
}
