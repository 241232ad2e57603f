// Predictions with the logarithms of probabilities, as text and as records.

import MemoryStreams
import TensorStream
import Testing

@testable import Predictions

/// The natural logarithms of softmax over logits that spread over hundreds, so that some probabilities are 0 in Float.
/// Computed with NumPy in float64: x - x.max(1, keepdims=True) - log(exp(x - x.max(1, keepdims=True)).sum(1,
/// keepdims=True)), for x = [[0, 1, 2], [300, 0, -300], [-1, -1, -1], [0, 0, -120]], rounded to float32.
private let logarithms: [[Float]] = [
  [-2.407606, -1.407606, -0.40760598], [0, -300, -600], [-1.0986123, -1.0986123, -1.0986123],
  [-0.6931472, -0.6931472, -120.693146],
]

private let classes = ["Coat", "Bag, red", "p:x"]

private func logarithmic(_ rows: [[Float]] = logarithms) -> RecordBatch {
  let plain = batch(rows, labels: rows.indices.map { UInt8($0 % rows[0].count) })
  let content = RecordFormat.Content.prediction(classCount: rows[0].count, isLogarithmic: true)
  var batch = RecordBatch(format: RecordFormat(content: content, hasLabels: true, hasNames: false))
  batch.count = plain.count
  batch.labels = plain.labels
  batch.predicted = plain.predicted
  batch.probabilities = plain.probabilities
  return batch
}

private func source(_ format: PredictionFormat) throws -> MemorySource {
  guard format == .raw else {
    return MemorySource(
      try written(logarithmic(), format, classes: classes) { $0.showsProbabilities = true })
  }
  let sink = MemorySink()
  let writer = TensorStreamWriter(sink, format: logarithmic().format)
  try writer.append(logarithmic())
  try writer.finish(classes: classes, history: [])
  return MemorySource(sink.bytes)
}

