// A model that predicts a stream: its network's numbers for any batches, and the streams that it refuses.

import Compute
import MemoryStreams
import NetworkSamples
import TensorStream
import Testing

@testable import Networks
@testable import Execution
@testable import Inference
@testable import Training

@Suite struct ClassifierTests {
  private static let specification = "conv:5 relu pool dropout:0.3 linear:20 relu dropout:0.3"

  private func model(
    _ specification: String = Self.specification, classes: [String]? = nil, classCount: Int = 4
  ) throws -> Model {
    let architecture = try Architecture(
      specification: specification, input: ImageShape(height: 12, width: 12, channels: 1),
      classCount: classCount)
    return Model(
      architecture: architecture,
      parameters: Initialization.reference.parameters(for: architecture, seed: 1), classes: classes,
      history: [], training: nil)
  }

  private func classifier(
    _ model: Model, _ bytes: [UInt8], step: Int = .max, batch: Int = 8,
    instructionSet: InstructionSet = .best, jobs: Int = 1
  ) throws -> Classifier {
    try Classifier(
      [EnsembleMember(model)], reading: TensorStreamReader(MemorySource(bytes, step: step)),
      batchCapacity: batch,
      engine: Engine(instructionSet: instructionSet, jobs: jobs))
  }

  /// Returns all predictions in order.
  private func predictions(_ classifier: Classifier) throws -> RecordBatch {
    let (all, error) = predictionsAndError(classifier)
    if let error { throw error }
    return all
  }

  /// Returns all predictions, and the error that follows them.
  private func predictionsAndError(_ classifier: Classifier) -> (RecordBatch, (any Error)?) {
    var all = RecordBatch(format: classifier.predictionFormat)
    do {
      while let batch = try classifier.next() {
        #expect(batch.count > 0)
        all.append(0..<batch.count, of: batch)
      }
      return (all, nil)
    } catch {
      return (all, error)
    }
  }

  // MARK: - Numbers

  @Test(arguments: InstructionSet.supported)
  func probabilitiesAreTheSoftmaxOfTheLogits(_ instructionSet: InstructionSet) throws {
    let data = Dataset.pictures(21)
    let model = try model()
    let network = Network(
      model.architecture, batchCapacity: data.count, forTraining: false,
      engine: Engine(instructionSet: instructionSet, jobs: 1))
    network.importParameters(model.parameters)
    let logits = data.images.withUnsafeBufferPointer {
      network.logits(ImageBatch(bytes: $0, count: data.count))
    }
    let predictions = try predictions(
      classifier(model, stream(data.records()), instructionSet: instructionSet))
    #expect(predictions.count == data.count)
    #expect(predictions.probabilities.count == logits.count)
    for record in 0..<data.count {
      let row = logits[record * 4..<record * 4 + 4].map(Double.init)
      let expected = NaiveCrossEntropy(row, label: 0, smoothing: 0).probabilities
      for (column, probability) in expected.enumerated() {
        // The difference of two logits, an exponential of 2 ulp, three sums and a quotient.
        let bound = probability * (abs(row[column] - row.max()!) + 16) * 0x1p-24
        let ours = Double(predictions.probabilities[record * 4 + column])
        #expect(abs(ours - probability) <= bound, "record \(record), class \(column)")
      }
      #expect(Int(predictions.predicted[record]) == row.firstIndex(of: row.max()!)!)
    }
  }

