import MemoryStreams
import Testing

@testable import Charts

@Suite struct TrainingRunTests {
  private func epoch(_ number: Int, loss: String = "0.5", best: Bool = true, heldOut: Bool = true) -> String {
    let validation = heldOut ? #""validation_loss":\#(loss),"validation_accuracy":0.75,"# : ""
    return #"{"best":\#(best),"epoch":\#(number),"event":"epoch","learning_rate":0.001,\#(validation)"#
      + #""training_loss":1,"training_accuracy":0.5}"# + "\n"
  }

  private func run(_ text: String) throws -> TrainingRun {
    try TrainingRun(MemorySource(text, name: "run.jsonl"))
  }

  @Test func epochsAreReadInOrder() throws {
    let run = try run(
      #"{"event":"start"}"# + "\n" + epoch(1) + epoch(2, best: false) + #"{"event":"end"}"# + "\n")
    #expect(run.epochs.map(\.number) == [1, 2])
    #expect(run.epochs[0].heldOut == .init(loss: 0.5, accuracy: 0.75))
    #expect(run.best?.number == 1)
  }

  @Test func theLastOfSeveralLinesOfAnEpochCounts() throws {
    let resumed =
      epoch(1) + epoch(2, loss: "0.9") + #"{"event":"resume"}"# + "\n" + epoch(2, loss: "0.4") + epoch(3)
    #expect(try run(resumed).epochs.map { $0.heldOut?.loss } == [0.5, 0.4, 0.5])
  }

  @Test func aTruncatedLogIsReadUpToItsLastWholeLine() throws {
    let cut = try run(epoch(1) + epoch(2).dropLast(20))
    #expect(cut.epochs.count == 1 && cut.cutLine == 2)
    // A complete line counts, with or without its newline.
    let whole = try run(epoch(1) + epoch(2).dropLast())
    #expect(whole.epochs.count == 2 && whole.cutLine == nil)
    #expect(try run(epoch(1) + epoch(2)).cutLine == nil)
    #expect(try run(epoch(1, heldOut: false)).epochs[0].heldOut == nil)
  }

  @Test func aRangeTestHasStepsAndASuggestion() throws {
    let steps = (1...3).map { #"{"event":"step","learning_rate":1e-\#($0),"loss":\#($0)}"# + "\n" }.joined()
    let test = try run(steps + #"{"event":"suggestion","learning_rate":0.01}"# + "\n")
    #expect(test.steps.map(\.loss) == [1, 2, 3])
    #expect(test.suggestion == 0.01)
    #expect(try run(steps + #"{"event":"suggestion","learning_rate":null}"# + "\n").suggestion == nil)
    #expect(message { _ = try run(steps + epoch(1)) }?.contains("separate logs") == true)
    let training = try run(epoch(1))
    #expect(
      message { _ = try trainingChart([training, test], names: ["a", "b"]) }?.contains("two charts")
        == true)
  }

  @Test(arguments: [
    ("", "found none"), ("{}\n", "line 1: expected a line of fm-train's log, found no \"event\""),
    ("truth\tclass\n", "line 1: expected a line of fm-train's log, a JSON object"),
    (#"{"event":"start"}"# + "\n", "found none"),
    (
      #"{"event":"start"}"# + "\n" + #"{"event":"epoch","epoch":1}"# + "\n",
      "line 2: expected a number as \"learning_rate\""
    ),
    (#"{"event":"epoch","epoch":0}"# + "\n", "\"epoch\""),
    (#"{"event":"epoch","epoch":1.5}"# + "\n", "\"epoch\""),
    (#"{"event":"step","learning_rate":-1,"loss":2}"# + "\n", "\"learning_rate\""),
    (#"{"event":"step","learning_rate":1,"loss":1e999}"# + "\n", "\"loss\""),
    ("\u{0}\n", "expected a log of fm-train, found bytes 00 0a"),
    ("<!doctype html>\n", "found a web page (HTML)"),
  ])
  func filesThatAreNotLogsAreRefused(_ text: String, _ words: String) throws {
    let text = try #require(message { _ = try run(text) })
    #expect(text.hasPrefix("run.jsonl: ") && text.contains(words), "\(text)")
  }

  @Test(arguments: [
    (#""validation_accuracy":0.75"#, #""validation_accuracy":7.5"#, "validation_accuracy"),
    (#""validation_accuracy":0.75"#, #""validation_accuracy":-0.1"#, "validation_accuracy"),
    (#""training_accuracy":0.5"#, #""training_accuracy":50"#, "training_accuracy"),
    (#""validation_loss":0.5"#, #""validation_loss":-3"#, "validation_loss"),
    (#""validation_loss":0.5"#, #""validation_loss":null"#, "validation_loss"),
    (#""validation_loss":0.5,"#, "", "validation_loss"),
    (#""training_loss":1"#, #""training_loss":"NaN""#, "training_loss"),
    (#""learning_rate":0.001"#, #""learning_rate":-1"#, "learning_rate"),
  ])
  func figuresOutOfRangeAreRefused(_ part: String, _ replacement: String, _ key: String) throws {
    let text = message { _ = try run(epoch(1) + epoch(2).replacing(part, with: replacement)) }
    #expect(text?.hasPrefix("run.jsonl: line 2: expected a number as \"\(key)\"") == true, "\(text ?? "")")
  }

  @Test func notANumberIsNotJSON() throws {
    let text = message { _ = try run(epoch(1).replacing(":0.5,", with: ":NaN,") + epoch(2)) }
    #expect(text?.contains("line 1: expected a line of fm-train's log, a JSON object") == true)
  }

  @Test func epochsMustAscendUnlessTheRunWasResumed() throws {
    let resume = #"{"event":"resume"}"# + "\n"
    for (lines, words) in [
      (epoch(1) + epoch(2) + epoch(2), "line 3: found epoch 2 after epoch 2"),
      (epoch(4) + epoch(3), "line 2: found epoch 3 after epoch 4"),
      (epoch(1) + #"{"event":"start"}"# + "\n" + epoch(1), "line 3: found epoch 1 after epoch 1"),
      (epoch(1) + epoch(2) + resume + epoch(2) + epoch(1), "line 5: found epoch 1 after epoch 2"),
    ] {
      let text = message { _ = try run(lines) }
      #expect(text?.contains(words) == true, "\(text ?? "nothing")")
    }
    #expect(try run(epoch(3) + resume + epoch(2) + epoch(3)).epochs.map(\.number) == [2, 3])
    let step = #"{"event":"step","learning_rate":0.1,"loss":1,"step":1}"# + "\n"
    #expect(message { _ = try run(step + step) }?.contains("line 2: found step 1 after step 1") == true)
  }

  @Test func byteOrderMarksAreIgnoredAndUTF16IsRefused() throws {
    let marked = "\u{FEFF}" + epoch(1) + "\u{FEFF}" + epoch(2)
    #expect(try run(marked).epochs.count == 2)
    let wide = Array(epoch(1).utf16).flatMap { [UInt8($0 & 0xFF), UInt8($0 >> 8)] }
    for bytes in [wide, [0xFF, 0xFE] + wide] {
      let text = message { _ = try TrainingRun(MemorySource(bytes, name: "run.jsonl")) }
      #expect(text?.contains("found UTF-16 text; convert it with 'iconv") == true, "\(text ?? "nothing")")
    }
  }

  @Test func seedsOfOneSettingShareAColor() {
    let families = RunFamilies([
      "logs/cnn-0.jsonl", "ffnn.jsonl", "cnn-1.jsonl", "-3.jsonl", "a-b-2.jsonl", ".x",
    ])
    #expect(families.names == ["cnn", "ffnn", "-3", "a-b", ".x"])
    #expect(families.colors[0] == families.colors[2])
    #expect(families.colors[0] != families.colors[1])
  }

  @Test(arguments: [1, 2, 40])
  func anyNumberOfRunsAndEpochsIsDrawn(_ count: Int) throws {
    let runs = try (0..<count).map { try run((1...($0 + 1)).map { epoch($0, loss: "\($0)") }.joined()) }
    let names = (0..<count).map { "run \($0)\u{1B}<b>.jsonl" }
    for format in ChartFormat.allCases {
      let chart = try trainingChart(runs, names: names, showsRate: true)
      #expect(try chart.encoded(as: format) == chart.encoded(as: format))
    }
    // The title, which is text, contains the names.
    let svg = String(decoding: try trainingChart(runs, names: names).encoded(as: .svg), as: UTF8.self)
    #expect(svg.contains("run 0\\x1b&lt;b&gt;") && !svg.contains("<b>") && !svg.contains("\u{1B}"))
  }
}
