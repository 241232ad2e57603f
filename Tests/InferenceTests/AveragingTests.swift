// Predictions averaged over views: the mean of each view's logits, and the models that may be averaged.

import Compute
import MemoryStreams
import NetworkSamples
import TensorStream
import Testing

@testable import Networks
@testable import Execution
@testable import Inference
@testable import Training

@Suite struct AveragingTests {
  private static let specification = "conv:5 relu pool dropout:0.3 linear:20 relu dropout:0.3"
  private static let shape = ImageShape(height: 12, width: 11, channels: 3)

  private func model(
    _ settings: [String: String]? = nil, specification: String = Self.specification
  ) throws -> Model {
    let architecture = try Architecture(specification: specification, input: Self.shape, classCount: 4)
    return Model(
      architecture: architecture,
      parameters: Initialization.reference.parameters(for: architecture, seed: 1), classes: nil, history: [],
      training: settings.map {
        TrainingRecord(
          seed: 0, settings: $0, trainingRecords: 1, validationRecords: 0, epochsRun: 1, bestEpoch: 1,
          trainingLoss: 0, trainingAccuracy: 1, validationLoss: nil, validationAccuracy: nil)
      })
  }

  /// Mirrors each image left to right, naively.
  private func mirrored(_ data: Dataset) -> Dataset {
    let shape = data.shape
    let source = data.images
    var images = source
    for record in 0..<data.count {
      for y in 0..<shape.height {
        for x in 0..<shape.width {
          for channel in 0..<shape.channels {
            let row = (record * shape.height + y) * shape.width
            images[(row + x) * shape.channels + channel] =
              source[(row + shape.width - 1 - x) * shape.channels + channel]
          }
        }
      }
    }
    return Dataset(shape: shape, images: images, labels: data.labels, classes: nil, history: [])
  }

  private func logits(_ model: Model, _ data: Dataset) -> [Float] {
    let network = Network(
      model.architecture, batchCapacity: data.count, forTraining: false,
      engine: Engine(instructionSet: .best, jobs: 1))
    network.importParameters(model.parameters)
    return data.images.withUnsafeBufferPointer {
      network.logits(ImageBatch(bytes: $0, count: data.count))
    }
  }

  private func predictions(
    _ model: Model, _ data: Dataset, _ averaging: Averaging, batch: Int = 8, jobs: Int = 1
  ) throws -> RecordBatch {
    let classifier = try Classifier(
      [EnsembleMember(model, averaging: averaging)],
      reading: TensorStreamReader(MemorySource(try stream(data.records()))),
      batchCapacity: batch, engine: Engine(instructionSet: .best, jobs: jobs))
    var all = RecordBatch(format: classifier.predictionFormat)
    var next = all
    while try classifier.wait() {
      _ = classifier.fill(&next, adding: false)
      all.append(0..<next.count, of: next)
    }
    return all
  }

  // MARK: - Numbers

  @Test func theLogitsOfBothViewsAreAveraged() throws {
    let data = Dataset.pictures(21, shape: Self.shape)
    let model = try model()
    let mean = zip(logits(model, data), logits(model, mirrored(data))).map {
      (Double($0) + Double($1)) / 2
    }
    let averaged = try predictions(model, data, .flip)
    for record in 0..<data.count {
      let row = Array(mean[record * 4..<record * 4 + 4])
      let expected = NaiveCrossEntropy(row, label: 0, smoothing: 0).probabilities
      for (column, probability) in expected.enumerated() {
        // Means rounded three times, the difference of two, an exponential of 2 ulp, three sums and a quotient.
        let spread = row.map(abs).max()! * 6 + abs(row[column] - row.max()!)
        let ours = Double(averaged.probabilities[record * 4 + column])
        #expect(abs(ours - probability) <= probability * (spread + 16) * 0x1p-24, "\(record), \(column)")
      }
      #expect(Int(averaged.predicted[record]) == row.firstIndex(of: row.max()!)!)
    }
    #expect(averaged.probabilities != (try predictions(model, data, .none).probabilities))
  }

