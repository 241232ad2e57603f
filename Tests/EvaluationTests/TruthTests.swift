import ByteIO
import MemoryStreams
import Predictions
import TensorStream
import Testing

@testable import Evaluation

@Suite struct TruthTests {
  private let predictions = "name\tclass\tprobability\nx\ta\t0.5\ny\tb\t0.75\nz\ta\t1.0\n"

  private func truths(_ bytes: [UInt8], missing: Truths.Missing = .fail) throws -> Truths {
    Truths(try TrueClasses(MemorySource(bytes, name: "truth.tsv")), missing: missing)
  }

  private func judge(
    _ predictions: String, _ truth: String, missing: Truths.Missing = .fail, classes: [String]? = nil
  ) throws -> EvaluationReport {
    try evaluate(
      MemorySource(predictions), classes: classes, truths: truths(Array(truth.utf8), missing: missing))
  }

  @Test(arguments: [
    "name\ttruth\nz\tb\nx\ta\ny\tb\n", "label,name\nb,z\na,x\nb,y\n",
    "class,other,name\r\nb,,z\r\na,,x\r\nb,1,y\r\n",
    // Headers may use the same words as png2raw's tables.
    "File Name,species\nz,b\nx,a\ny,b\n", "path\tCategory\nz\tb\nx\ta\ny\tb\n",
    // Of truth, label and class, the first in this order is used.
    "name\tclass\ttruth\tprobability\nz\ta\tb\t1\nx\tb\ta\t1\ny\ta\tb\t1\n",
  ])
  func classesAreJoinedByName(truth: String) throws {
    let report = try judge(predictions, truth)
    let own = "name\ttruth\tclass\tprobability\nx\ta\ta\t0.5\ny\tb\tb\t0.75\nz\tb\ta\t1.0\n"
    #expect(report.figures == (try evaluate(MemorySource(own)).figures))
    #expect(report.leftOut == LeftOut(withoutTruth: 0, notPredicted: 0))
  }