@Suite struct LogarithmTests {
  @Test func columnsAndKeysAreNamedAsLogarithms() throws {
    let two = logarithmic([[-0.5, -0.75], [-3, -0.125]])
    #expect(
      try written(two, .csv, classes: ["a,b", "c"]) {
        $0.showsProbabilities = true
        $0.top = 2
      } == """
        record,truth,class,log_probability,class2,log_probability2,"log_p:a,b",log_p:c
        0,"a,b","a,b",-0.5,c,-0.75,-0.5,-0.75
        1,c,c,-0.125,"a,b",-3.0,-3.0,-0.125

        """)
    #expect(
      try written(two, .jsonl, classes: ["a", "c"]) { $0.showsProbabilities = true }.split(separator: "\n")[0]
        == #"{"record":0,"truth":"a","class":"a","log_probability":-0.5,"#
        + #""log_probabilities":{"a":-0.5,"c":-0.75}}"#)
  }

  @Test func theMinimumIsAProbability() throws {
    // ln 0.5 is −0.6931…
    let three = logarithmic([[-0.69, -0.7], [-0.695, -0.7], [0, -200]])
    let text = try written(three, .tsv) { $0.minimumProbability = 0.5 }
    #expect(text.split(separator: "\n").dropFirst() == ["0\t0\t0\t-0.69", "1\t1\t\t-0.695", "2\t0\t0\t0.0"])
    #expect(try written(three, .tsv).split(separator: "\n")[2] == "1\t1\t0\t-0.695")
  }

  @Test(arguments: PredictionFormat.allCases)
  func writtenValuesAreReadBackToTheLastBit(format: PredictionFormat) throws {
    let (rows, reader) = try rows(source(format))
    #expect(reader.format == format)
    #expect(
      reader.columns
        == PredictionColumns(
          hasNames: false, hasRecords: format != .raw, hasTruth: true, hasProbability: true,
          hasProbabilities: true, isLogarithmic: true, rankCount: 1))
    #expect(reader.classes.names == classes)
    #expect(rows.map(\.logarithms) == logarithms)
    #expect(rows.map(\.predicted) == [2, 0, 0, 0])
    // NumPy's exponentials of these logarithms.
    let probabilities: [[Float]] = [
      [0.09003057, 0.24472848, 0.66524094], [1, 0, 0], [0.33333334, 0.33333334, 0.33333334], [0.5, 0.5, 0],
    ]
    for (row, expected) in zip(rows, probabilities) {
      #expect(row.probabilities.count == 3)
      #expect(zip(row.probabilities, expected).allSatisfy { abs($0 - $1) <= 2e-7 }, "\(row.probabilities)")
      #expect(row.probability == row.predicted.map { row.probabilities[$0] })
    }
  }

  @Test func theLogarithmOfTheClassAloneBecomesItsProbability() throws {
    let (rows, reader) = try rows(MemorySource("class,log_probability\na,0\nb,-0.6931472\nb,-1000\n"))
    #expect(reader.columns.isLogarithmic && reader.columns.hasProbability && !reader.columns.hasProbabilities)
    #expect(rows.map(\.probability) == [1, 0.5, 0])
    #expect(rows.allSatisfy { $0.logarithms.isEmpty && $0.probabilities.isEmpty })
  }

  private static let notALogarithm = "expected the logarithm of a probability, a number of at most 0, found"

  @Test(arguments: [
    ("class,log_probability\na,0.5\n", "line 2, column log_probability: \(notALogarithm) '0.5'"),
    ("class,log_probability\na,nan\n", "line 2, column log_probability: \(notALogarithm) 'nan'"),
    ("class,log_probability\na,-inf\n", "line 2, column log_probability: \(notALogarithm) '-inf'"),
    ("class,log_probability\na,-1e99\n", "line 2, column log_probability: \(notALogarithm) '-1e99'"),
    ("class,log_probability\na,\n", "line 2, column log_probability: \(notALogarithm) ''"),
    ("class,log_p:a,log_p:b\na,0.1,-2\n", "line 2, column log_p:a: \(notALogarithm) '0.1'"),
    (
      "class,log_p:a,log_p:b\na,-0.1,-0.1\n",
      "line 2: expected probabilities that add up to 1, found a sum of 1.80967"
    ),
    (
      "class,log_p:a,log_p:b\na,-5,-5\n",
      "line 2: expected probabilities that add up to 1, found a sum of 0.013475"
    ),
    (
      "class,probability,log_p:a\na,1,0\n",
      "line 1: expected probabilities or their logarithms, found both: 'probability' and 'log_p:a'"
    ),
    (
      "class\tlog_probability\tp:a\na\t0\t1\n",
      "line 1: expected probabilities or their logarithms, found both: 'p:a' and 'log_probability'"
    ),
    (
      "{\"class\":\"a\",\"log_probability\":0,\"probabilities\":{\"a\":1}}\n",
      "line 1: expected probabilities or their logarithms, found both: 'probabilities' and 'log_probability'"
    ),
    (
      "{\"class\":\"a\",\"log_probability\":\"0\"}\n",
      "line 1, column log_probability: \(notALogarithm) '\"0\"'"
    ),
    (
      "{\"class\":\"a\",\"log_probabilities\":{\"a\":-1,\"b\":-0.45}}\n"
        + "{\"class\":\"a\",\"log_probabilities\":{\"a\":-1}}\n",
      "line 2, column log_probabilities: the class 'b' has no probability"
    ),
    (
      "{\"class\":\"a\",\"log_probabilities\":{\"a\":-1,\"b\":-0.45}}\n{\"class\":\"a\"}\n",
      "line 2: the key \"log_probabilities\" is missing; every line needs it"
    ),
  ])
  func mistakesAreReportedWithTheirPlace(text: String, expected: String) {
    let found = message { _ = try rows(MemorySource(text)) }
    #expect(found?.hasPrefix("stdin: \(expected)") == true, "\(found ?? "nothing")")
  }

  @Test func recordsThatAreNotDistributionsAreRefused() throws {
    let batch = logarithmic([[-1, -2], [-0.1, -0.1]])
    let sink = MemorySink()
    let writer = TensorStreamWriter(sink, format: batch.format)
    try writer.append(batch)
    try writer.finish(classes: nil, history: [])
    #expect(
      message { _ = try rows(MemorySource(sink.bytes)) }?
        .hasPrefix("stdin: record 0: expected probabilities that add up to 1, found a sum of 0.503214")
        == true)
  }
}
