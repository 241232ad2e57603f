import ByteIO
import JSON
import MemoryStreams
import Predictions
import TensorStream
import Testing

@testable import Evaluation

@Suite struct EvaluateTests {
  /// Two hundred records of three classes.
  private func sampleBatch() -> RecordBatch {
    let format = RecordFormat(content: .prediction(classCount: 3), hasLabels: true, hasNames: true)
    var batch = RecordBatch(format: format)
    for record in 0..<200 {
      let weights = (0..<3).map { Float((record * 37 + $0 * 101) % 89 + 1) }
      let sum = weights.reduce(0, +)
      let probabilities = weights.map { $0 / sum }
      batch.probabilities += probabilities
      batch.predicted.append(UInt8(probabilities.firstIndex(of: probabilities.max()!)!))
      batch.labels.append(UInt8(record * 7 % 3))
      batch.names.append(Array("image \(record)".utf8))
    }
    batch.count = 200
    return batch
  }

  private func bytes(_ batch: RecordBatch, _ format: PredictionFormat, classes: [String]) throws -> [UInt8] {
    let sink = MemorySink()
    if format == .raw {
      let writer = TensorStreamWriter(sink, format: batch.format)
      try writer.append(batch)
      try writer.finish(classes: classes, history: [])
    } else {
      var options = PredictionTextOptions()
      options.showsProbabilities = true
      let writer = try PredictionTextWriter(
        sink, format: format, records: batch.format, classes: classes, options: options)
      try writer.write(batch)
      try writer.finish()
    }
    return sink.bytes
  }

  @Test(arguments: [PredictionFormat.tsv, .csv, .jsonl])
  func everyFormatGivesTheSameReportToTheLastBit(format: PredictionFormat) throws {
    let batch = sampleBatch()
    let classes = ["Coat", "Bag, red", "Ankle \"boot\""]
    let fromRecords = try evaluate(MemorySource(bytes(batch, .raw, classes: classes)))
    let fromText = try evaluate(MemorySource(bytes(batch, format, classes: classes)))
    #expect(fromText.figures == fromRecords.figures)
    #expect(fromText.json.indentedText() == fromRecords.json.indentedText())
    #expect(fromRecords.figures.classes.map(\.name) == classes)
  }

  @Test func predictionsWithoutTruthAreRefused() {
    let text = message { _ = try evaluate(MemorySource("name\tclass\nx\ta\n")) }
    #expect(text?.hasPrefix("stdin: the predictions have no true classes") == true)
  }

  @Test(arguments: ["truth\tclass\n", "truth,class,p:a\n"])
  func aHeaderWithoutRowsIsRefused(text: String) {
    #expect(throws: EvaluationError.noRows(name: "stdin")) { try evaluate(MemorySource(text)) }
  }

  @Test func theKeysOfAReportKeepTheirOrder() throws {
    let batch = sampleBatch()
    let source = MemorySource(try bytes(batch, .raw, classes: ["a", "b", "c"]))
    let gate = try Gate(.minimum, parsing: "accuracy=0.1")
    let old = try Baseline(MemorySource(bytes(batch, .tsv, classes: ["a", "b", "c"])), confidence: 0.95)
    guard case .object(let members) = try evaluate(source, gates: [gate], baseline: old).json else {
      Issue.record("no object")
      return
    }
    #expect(
      members.map(\.key) == [
        "records", "correct", "abstained", "unanswered", "accuracy", "accuracy_interval", "log_loss", "brier",
        "ece",
        "kappa",
        "mcc", "top_k", "macro", "weighted", "classes", "confusion", "confusions", "sums", "baseline",
        "gates",
      ])
  }
}

@Suite struct GateTests {
  private let text = "truth\tclass\tprobability\na.b=c\ta.b=c\t0.5\na.b=c\tx\t0.75\nx\tx\t1.0\nx\tx\t0.5\n"

  private func passes(_ kind: Gate.Kind, _ gate: String) throws -> Bool {
    try evaluate(MemorySource(text), gates: [Gate(kind, parsing: gate)]).failures.isEmpty
  }

  @Test func aValueAtItsLimitPasses() throws {
    #expect(try passes(.minimum, "accuracy=0.75"))
    #expect(try !passes(.minimum, "accuracy=0.7500001"))
    #expect(try passes(.maximum, "accuracy=0.75"))
    #expect(try !passes(.maximum, "accuracy=0.7499999"))
  }