  /// Predictions use no dropout masks, so they equal those of the same weights without dropout layers.
  @Test func predictionsUseNoDropout() throws {
    let data = Dataset.pictures(9)
    let withDropout = try model()
    let without = try model("conv:5 relu pool linear:20 relu")
    var same = without
    same.parameters = withDropout.parameters
    let bytes = try stream(data.records())
    #expect(
      try predictions(classifier(withDropout, bytes)).probabilities
        == predictions(classifier(same, bytes)).probabilities)
  }

  @Test(arguments: [
    Self.specification, "linear:33 relu dropout:0.2", "pool conv:3 relu conv:3 relu",
    "conv:20 relu pool conv:40 relu pool linear:33 relu",
  ])
  func predictionsDoNotDependOnBatchesPiecesOrThreads(_ specification: String) throws {
    let data = Dataset.pictures(100)
    let bytes = try stream(data.records(named: true))
    let model = try model(specification)
    for instructionSet in InstructionSet.supported {
      let expected = try predictions(
        classifier(model, bytes, batch: 100, instructionSet: instructionSet))
      #expect(expected.count == 100)
      for (batch, step, jobs) in [
        (1, Int.max, 1), (7, Int.max, 1), (64, Int.max, 2), (100, 1000, 1), (256, 333, 3), (13, 1, 5),
        (100, Int.max, 8),
      ] {
        let other = try predictions(
          classifier(
            model, bytes, step: step, batch: batch, instructionSet: instructionSet, jobs: jobs))
        #expect(
          other == expected, "\(instructionSet), batches of \(batch), pieces of \(step), \(jobs) threads")
      }
    }
  }

  @Test func theFirstOfEquallyLikelyClassesIsPredicted() throws {
    var model = try model()
    model.parameters = model.parameters.map {
      Parameter(name: $0.name, shape: $0.shape, values: [Float](repeating: 0, count: $0.values.count))
    }
    let predictions = try predictions(classifier(model, stream(Dataset.pictures(3).records())))
    #expect(predictions.predicted == [0, 0, 0])
    #expect(predictions.probabilities.allSatisfy { $0 == 0.25 })
  }

  // MARK: - Records that pass through

  @Test(arguments: [false, true], [false, true])
  func labelsAndNamesArePassedOn(_ labelled: Bool, _ named: Bool) throws {
    let data = Dataset.pictures(20)
    let records = data.records(labelled: labelled, named: named)
    let classifier = try classifier(model(), stream(records))
    #expect(
      classifier.predictionFormat
        == RecordFormat(content: .prediction(classCount: 4), hasLabels: labelled, hasNames: named))
    let predictions = try predictions(classifier)
    #expect(predictions.labels == records.labels)
    #expect(predictions.names == records.names)
    #expect(predictions.images.isEmpty)
  }

  /// Records that have arrived are predicted together: up to 256 of them, or up to a batch if that is larger.
  @Test(arguments: [(8, [256, 44]), (256, [256, 44]), (280, [280, 20]), (1000, [300])])
  func recordsThatHaveArrivedArePredictedTogether(_ batch: Int, _ expected: [Int]) throws {
    let classifier = try classifier(model(), stream(Dataset.pictures(300).records()), batch: batch)
    var counts: [Int] = []
    while let batch = try classifier.next() { counts.append(batch.count) }
    #expect(counts == expected)
    #expect(try classifier.next() == nil)
  }

  /// The source counts its reads. With a pipe, one read too many would wait forever.
  @Test func predictionsDoNotWaitForMoreRecords() throws {
    let bytes = try stream(Dataset.pictures(3).records())
    let source = MemorySource(bytes, step: headerByteCount(bytes) + 2 * 145)
    let classifier = try Classifier(
      [EnsembleMember(model())], reading: TensorStreamReader(source), batchCapacity: 8,
      engine: Engine(instructionSet: .best, jobs: 1))
    #expect(classifier.isReady)
    #expect(try classifier.next()?.count == 2)
    #expect(source.readCount == 1)
    #expect(!classifier.isReady)
    #expect(try classifier.next()?.count == 1)
    #expect(source.readCount == 2)
  }

  // MARK: - Refusals

  @Test(arguments: [
    ImageShape(height: 12, width: 13, channels: 1), ImageShape(height: 13, width: 12, channels: 1),
    ImageShape(height: 12, width: 12, channels: 3),
  ])
  func imagesOfAnotherShapeAreRefused(_ shape: ImageShape) throws {
    let bytes = try stream(Dataset.pictures(2, shape: shape).records())
    let error = ClassifierError.differentShape(
      name: "stdin", shape: shape, wanted: ImageShape(height: 12, width: 12, channels: 1))
    #expect(throws: error) { try classifier(model(), bytes) }
  }

  @Test func predictionsAreRefused() throws {
    let bytes = try predictionStream()
    #expect(throws: ClassifierError.noImages(name: "stdin")) { try classifier(model(), bytes) }
  }

  /// Every record before the bad one is predicted, and none after it, for any pieces and any number of threads.
  @Test(arguments: [0, 1, 17, 255, 256, 299], [1, 3])
  func aLabelBeyondTheClassesIsRefusedAtItsRecord(_ bad: Int, _ jobs: Int) throws {
    let data = Dataset.pictures(300)
    let model = try model()
    let expected = try predictions(classifier(model, stream(data.records())))
    var records = data.records()
    records.labels[bad] = 4
    records.labels[299] = 5
    for (batch, step) in [(8, Int.max), (300, Int.max), (64, 1000)] {
      let classifier = try classifier(model, stream(records), step: step, batch: batch, jobs: jobs)
      let (before, error) = predictionsAndError(classifier)
      let isBeginning = before.probabilities == Array(expected.probabilities.prefix(4 * bad))
      #expect(isBeginning, "\(before.count) records")
      let label = bad == 299 ? 5 : 4
      #expect(
        error as? ClassifierError
          == .unknownLabel(name: "stdin", record: bad, label: label, classCount: 4))
    }
  }

  @Test func otherClassNamesAreRefusedAtTheEnd() throws {
    let names = ["a", "b", "c", "d"]
    let records = Dataset.pictures(5).records()
    let classifier = try classifier(model(classes: names), stream(records, classes: ["a", "b", "d", "c"]))
    #expect(try classifier.next()?.count == 5)
    let difference = ClassDifference(found: ["a", "b", "d", "c"], wanted: names)
    #expect(throws: ClassifierError.differentClasses(name: "stdin", difference)) { try classifier.next() }
    #expect(difference.words("the model").contains("in another order: class 2 is 'd' here, 'c' there"))
  }

  @Test func labelsWithoutNamesDoNotMatchNumericNamesInAnotherOrder() throws {
    let records = Dataset.pictures(5).records()
    let classifier = try classifier(model(classes: ["0", "1", "10", "2"]), stream(records, classes: nil))
    #expect(try classifier.next()?.count == 5)
    #expect(throws: ClassifierError.numberedLabels(name: "stdin", classes: ["0", "1", "10", "2"])) {
      try classifier.next()
    }
  }

  @Test func classNamesAreComparedOnlyIfBothSidesHaveThem() throws {
    let names = ["a", "b", "c", "d"]
    let records = Dataset.pictures(5).records()
    for (ours, theirs) in [(names, names), (names, nil), (nil, names), (nil, nil)] {
      let bytes = try stream(records, classes: theirs)
      #expect(try predictions(classifier(model(classes: ours), bytes)).count == 5)
    }
  }

  /// Every whole record is predicted before the stream is refused.
  @Test(arguments: [1, 2, 3])
  func aTruncatedStreamIsRefused(_ jobs: Int) throws {
    let records = Dataset.pictures(300).records()
    let model = try model()
    let bytes = try stream(records)
    let expected = try predictions(classifier(model, bytes))
    let start = headerByteCount(bytes)
    // Cuts within the end, before the end, within a record, and after a header.
    for (cut, count) in [
      (bytes.count - 1, 300), (start + 300 * 145, 300), (start + 290 * 145 + 7, 290), (start, 0),
    ] {
      for step in [Int.max, 1000] {
        let classifier = try classifier(model, Array(bytes[..<cut]), step: step, jobs: jobs)
        let (before, error) = predictionsAndError(classifier)
        let isBeginning = before.probabilities == Array(expected.probabilities.prefix(4 * count))
        #expect(isBeginning, "cut at \(cut): \(before.count) records")
        #expect(error is StreamError)
      }
    }
  }

  @Test func batchesBeyondMemoryAreRefusedBeforeTheyAreAllocated() throws {
    let bytes = try stream(Dataset.pictures(1).records())
    let error = #expect(throws: ClassifierError.self) {
      try classifier(model(), bytes, batch: 1 << 40)
    }
    guard case .tooLarge = error else {
      Issue.record("\(String(describing: error))")
      return
    }
  }
}

/// Returns the number of bytes before a stream's first record.
private func headerByteCount(_ stream: [UInt8]) -> Int { 10 + Int(stream[8]) + Int(stream[9]) << 8 }

extension Classifier {
  /// Returns the next predictions, or `nil` at the end of the stream.
  func next() throws -> RecordBatch? {
    guard try wait() else { return nil }
    var batch = RecordBatch(format: predictionFormat)
    #expect(!fill(&batch, adding: false))
    return batch
  }
}
