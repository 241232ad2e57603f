import Testing

@testable import CommandLine

@Suite struct ProgressTests {
  @Test(
    arguments: [
      (0, 0, "epoch 1/2 [--------------------]   0 %  0:00"),
      (0, 2, "epoch 1/2 [--------------------]   0 %  0:02"),
      (27_600, 5.1, "epoch 1/2 [#########-----------]  46 %  5,411 images/s  0:06 left"),
      (59_999, 10, "epoch 1/2 [###################-]  99 %  5,999 images/s  0:01 left"),
      (60_000, 61.5, "epoch 1/2 [####################] 100 %  975 images/s  1:02"),
      (1, 2, "epoch 1/2 [--------------------]   0 %  0.5 images/s  33:19:58 left"),
      (1, 1e9, "epoch 1/2 [--------------------]   0 %  0.0 images/s  4166:40:00 left"),
      (70_000, 10, "epoch 1/2 [####################] 100 %  7,000 images/s  0:10"),
    ] as [(Int, Double, String)])
  func aLineShowsShareRateAndTimeLeft(done: Int, seconds: Double, line: String) {
    var state = ProgressState(label: "epoch 1/2", unit: "images", total: 60_000)
    state.done = done
    #expect(state.line(seconds: seconds, width: 200) == line)
  }

  @Test func theLineOfAPartShowsTheTimeLeftForTheWhole() {
    var state = ProgressState(label: "epoch 1/60", unit: "images", total: 60_000)
    state.done = 30_000
    state.secondsLeft = 600
    #expect(
      state.line(seconds: 5, width: 200)
        == "epoch 1/60 [##########----------]  50 %  6,000 images/s  10:00 left")
  }

  @Test func withoutATotalALineShowsTheCount() {
    var state = ProgressState(label: "read", unit: "records", total: nil)
    state.done = 1_234_567
    #expect(state.line(seconds: 10, width: 200) == "read 1,234,567 records  123,456 records/s  0:10")
    state.note = "loss 0.3"
    #expect(state.line(seconds: 10, width: 200).hasSuffix("  0:10  loss 0.3"))
  }

  @Test(arguments: [0, 1, 30, 79])
  func aLineIsCutToTheWidth(width: Int) {
    var state = ProgressState(label: "epoch", unit: "images", total: 10)
    state.note = String(repeating: "note ", count: 40)
    #expect(state.line(seconds: 1, width: width).count == width)
  }

  @Test func progressStaysOffTheTerminalOfTheOutput() {
    let automatic = ReportingOptions(quiet: false, progress: .auto)
    #expect(automatic.showsProgress(besideItsOutput: false, onTerminal: true))
    #expect(!automatic.showsProgress(besideItsOutput: true, onTerminal: true))
    #expect(!automatic.showsProgress(besideItsOutput: false, onTerminal: false))
    let wanted = ReportingOptions(quiet: false, progress: .always)
    #expect(wanted.showsProgress(besideItsOutput: true, onTerminal: true))
    #expect(!ReportingOptions(quiet: true, progress: .always).showsProgress(besideItsOutput: false))
    #expect(!ReportingOptions(quiet: false, progress: .never).showsProgress(besideItsOutput: false))
  }

  @Test func aSilentProgressMakesNoNotes() {
    let progress = Progress(ReportingOptions(quiet: true, progress: .always), label: "", unit: "", total: 1)
    for done in 0..<1000 {
      progress.update(
        done,
        note: {
          Issue.record("a note was made although nothing is shown"); return ""
        }())
    }
    progress.finish()
  }
}