  @Test func pathsLeadToTheirFigures() throws {
    let gates = [
      ("records", 4), ("correct", 3), ("classes.x.support", 2),
      ("classes.a.b=c.recall", 0.5),
      ("classes.a.b=c.precision", 1), ("weighted.recall", 0.75), ("macro.recall", 0.75),
    ]
    for (metric, value) in gates {
      let report = try evaluate(
        MemorySource(text), gates: [Gate(.minimum, parsing: "\(metric)=\(value)")])
      #expect(report.gates[0].value == value, "\(metric)")
      #expect(report.failures.isEmpty)
    }
  }

  @Test(arguments: ["", "accuracy", "accuracy=", "accuracy=x", "accuracy=nan", "=1"])
  func malformedGatesAreRefused(text: String) {
    #expect(throws: GateSyntaxError.self) { try Gate(.minimum, parsing: text) }
  }

  @Test(arguments: [
    "acuracy", "macro", "macro.support", "top_k", "top_k.0", "top_k.11", "classes", "classes.x",
    "classes..f1",
    "accuracy_interval", "gates", "Accuracy",
  ])
  func unknownMetricsAreRefused(name: String) {
    #expect(throws: GateSyntaxError.unknownMetric(name)) { try Gate(.minimum, parsing: "\(name)=0.5") }
  }

  @Test(arguments: [
    ("log_loss", "it needs the probabilities of all classes"),
    ("top_k.2", "it needs predictions with at least K classes"),
    ("classes.Hat.f1", "there is no class 'Hat'"),
  ])
  func gatesOnMissingFiguresAreRefusedWithTheReason(metric: String, reason: String) throws {
    let message = try #require(message { _ = try passes(.minimum, "\(metric)=0.5") })
    #expect(message.hasPrefix("the gate on '\(metric)' cannot be judged: "))
    #expect(message.contains(reason))
  }
}

@Suite struct BaselineTests {
  private let old = "name\ttruth\tclass\nr0\ta\ta\nr1\ta\tb\nr2\tb\tb\nr3\tb\ta\n"
  private let new = "name\ttruth\tclass\nr3\tb\tb\nr0\ta\ta\nr1\ta\ta\nr2\tb\ta\n"

  private func compare(_ new: String, with old: String, gates: [Gate] = []) throws -> EvaluationReport {
    let baseline = try Baseline(MemorySource(old, name: "old.tsv"), confidence: 0.95)
    return try evaluate(MemorySource(new), gates: gates, baseline: baseline)
  }

  @Test func recordsAreJoinedByTheirNames() throws {
    let comparison = try #require(try compare(new, with: old).comparison)
    #expect(comparison.accuracy == 0.5 && comparison.records == 4)
    #expect(comparison.pairs == Comparison.Pairs(fixed: 2, broken: 1, probability: 1))
  }

  @Test func recordsWithoutNamesAreJoinedByPosition() throws {
    let old = "truth,class\na,a\na,b\nb,b\nb,a\n"
    let new = "truth,class\na,b\na,b\nb,b\nb,b\n"
    let pairs = try #require(try compare(new, with: old).comparison?.pairs)
    #expect(pairs.fixed == 1 && pairs.broken == 1)
  }

