// Predictions with the logarithms of probabilities: the name and the valid values of the field.

import MemoryStreams
import Testing

@testable import TensorStream

private let format = RecordFormat(
  content: .prediction(classCount: 2, isLogarithmic: true), hasLabels: true, hasNames: false)

private func batch(_ values: [Float]) -> RecordBatch {
  var batch = RecordBatch(format: format)
  batch.count = values.count / 2
  batch.labels = (0..<batch.count).map { UInt8($0 % 2) }
  batch.predicted = batch.labels
  batch.probabilities = values
  return batch
}

private func descr(_ fields: String) -> [UInt8] {
  array("{'descr': [\(fields)], 'fortran_order': False, 'shape': (1,), }", [0])
}

@Suite struct LogarithmTests {
  @Test func theFieldHasItsOwnName() throws {
    let bytes = try stream(batch([-0.5, -0.75]))
    let header = String(decoding: bytes.prefix(192).dropFirst(10), as: UTF8.self)
    #expect(
      header.hasPrefix(
        "{'descr': [('label', '|u1'), ('predicted', '|u1'), ('log_probability', '<f4', (2,))], 'fortran_order'"
      ))
    #expect(try Content(bytes).records.format == format)
  }

  @Test func valuesReadBackToTheLastBit() throws {
    let values: [Float] = [
      0, -0.0, -.leastNonzeroMagnitude, -.leastNormalMagnitude, -0.1, -103.97, -745.2,
      -.greatestFiniteMagnitude, 0x1p-16, -1,
    ]
    let read = try Content(stream(batch(values))).records.probabilities
    #expect(read.map(\.bitPattern) == values.map(\.bitPattern))
  }

  @Test(arguments: [Float.nan, -.infinity, .infinity, 0x1.01p-16, 0.5])
  func valuesThatAreNotLogarithmsOfProbabilitiesAreRefused(value: Float) throws {
    let text = "expected the logarithm of a probability, finite and at most 0, got \(value)"
    let written = #expect(throws: StreamError.self) { try stream(batch([-1, -1, -1, value])) }
    #expect(written?.description == "stdout: cannot write record 1: \(text)")

    // The last value of the record is wrong in an otherwise sound stream.
    var bytes = try stream(batch([-1, -1]))
    let place = 192 + 2 + 4
    withUnsafeBytes(of: value.bitPattern.littleEndian) { bytes.replaceSubrange(place..<place + 4, with: $0) }
    let read = #expect(throws: StreamError.self) { try Content(bytes) }
    #expect(read?.description == "stdin: chunk 1, byte \(place): \(text)")
  }

  @Test(arguments: [
    (
      "('predicted', '|u1'), ('probability', '<f4', (2,)), ('log_probability', '<f4', (2,))",
      HeaderProblem.probabilitiesTwice
    ),
    ("('log_probability', '<f4', (2,))", .fieldsMissing(found: ["log_probability"])),
    (
      "('log_probability', '<f4', (2,)), ('predicted', '|u1')",
      .fieldsOutOfOrder(
        expected: ["predicted", "log_probability"], found: ["log_probability", "predicted"])
    ),
    (
      "('image', '|u1', (2, 2)), ('log_probability', '<f4', (2,))",
      .fieldsMixed(found: ["image", "log_probability"])
    ),
    (
      "('predicted', '|u1'), ('log_probability', '<f8', (2,))",
      .field("log_probability", .otherType(expected: "<f4", found: "<f8"))
    ),
    ("('predicted', '|u1'), ('log_probabilities', '<f4', (2,))", .fieldUnknown("log_probabilities")),
  ])
  func otherFieldsAreRefused(fields: String, problem: HeaderProblem) throws {
    let error = #expect(throws: StreamError.self) { try Content(descr(fields)) }
    #expect(error?.description.contains(problem.description) == true, "\(error?.description ?? "no error")")
  }

  @Test func streamsOfProbabilitiesAndOfLogarithmsAreNotJoined() throws {
    var plain = RecordBatch(
      format: RecordFormat(content: .prediction(classCount: 2), hasLabels: true, hasNames: false))
    plain.count = 1
    (plain.labels, plain.predicted, plain.probabilities) = ([0], [0], [0.5, 0.5])
    let bytes = try stream(plain) + stream(batch([-1, -1]))
    let error = #expect(throws: StreamError.self) { try Content(bytes) }
    #expect(error?.description.contains("predictions of 2 classes, logarithmic") == true, "\(error!)")
  }
}
