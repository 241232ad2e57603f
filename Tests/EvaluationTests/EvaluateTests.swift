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
    let old = try Baseline(MemorySource(bytes(batch, .tsv, classes: ["a", "b", "c"])))
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