  @Test func recordsWithTheSameNameAreJoinedByPosition() throws {
    let old = "name,truth,class\nx,a,a\nx,b,a\n"
    #expect(try compare(old, with: old).comparison?.pairs?.fixed == 0)
    let other = "name,truth,class\nx,a,a\ny,b,a\n"
    #expect(
      message { _ = try compare(other, with: old) }
        == "stdin: line 3: 'y' is not in old.tsv; a baseline must have predicted the same records")
  }

  @Test func oneOfTheTwoMayHaveIndicesForClasses() throws {
    let indices = old.replacing("\ta", with: "\t0").replacing("\tb", with: "\t1")
    let pairs = try #require(try compare(new, with: indices).comparison?.pairs)
    #expect(pairs.fixed == 2 && pairs.broken == 1)
  }

  @Test func aBaselineOfOtherRecordsIsRefused() {
    let shorter = "name\ttruth\tclass\nr3\tb\tb\nr0\ta\ta\n"
    #expect(
      message { _ = try compare(shorter, with: old) }
        == "old.tsv: 2 records, such as 'r1', are not among the predictions;"
        + " a baseline must have predicted the same records")
    #expect(
      message { _ = try compare(new, with: shorter) }
        == "stdin: line 4: 'r1' is not in old.tsv; a baseline must have predicted the same records")
    #expect(
      message { _ = try compare(new + "r3\tb\tb\n", with: old) }
        == "stdin: line 6: 'r3' comes twice; records with the same name cannot be compared with a baseline")
    #expect(
      message { _ = try compare(new.replacing("r2\tb", with: "r2\ta"), with: old) }
        == "stdin: line 5: the true class is 'a', but 'b' in old.tsv;"
        + " a baseline must have predicted the same records")
    #expect(
      message { _ = try compare("truth\tclass\na\ta\n", with: "truth\tclass\na\ta\na\ta\n") }
        == "old.tsv: record 1 is not among the predictions;"
        + " a baseline must have predicted the same records")
  }

  @Test func aReportServesAsBaselineWithoutPairs() throws {
    let report = try evaluate(MemorySource(old)).json
    for text in [report.indentedText(), report.compactText()] {
      let gates = [try Gate(.maximumDrop, parsing: "macro.f1=0"), try Gate(.maximumDrop, parsing: "kappa=0")]
      let result = try compare(new, with: text, gates: gates)
      #expect(result.comparison?.accuracy == 0.5 && result.comparison?.pairs == nil)
      #expect(result.failures.isEmpty && result.gates[1].baseline == 0)
    }
  }

  @Test func jsonLinesAreReadAsPredictions() throws {
    let lines = #"{"truth":"a","class":"a"}"# + "\n" + #"{"truth":"b","class":"a"}"# + "\n"
    let comparison = try compare("truth,class\na,a\nb,b\n", with: lines).comparison
    #expect(comparison?.pairs?.fixed == 1)
  }

  @Test(arguments: ["{}", "{\"records\": 3}", "{", "{\"accuracy\": 1}\n{}\n"])
  func aBaselineOfOtherJSONIsRefused(text: String) {
    let message = message { _ = try compare(new, with: text) }
    #expect(message?.hasPrefix("old.tsv: expected predictions or a JSON report of fm-eval") == true)
  }

  @Test func dropsAreMeasuredAgainstTheBaseline() throws {
    let (better, worse) = (
      "truth,class\n" + String(repeating: "a,a\n", count: 92) + String(repeating: "a,b\n", count: 8),
      "truth,class\n" + String(repeating: "a,a\n", count: 91) + String(repeating: "a,b\n", count: 9)
    )
    func passes(_ limit: String) throws -> Bool {
      try compare(worse, with: better, gates: [Gate(.maximumDrop, parsing: limit)]).failures.isEmpty
    }
    // 0.92 − 0.91 is a little more than 0.01 in Double, and must still pass.
    #expect(try passes("accuracy=0.01"))
    #expect(try !passes("accuracy=0.009999"))
    #expect(
      try compare(better, with: worse, gates: [Gate(.maximumDrop, parsing: "accuracy=0")]).failures.isEmpty)
  }

  @Test func anIncreasedLossCountsAsADrop() throws {
    let (sure, unsure) = ("truth,class,p:a,p:b\na,a,1,0\n", "truth,class,p:a,p:b\na,a,0.75,0.25\n")
    let gate = try Gate(.maximumDrop, parsing: "brier=0.1")
    #expect(try !compare(unsure, with: sure, gates: [gate]).failures.isEmpty)
    #expect(try compare(sure, with: unsure, gates: [gate]).failures.isEmpty)
  }

  @Test func aDropNeedsTheMetricOnBothSides() throws {
    let gate = try Gate(.maximumDrop, parsing: "brier=0.1")
    let text = message {
      _ = try compare("truth,class,p:a,p:b\na,a,1,0\n", with: "truth,class\na,a\n", gates: [gate])
    }
    #expect(text?.hasPrefix("the gate on 'brier' cannot be judged against old.tsv: ") == true)
    #expect(throws: EvaluationError.self) { try evaluate(MemorySource(old), gates: [gate]) }
  }
}
