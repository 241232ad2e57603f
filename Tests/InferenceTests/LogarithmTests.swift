// Classifiers that predict log-probabilities: the logarithms of the same softmax, for any batches and threads.

import Compute
import MemoryStreams
import NetworkSamples
import TensorStream
import Testing

@testable import Networks
@testable import Execution
@testable import Inference
@testable import Training

@Suite struct LogarithmTests {
  /// Returns a model whose weights are so large that some probabilities are 0 as Floats.
  private func model() throws -> Model {
    let architecture = try Architecture(
      specification: "conv:5 relu pool dropout:0.3 linear:20 relu",
      input: ImageShape(height: 12, width: 12, channels: 1), classCount: 4)
    var parameters = Initialization.reference.parameters(for: architecture, seed: 1)
    let last = parameters.count - 2
    parameters[last].values = parameters[last].values.map { 2000 * $0 }
    return Model(
      architecture: architecture, parameters: parameters, classes: nil, history: [], training: nil)
  }

  private func predictions(
    _ data: Dataset, batch: Int = 8, jobs: Int = 1, instructionSet: InstructionSet = .best, asLogarithms: Bool
  ) throws -> RecordBatch {
    let source = MemorySource(try stream(data.records()))
    let classifier = try Classifier(
      [EnsembleMember(model())], reading: TensorStreamReader(source), batchCapacity: batch,
      engine: Engine(instructionSet: instructionSet, jobs: jobs), predictsLogarithms: asLogarithms)
    var all = RecordBatch(format: classifier.predictionFormat)
    while let batch = try classifier.next() { all.append(0..<batch.count, of: batch) }
    return all
  }

  @Test(arguments: InstructionSet.supported)
  func logarithmsAreThoseOfTheLogitsSoftmax(_ instructionSet: InstructionSet) throws {
    let data = Dataset.pictures(21)
    let model = try model()
    let network = Network(
      model.architecture, batchCapacity: data.count, forTraining: false,
      engine: Engine(instructionSet: instructionSet, jobs: 1))
    network.importParameters(model.parameters)
    let logits = data.images.withUnsafeBufferPointer {
      network.logits(ImageBatch(bytes: $0, count: data.count))
    }
    let predictions = try predictions(data, instructionSet: instructionSet, asLogarithms: true)
    #expect(
      predictions.format
        == RecordFormat(
          content: .prediction(classCount: 4, isLogarithmic: true), hasLabels: true, hasNames: false))
    #expect(predictions.probabilities.count == logits.count)
    #expect(predictions.probabilities.contains { $0 < -110 })
    for record in 0..<data.count {
      let row = logits[record * 4..<record * 4 + 4].map(Double.init)
      for label in 0..<4 {
        // The cross-entropy of a label is the negated logarithm of its probability.
        let expected = -NaiveCrossEntropy(row, label: UInt8(label), smoothing: 0).loss
        let ours = Double(predictions.probabilities[record * 4 + label])
        // One rounding to Float. In the naive loss, the largest logit and the label's cancel, which loses bits.
        let bound = abs(expected) * 0x1p-24 + row.reduce(0) { $0 + abs($1) } * 0x1p-50
        #expect(
          abs(ours - expected) <= bound,
          "record \(record), class \(label): \(ours), expected \(expected)")
      }
      #expect(Int(predictions.predicted[record]) == row.firstIndex(of: row.max()!)!)
    }
  }

  @Test func predictedClassesAreThoseOfProbabilities() throws {
    let data = Dataset.pictures(100)
    let logarithmic = try predictions(data, asLogarithms: true)
    let plain = try predictions(data, asLogarithms: false)
    #expect(logarithmic.predicted == plain.predicted)
    #expect(logarithmic.labels == plain.labels)
  }

  @Test(arguments: [(1, 1), (7, 1), (64, 2), (256, 3)])
  func logarithmsDoNotDependOnBatchesOrThreads(batch: Int, jobs: Int) throws {
    let data = Dataset.pictures(100)
    let expected = try predictions(data, batch: 100, asLogarithms: true)
    #expect(try predictions(data, batch: batch, jobs: jobs, asLogarithms: true) == expected)
  }
}