  /// Moves each image down and to the right, naively. Black fills its edges.
  private func moved(_ data: Dataset, by pixels: Int) -> Dataset {
    let shape = data.shape
    let source = data.images
    var images = [UInt8](repeating: 0, count: source.count)
    for record in 0..<data.count {
      for y in 0..<shape.height where (0..<shape.height).contains(y - pixels) {
        for x in 0..<shape.width where (0..<shape.width).contains(x - pixels) {
          for channel in 0..<shape.channels {
            let row = record * shape.height * shape.width
            images[(row + y * shape.width + x) * shape.channels + channel] =
              source[(row + (y - pixels) * shape.width + x - pixels) * shape.channels + channel]
          }
        }
      }
    }
    return Dataset(shape: shape, images: images, labels: data.labels, classes: nil, history: [])
  }

  /// The image weighs as much as its two moved copies together, and every view as much as its mirror image. Images are
  /// mirrored before they are moved.
  @Test(arguments: [(false, 1), (false, 3), (true, 1), (true, 2)])
  func eachMovedViewWeighsHalfAsMuchAsTheImage(_ flips: Bool, _ shift: Int) throws {
    let data = Dataset.pictures(9, shape: Self.shape)
    let model = try model()
    var views: [(weight: Double, logits: [Float])] = []
    for base in flips ? [data, mirrored(data)] : [data] {
      let share = flips ? 0.5 : 1
      views.append((0.5 * share, logits(model, base)))
      for pixels in [-shift, shift] { views.append((0.25 * share, logits(model, moved(base, by: pixels)))) }
    }
    let averaged = try predictions(model, data, Averaging(flips: flips, shift: shift))
    for record in 0..<data.count {
      let row = (0..<4).map { column in
        views.reduce(0) { $0 + $1.weight * Double($1.logits[record * 4 + column]) }
      }
      let expected = NaiveCrossEntropy(row, label: 0, smoothing: 0).probabilities
      for (column, probability) in expected.enumerated() {
        // Seven roundings of the mean, the difference of two, an exponential of 2 ulp, three sums and a quotient.
        let spread = row.map(abs).max()! * 14 + abs(row[column] - row.max()!)
        let ours = Double(averaged.probabilities[record * 4 + column])
        #expect(abs(ours - probability) <= probability * (spread + 16) * 0x1p-24, "\(record), \(column)")
      }
    }
  }

  @Test(arguments: [
    ("none", Averaging.none), ("flip", .flip), ("shift=1", Averaging(shift: 1)),
    ("flip,shift=16", Averaging(flips: true, shift: 16)),
  ])
  func viewsHaveATextForm(_ text: String, _ averaging: Averaging) {
    #expect(Averaging(text) == averaging)
    #expect(averaging.text == text)
  }

  @Test(arguments: [
    "", ",", "flip,", "flip,flip", "none,flip", "shift", "shift=", "shift=0", "shift=17", "shift=+1",
    "shift=1,shift=1",
    "flips", "Flip", " flip",
  ])
  func otherTextsAreRefused(_ text: String) { #expect(Averaging(text) == nil) }

  @Test func theOrderOfViewsDoesNotMatter() { #expect(Averaging("shift=2,flip")?.text == "flip,shift=2") }

  @Test func anImageAndItsMirrorImageHaveTheSamePrediction() throws {
    let data = Dataset.pictures(21, shape: Self.shape)
    let model = try model()
    let one = try predictions(model, data, .flip).probabilities
    #expect(one == (try predictions(model, mirrored(data), .flip).probabilities))
    #expect(
      try predictions(model, data, .none).probabilities
        != predictions(model, mirrored(data), .none).probabilities)
  }

  @Test(arguments: [1, 2, 3, 5]) func predictionsDoNotDependOnBatchesOrThreads(_ jobs: Int) throws {
    let data = Dataset.pictures(50, shape: Self.shape)
    let model = try model()
    let whole = try predictions(model, data, .flip, batch: 64)
    for batch in [1, 7, 50] {
      #expect(
        try predictions(model, data, .flip, batch: batch, jobs: jobs).probabilities == whole.probabilities)
    }
  }

  // MARK: - Held-out images in training

