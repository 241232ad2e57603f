import MemoryStreams
import Testing

@testable import Pictures

@Suite struct TrainingRunTests {
  private func epoch(_ number: Int, loss: String = "0.5", best: Bool = true, heldOut: Bool = true) -> String {
    let validation = heldOut ? #""validation_loss":\#(loss),"validation_accuracy":0.75,"# : ""
    return #"{"best":\#(best),"epoch":\#(number),"event":"epoch","learning_rate":0.001,\#(validation)"#
      + #""training_loss":1,"training_accuracy":0.5}"# + "\n"
  }

  private func run(_ text: String) throws -> TrainingRun {
    try TrainingRun(MemorySource(text, name: "run.jsonl"))
  }

  @Test func epochsAreReadInTheirOrder() throws {
    let run = try run(
      #"{"event":"start"}"# + "\n" + epoch(1) + epoch(2, best: false) + #"{"event":"end"}"# + "\n")
    #expect(run.epochs.map(\.number) == [1, 2])
    #expect(run.epochs[0].heldOut == .init(loss: 0.5, accuracy: 0.75))
    #expect(run.best?.number == 1)
  }

  @Test func ofSeveralLinesOfAnEpochTheLastCounts() throws {
    let resumed =
      epoch(1) + epoch(2, loss: "0.9") + #"{"event":"resume"}"# + "\n" + epoch(2, loss: "0.4") + epoch(3)
    #expect(try run(resumed).epochs.map { $0.heldOut?.loss } == [0.5, 0.4, 0.5])
  }

  @Test func aRunThatGoesOnIsReadAsFarAsItIs() throws {
    #expect(try run(epoch(1) + epoch(2).dropLast(20)).epochs.count == 1)
    #expect(try run(epoch(1, heldOut: false)).epochs[0].heldOut == nil)
  }

  @Test func aRangeTestHasStepsAndASuggestion() throws {
    let steps = (1...3).map { #"{"event":"step","learning_rate":1e-\#($0),"loss":\#($0)}"# + "\n" }.joined()
    let test = try run(steps + #"{"event":"suggestion","learning_rate":0.01}"# + "\n")
    #expect(test.steps.map(\.loss) == [1, 2, 3])
    #expect(test.suggestion == 0.01)
    #expect(try run(steps + #"{"event":"suggestion","learning_rate":null}"# + "\n").suggestion == nil)
    #expect(message { _ = try run(steps + epoch(1)) }?.contains("logs of their own") == true)
    let training = try run(epoch(1))
    #expect(
      message { _ = try trainingPicture([training, test], names: ["a", "b"]) }?.contains("two pictures")
        == true)
  }

  @Test(arguments: [
    ("", "found none"), ("{}\n", "line 1: expected a line of 'fm-train --log', found no \"event\""),
    ("truth\tclass\n", "line 1: expected a line of 'fm-train --log', a JSON object"),
    (#"{"event":"start"}"# + "\n", "found none"),
    (
      #"{"event":"start"}"# + "\n" + #"{"event":"epoch","epoch":1}"# + "\n",
      "line 2: expected a number as \"learning_rate\""
    ),
    (#"{"event":"epoch","epoch":0}"# + "\n", "\"epoch\""),
    (#"{"event":"epoch","epoch":1.5}"# + "\n", "\"epoch\""),
    (#"{"event":"step","learning_rate":-1,"loss":2}"# + "\n", "\"learning_rate\""),
    (#"{"event":"step","learning_rate":1,"loss":1e999}"# + "\n", "\"loss\""), ("\u{0}\n", "line 1"),
  ])
  func whatIsNoLogIsRefusedWithItsLine(_ text: String, _ words: String) throws {
    let text = try #require(message { _ = try run(text) })
    #expect(text.hasPrefix("run.jsonl: ") && text.contains(words), "\(text)")
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
    for format in PictureFormat.allCases {
      let picture = try trainingPicture(runs, names: names, showsRate: true)
      #expect(try picture.encoded(as: format) == picture.encoded(as: format))
    }
    // Names are in the title, which is text.
    let svg = String(decoding: try trainingPicture(runs, names: names).encoded(as: .svg), as: UTF8.self)
    #expect(svg.contains("run 0\\x1b&lt;b&gt;") && !svg.contains("<b>") && !svg.contains("\u{1B}"))
  }
}
