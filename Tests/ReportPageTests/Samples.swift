// Reports and streams for the tests.
import ByteIO
import Charts
import Evaluation
import Foundation
import MemoryStreams
import ReportPage
import TensorStream

/// Returns the page of predictions, with the figures that `fm-eval --html` requests.
func page(
  _ text: String, classes: [String]? = nil, gates: [Gate] = [], mistakes: Int = 40, title: String? = nil,
  images: TensorStreamReader? = nil, advice: ReportPage.Advice? = nil
) throws -> String {
  var wanted = WantedFigures()
  wanted.curves = true
  let wrong = WrongRecords(limit: mistakes)
  let report = try evaluate(
    MemorySource(text), classes: classes, wanted: wanted, gates: gates, wrong: wrong)
  let selection = try images.map {
    try ImageSelection($0, select: RecordSelection(wrong, limit: mistakes))
  }
  let shown = ReportPage.Mistakes(wrong.worst(mistakes), images: selection)
  return try ReportPage(report, title: title, origin: .predictions, mistakes: shown, advice: advice).html()
}

/// Returns a stream of 2 × 3 images whose pixels identify the image.
func stream(_ labels: [UInt8], classes: [String], channels: Int = 1) throws -> TensorStreamReader {
  let shape = ImageShape(height: 2, width: 3, channels: channels)
  let format = RecordFormat(content: .image(shape), hasLabels: true, hasNames: false)
  var batch = RecordBatch(format: format)
  batch.count = labels.count
  batch.images = (0..<labels.count * shape.byteCount).map { UInt8(truncatingIfNeeded: $0) }
  batch.labels = labels
  let sink = MemorySink()
  let writer = TensorStreamWriter(sink, format: format)
  try writer.append(batch)
  try writer.finish(classes: classes, history: ["test"])
  return try TensorStreamReader(MemorySource(sink.bytes, name: "data.raw"))
}

/// Returns predictions of the named classes, with all probabilities. Each class has three records, of which two are
/// right and one is mistaken for the next class.
func predictions(_ names: [String]) -> String {
  let header = "record\ttruth\tclass\tprobability" + names.map { "\tp:\($0)" }.joined() + "\n"
  var text = header
  for record in 0..<3 * names.count {
    let truth = record % names.count
    let predicted = record < 2 * names.count ? truth : (truth + 1) % names.count
    let rest = names.count == 1 ? 0 : 0.25 / Double(names.count - 1)
    let own = names.count == 1 ? 1 : 0.75
    let scores = names.indices.map { "\t\($0 == predicted ? own : rest)" }.joined()
    text += "\(record)\t\(names[truth])\t\(names[predicted])\t\(own)\(scores)\n"
  }
  return text
}

/// Returns the pieces of `text` between two marks.
func pieces(_ text: String, from start: String, to end: String) -> [Substring] {
  var pieces: [Substring] = []
  var rest = text[...]
  while let first = rest.range(of: start), let last = rest[first.upperBound...].range(of: end) {
    pieces.append(rest[first.upperBound..<last.lowerBound])
    rest = rest[last.upperBound...]
  }
  return pieces
}
