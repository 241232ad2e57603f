// Reports on streams, whole and damaged.

import ByteIO
import Inspection
import JSON
import MemoryStreams
import TensorStream
import Testing

private func inspect(_ bytes: [UInt8]) throws -> FileInspection {
  try FileInspection(reading: MemorySource(bytes, name: "memory"))
}

@Test func imagesAreCountedByClass() throws {
  let bytes = try stream(
    images(labels: [2, 0, 2, 2], withNames: true), classes: ["ant", "b\u{1b}ee", "cat"],
    history: ["idx2raw a b", #"fm-split --train 'it'\''s'"#])
  let inspection = try inspect(bytes)
  #expect(inspection.problem == nil)
  let bar = String(repeating: "█", count: 10)
  #expect(
    inspection.text() == #"""
      memory
        kind        tensor stream of images
        records     4
        fields      image 2 × 1 grey, label, name
        size        \#(bytes.count) bytes in 1 chunk
        pixels      0 to 7, mean 3.50, deviation 2.29
        classes     3
        balance     the largest class has 3.0 times the records of the smallest; 1
                    class has none
        integrity   complete: end, record count and CRC-32 agree

           true class  records   share
        0  ant               1  25.0 %  \#(bar)
        1  b\x1bee           0   0.0 %
        2  cat               3  75.0 %  \#(bar)\#(bar)\#(bar)

        history
          idx2raw a b
          fm-split --train 'it'\''s'

      """#)
}

@Test func theJSONOfImagesHasItsKeys() throws {
  let bytes = try stream(images(labels: [2, 0, 2, 2]), classes: ["ant", "bee", "cat"], history: ["x"])
  #expect(
    try inspect(bytes).json().compactText() == """
      {"bytes":\(bytes.count),"chunks":1,"classes":["ant","bee","cat"],"complete":true,"content":"images","file":"memory","history":["x"],\
      "image":{"channels":1,"height":2,"width":1},"imbalance":3.0,"kind":"tensor-stream","label_counts":[1,0,3],"labels":true,\
      "names":false,"pixels":{"deviation":2.29128784747792,"maximum":7,"mean":3.5,"minimum":0},"problem":null,\
      "records":4,"segments":1}
      """)
}

@Test func imagesWithoutLabelsHaveNoHistogram() throws {
  let bytes = try stream(images(labels: [0, 0], withLabels: false))
  let plain = try inspect(bytes)
  #expect(
    plain.text() == """
      memory
        kind        tensor stream of images
        records     2
        fields      image 2 × 1 grey
        size        \(bytes.count) bytes in 1 chunk
        pixels      0 to 3, mean 1.50, deviation 1.12
        integrity   complete: end, record count and CRC-32 agree

      """)
  #expect(plain.json()["label_counts"] == nil)
  #expect(plain.json()["classes"] == .null)
  let named = try inspect(stream(images(labels: [0, 0], withLabels: false), classes: ["ant", "bee"]))
  #expect(named.text().hasSuffix("\n\n  class names\n    ant, bee\n"))
}

@Test func theBalanceComparesTheRecordsOfClasses() throws {
  func balance(_ labels: [UInt8], classes: [String]? = nil) throws -> (text: String?, ratio: JSONValue?) {
    let inspection = try inspect(stream(images(labels: labels), classes: classes))
    let lines = inspection.text(adding: InspectionAdvice(unequalClasses: "weights make up for it")).split(
      separator: "\n"
    ).map(String.init)
    let first = lines.firstIndex { $0.hasPrefix("  balance ") }
    let own = first.map { first in
      lines[first...].prefix { $0.hasPrefix("  balance ") || $0.hasPrefix("              ") }
    }
    let words = own?.joined(separator: " ").split(separator: " ").dropFirst().joined(separator: " ")
    return (words, inspection.json()["imbalance"])
  }
  #expect(try balance([0, 1, 1, 0]) == ("2 records of each class", .double(1)))
  #expect(
    try balance([1, 1], classes: ["ant", "bee", "cat"])
      == ("2 records of each class that has any; 2 classes have none", .double(1)))
  #expect(
    try balance([0, 1, 1, 1, 1]) == (
      "the largest class has 4.0 times the records of the smallest", .double(4)
    ))
  let advice = "weights make up for it"
  #expect(
    try balance([0] + [UInt8](repeating: 1, count: 10))
      == ("the largest class has 10.0 times the records of the smallest; " + advice, .double(10)))
}

@Test func predictionsAreCountedByTruthAndByPrediction() throws {
  let inspection = try inspect(
    stream(predictions([0, 1, 1, 2], labels: [0, 1, 0, 0]), classes: ["ant", "bee", "cat"]))
  #expect(inspection.text().contains("kind        tensor stream of predictions\n"))
  #expect(inspection.text().contains("fields      label, predicted, probability of 3 classes\n"))
  #expect(inspection.text().contains("  0  ant               3  75.0 %"))
  #expect(inspection.text().contains("predicted class"))
  #expect(inspection.text().contains("  1  bee                    2  50.0 %"))
  #expect(inspection.json()["label_counts"] == .array([3, 1].map(JSONValue.integer)))
  #expect(inspection.json()["predicted_counts"] == .array([1, 2, 1].map(JSONValue.integer)))
  #expect(inspection.json()["class_count"] == .integer(3))
  #expect(inspection.json()["logarithmic"] == .boolean(false))
  #expect(inspection.json()["pixels"] == nil)
}

@Test func logProbabilitiesAreNamedAsSuch() throws {
  let inspection = try inspect(stream(predictions([0, 1], areLogarithmic: true)))
  #expect(inspection.text().contains("fields      predicted, log-probability of 3 classes\n"))
  #expect(inspection.json()["logarithmic"] == .boolean(true))
}

@Test func segmentsAreCountedTogether() throws {
  let first = try stream(images(labels: [0, 1]), classes: ["ant", "bee"], history: ["one"])
  let inspection = try inspect(first + first)
  #expect(inspection.problem == nil)
  #expect(
    inspection.text().contains("size        \(2 * first.count) bytes in 2 chunks of 2 joined streams\n"))
  #expect(inspection.json()["records"] == .integer(4))
  #expect(inspection.json()["label_counts"] == .array([2, 2].map(JSONValue.integer)))
}

@Test func theRecordsOfManyChunksAreAllCounted() throws {
  let labels = (0..<3000).map { UInt8($0 % 7) }
  var batch = images(labels: [])
  batch.count = labels.count
  batch.labels = labels
  batch.images = labels.flatMap { [$0, 255 - $0] }
  let inspection = try inspect(stream(batch))
  #expect(inspection.json()["records"] == .integer(3000))
  #expect(inspection.json()["chunks"] == .integer(3))
  #expect(
    inspection.json()["label_counts"] == .array([429, 429, 429, 429, 428, 428, 428].map(JSONValue.integer)))
  #expect(inspection.json()["pixels"]?["minimum"] == .integer(0))
  #expect(inspection.json()["pixels"]?["maximum"] == .integer(255))
  #expect(inspection.json()["pixels"]?["mean"] == .double(127.5))
}

@Test func everyTruncationIsReported() throws {
  let whole = try stream(images(labels: [2, 0, 2, 2], withNames: true), classes: ["ant", "bee", "cat"])
  var reported = 0
  for count in 0..<whole.count {
    do {
      let inspection = try inspect(Array(whole[..<count]))
      let problem = try #require(inspection.problem, "\(count) bytes")
      #expect(problem.kind == .badData)
      #expect(inspection.text().contains("integrity   DAMAGED: "))
      #expect(inspection.json()["complete"] == .boolean(false))
      #expect(inspection.json()["problem"] == .string(problem.description))
      reported += 1
    } catch let failure as any Failure {
      #expect(failure.kind == .badData)
    }
  }
  // All prefixes but those that end within the first header.
  #expect(reported > whole.count / 4)
}

@Test func everyFlippedByteIsReportedOrHarmless() throws {
  let whole = try stream(images(labels: [2, 0, 2, 2]), classes: ["ant", "bee", "cat"])
  let sound = try inspect(whole).json()
  for index in whole.indices {
    var damaged = whole
    damaged[index] ^= 0x04
    do {
      let inspection = try inspect(damaged)
      // The checksum covers the records, but neither the texts of the end nor the padding of headers.
      if inspection.problem == nil {
        for key in ["records", "label_counts", "pixels", "image"] {
          #expect(inspection.json()[key] == sound[key], "byte \(index)")
        }
      }
    } catch let failure as any Failure {
      #expect(failure.kind == .badData)
    }
  }
}

@Test(arguments: [
  ([UInt8](), "memory: this is empty; expected a tensor stream or a model; did the command"),
  (
    [0x1f, 0x8b, 8, 0],
    "memory: this is a gzip file; to inspect IDX images, type 'idx2raw memory | fm-info'"
  ),
  ([0, 0, 8, 3, 0, 0, 0, 1], "this is an IDX file of images; to inspect IDX images, type 'idx2raw"),
  (
    [0, 0, 8, 1, 0, 0, 0, 1],
    "this is an IDX file of labels; to inspect labels, type 'idx2raw IMAGES"
  ),
  (Array("name\tclass\nx\ty\n".utf8), "this is text; if these are predictions, type 'fm-eval memory'"),
  ([0x89] + Array("PNG\r\n".utf8), "this is a PNG picture; png2raw turns pictures into a tensor stream"),
  ([0xFF, 0xD8, 0xFF, 0xE0], "this is a JPEG picture; img2raw turns pictures into a tensor stream"),
  (
    Array("GGUF\u{3}".utf8),
    "this is a GGUF file; expected a tensor stream, or a model that fm-train or PyTorch wrote"
  ),
])
func otherKindsOfFilesAreNamed(bytes: [UInt8], text: String) {
  let error = #expect(throws: InspectionError.self) { try inspect(bytes) }
  #expect(error?.description.contains(text) == true, "\(error?.description ?? "no error")")
  #expect(error?.kind == .badData)
}