  @Test func gapsAreNamedAndCounted() throws {
    #expect(
      message { _ = try judge(predictions, "name\ttruth\ny\ta\nv\ta\nw\tb\n") }
        == "stdin: expected the names of truth.tsv, each once: 2 predictions have no true class (the first: 'x'),"
        + " 2 true classes were not predicted (the first: 'v')")
    #expect(
      message { _ = try judge(predictions, "name\ttruth\nx\ta\ny\ta\n") }
        == "stdin: expected the names of truth.tsv, each once: 1 prediction has no true class ('z')")
    #expect(
      message {
        _ = try judge(predictions + "x\ta\t1.0\n", "name\ttruth\nx\ta\ny\ta\nz\ta\n", missing: .skip)
      }
        == "stdin: expected the names of truth.tsv, each once: 1 prediction repeats a name ('x')")
  }

  @Test func gapsAreLeftOutOnRequest() throws {
    let report = try judge(predictions, "name\ttruth\ny\ta\nv\ta\nw\tb\n", missing: .skip)
    #expect(report.figures.records == 1 && report.figures.correct == 0)
    #expect(report.leftOut == LeftOut(withoutTruth: 2, notPredicted: 2))
    let words = "left out: 2 predictions without a true class, 2 true classes without a prediction"
    #expect(report.text().contains("\n  \(words)\n"))
    #expect(report.markdown().contains("; \(words)\n"))
    #expect(report.json["left_out"]?["not_predicted"]?.integerValue == 2)
    #expect(
      message { _ = try judge(predictions, "name\ttruth\nv\ta\n", missing: .skip) }
        == "stdin: expected at least one prediction with a true class, found none")
  }

  @Test func repeatedNamesAreRefused() throws {
    #expect(
      message { _ = try judge(predictions, "name\ttruth\nx\ta\ny\tb\nx\ta\nx\tb\ny\tb\n", missing: .skip) }
        == "truth.tsv: line 4: 'x' already has its true class in line 2; in all, 3 rows repeat names, but each"
        + " name may appear only once")
  }

  @Test(arguments: [
    ("name\ttruth\n", "truth.tsv: expected the true class of at least one record, found none"),
    ("name\tfoo\nx\ta\n", "truth.tsv: line 1: expected a header with the column 'truth', 'label' or 'class'"),
    ("truth\tfoo\nx\ta\n", "truth.tsv: line 1: expected a header with the column 'name'"),
    ("name\ttruth\ttruth\nx\ta\ta\n", "truth.tsv: line 1, column truth: the header has this column twice"),
    ("name\ttruth\nx\t\n", "truth.tsv: line 2, column truth: expected a class, found nothing"),
    ("name\ttruth\nx\n", "truth.tsv: line 2: expected 2 fields"),
    ("name\ttruth\nx\ta", "truth.tsv: line 2: the input ends inside the line"),
    ("name\tclass\tprobability\nx\ta\t1\n", "truth.tsv: line 1: expected true classes, found predictions"),
    (
      "{\"name\":\"x\",\"truth\":\"a\"}\n",
      "truth.tsv: expected true classes as TSV, CSV or a labelled tensor"
    ),
    ("", "truth.tsv: expected true classes as TSV, CSV or a labelled tensor stream, found no bytes"),
    ("\0\0\0", "truth.tsv: expected true classes as TSV, CSV or a labelled tensor stream, found zeros"),
  ])
  func otherFilesThanTrueClassesAreRefused(truth: String, beginning: String) throws {
    let message = message { _ = try judge(predictions, truth) }
    #expect(message?.hasPrefix(beginning) == true, "\(message ?? "nothing")")
  }

  @Test func predictionsMustHaveNamesAndNoTrueClasses() throws {
    let truth = "name\ttruth\nx\ta\n"
    #expect(
      message { _ = try judge("name\ttruth\tclass\nx\ta\ta\n", truth) }?
        .hasPrefix("stdin: the predictions already have true classes") == true)
    #expect(
      message { _ = try judge("class\na\n", truth) }?.hasPrefix("stdin: expected predictions with names")
        == true)
  }

  @Test func anUnknownClassIsNamedWithItsRecord() throws {
    let text = "name\tclass\tp:a\tp:b\nx\ta\t1\t0\n"
    #expect(
      message { _ = try judge(text, "name\ttruth\nx\tc\n") }
        == "truth.tsv: 'x': 'c' is not one of the 2 classes that have probabilities")
    #expect(try judge(text, "name\ttruth\nx\t1\n", classes: ["a", "b"]).figures.confusion[1, 0] == 1)
  }

  // MARK: Streams

  private func stream(labels: [UInt8], names: [String], classes: [String]?) throws -> [UInt8] {
    var format = RecordFormat(content: .prediction(classCount: 2), hasLabels: true, hasNames: true)
    format.hasLabels = !labels.isEmpty
    var batch = RecordBatch(format: format)
    batch.count = names.count
    batch.labels = labels
    batch.names = names.map { Array($0.utf8) }
    batch.predicted = names.map { _ in 1 }
    batch.probabilities = names.flatMap { _ in [0.25, 0.75] as [Float] }
    let sink = MemorySink()
    let writer = TensorStreamWriter(sink, format: format)
    try writer.append(batch)
    try writer.finish(classes: classes, history: [])
    return sink.bytes
  }

  @Test func labelsOfAStreamAreClassNumbers() throws {
    let truth = try stream(labels: [0, 1, 1], names: ["x", "y", "z\t"], classes: ["b", "a"])
    let text = "name\tclass\nz\\t\ta\nx\ta\ny\tb\n"
    let report = try evaluate(MemorySource(text), truths: truths(truth))
    #expect(report.figures.classes.map(\.name) == ["a", "b"])
    #expect(report.figures.confusion[0, 0] == 1 && report.figures.confusion[0, 1] == 1)
    #expect(report.figures.confusion[1, 0] == 1)

    let predicted = try stream(labels: [], names: ["z\t", "x", "y"], classes: ["b", "a"])
    let figures = try evaluate(MemorySource(predicted), truths: truths(truth)).figures
    #expect(figures.classes.map(\.name) == ["b", "a"] && figures.confusion[1, 1] == 2)
    #expect(figures.logLoss != nil)
    // Without class names, labels are compared as numbers.
    let nameless = try stream(labels: [], names: ["z\t", "x", "y"], classes: nil)
    #expect(try evaluate(MemorySource(nameless), truths: truths(truth)).figures.correct == 2)
    let other = try stream(labels: [], names: ["z\t", "x", "y"], classes: ["a", "b"])
    #expect(
      message { _ = try evaluate(MemorySource(other), truths: truths(truth)) }
        == "truth.tsv: expected the classes of stdin in the same order, found others; labels are class"
        + " numbers")
  }

  @Test func aStreamOfPredictionsNeedsItsClassesFromAnOption() throws {
    let predicted = try stream(labels: [], names: ["x"], classes: ["b", "a"])
    let truth = try truths(Array("name\ttruth\nx\ta\n".utf8))
    let message = message { _ = try evaluate(MemorySource(predicted), truths: truth) }
    #expect(message?.hasSuffix("names classes too late") == true)
    #expect(try evaluate(MemorySource(predicted), classes: ["b", "a"], truths: truth).figures.correct == 1)
  }

  @Test func aStreamWithoutNamesOrLabelsIsRefused() throws {
    let unlabelled = try stream(labels: [], names: ["x"], classes: nil)
    #expect(throws: PredictionError.truthLacksFields(name: "truth.tsv")) { _ = try truths(unlabelled) }
    let twice = try stream(labels: [0, 1], names: ["x", "x"], classes: nil)
    #expect(
      message { _ = try truths(twice) }?
        .hasPrefix("truth.tsv: record 1: 'x' already has its true class in record 0") == true)
  }

  @Test func aBaselineMayNeedTrueClassesToo() throws {
    let truth = try truths(Array("name\ttruth\nx\ta\ny\ta\nz\tb\n".utf8))
    let old = try Baseline(
      MemorySource("name\tclass\nz\tb\nx\tb\ny\tb\n", name: "old"), truths: truth)
    let report = try evaluate(MemorySource(predictions), truths: truth, baseline: old)
    #expect(report.comparison?.pairs?.fixed == 1 && report.comparison?.pairs?.broken == 1)
    // A baseline with true classes keeps them.
    let labelled = try Baseline(
      MemorySource("name\ttruth\tclass\nz\tb\tb\nx\ta\tb\ny\ta\tb\n"), truths: truth)
    #expect(
      try evaluate(MemorySource(predictions), truths: truth, baseline: labelled).comparison?.pairs?.fixed == 1
    )
  }

  @Test func wrongRecordsKeepTheirNumbersInTheInput() throws {
    let wrong = WrongRecords()
    let truth = try truths(Array("name\ttruth\ny\ta\nz\tb\n".utf8), missing: .skip)
    _ = try evaluate(MemorySource(predictions), truths: truth, wrong: wrong)
    let sink = MemorySink()
    try wrong.write(to: sink)
    #expect(sink.text == "record\tname\ttruth\tclass\tprobability\n2\tz\tb\ta\t1.0\n1\ty\ta\tb\t0.75\n")
  }
}