  @Test func heldOutImagesAreJudgedOnBothViews() throws {
    let heldOut = Dataset.pictures(30, shape: Self.shape, seed: 2)
    let settings = TrainingSettings.sample(epochs: 2, batchSize: 8).with { $0.averaging = .flip }
    let run = try Run(
      Self.specification, on: .pictures(40, shape: Self.shape), validation: heldOut, settings)
    let parameters = try #require(run.outcome.parameters)
    let best = try #require(run.outcome.best?.validation)
    var trained = try model()
    trained.parameters = parameters
    let mean = zip(logits(trained, heldOut), logits(trained, mirrored(heldOut))).map {
      (Double($0) + Double($1)) / 2
    }
    var loss = 0.0
    for record in 0..<heldOut.count {
      loss +=
        NaiveCrossEntropy(
          Array(mean[record * 4..<record * 4 + 4]), label: heldOut.labels[record], smoothing: 0
        ).loss / Double(heldOut.count)
    }
    #expect(abs(best.loss - loss) <= 1e-5 * loss)
    // The weights do not depend on how they are judged. Only the held-out figures do.
    let alone = try Run(
      Self.specification, on: .pictures(40, shape: Self.shape), validation: heldOut,
      settings.with { $0.averaging = .none })
    #expect(alone.steps == run.steps)
    #expect(alone.reports.map(\.validation) != run.reports.map(\.validation))
  }

  // MARK: - Models that may be averaged

  @Test func aModelPredictsAsItWasJudgedUnlessToldOtherwise() throws {
    let judged = try model(["augment": "flip,shift=2", "average": "flip"])
    #expect(try judged.averaging(nil, name: "m") == .flip)
    #expect(try judged.averaging(Averaging.none, name: "m") == .none)
    #expect(try judged.averaging(.flip, name: "m") == .flip)
    let alone = try model(["augment": "shift=2,flip", "average": "none"])
    #expect(try alone.averaging(nil, name: "m") == .none)
    #expect(try alone.averaging(.flip, name: "m") == .flip)
  }

  @Test(arguments: [[:], ["augment": "none"], ["augment": "shift=2,erase=0.5"], ["augment": "flips"]])
  func aModelTrainedWithoutMirrorImagesIsNotAveragedOverThem(_ settings: [String: String]) throws {
    let model = try model(settings)
    #expect(try model.averaging(nil, name: "m") == .none)
    #expect(try model.averaging(Averaging.none, name: "m") == .none)
    #expect(throws: AveragingError.trainedWithoutFlips(name: "m")) {
      try model.averaging(.flip, name: "m")
    }
    #expect(try model.averaging(.flip, name: "m", force: true) == .flip)
  }

  @Test(arguments: [[:], ["augment": "flip"], ["augment": "flip,shift=1"], ["augment": "shift=x"]])
  func aModelTrainedWithSmallerShiftsIsNotAveragedOverLargerOnes(_ settings: [String: String]) throws {
    let model = try model(settings)
    #expect(throws: AveragingError.trainedWithoutShift(name: "m", shift: 2)) {
      try model.averaging(Averaging(shift: 2), name: "m")
    }
    #expect(try model.averaging(Averaging(shift: 2), name: "m", force: true) == Averaging(shift: 2))
    let recorded = try self.model(["augment": "flip,shift=2", "average": "flip,shift=2"])
    #expect(try recorded.averaging(nil, name: "m") == Averaging(flips: true, shift: 2))
    #expect(try recorded.averaging(Averaging(shift: 1), name: "m") == Averaging(shift: 1))
  }

  @Test func aModelWithoutARecordIsAveragedOnRequest() throws {
    #expect(try model().averaging(nil, name: "m") == .none)
    #expect(try model().averaging(.flip, name: "m") == .flip)
  }

  @Test func unknownRecordedViewsAreNotGuessed() throws {
    let model = try model(["augment": "flip", "average": "ten-crops"])
    #expect(throws: AveragingError.unknown(name: "m", recorded: "ten-crops")) {
      try model.averaging(nil, name: "m")
    }
    #expect(try model.averaging(Averaging.none, name: "m") == .none)
    #expect(try model.averaging(.flip, name: "m") == .flip)
  }
}
