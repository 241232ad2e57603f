// First layers that whiten patches: their kernels compared with NumPy's, and kernels that training leaves alone.

import Compute
import Foundation
import JSON
import NetworkSamples
import RandomNumbers
import TensorStream
import Testing

@testable import Execution
@testable import Networks
@testable import Training

/// One case that Fixtures/make_whitening_reference.py wrote.
private struct WhiteningReference {
  private static let document: JSONValue = {
    do {
      let url = try #require(Bundle.module.url(forResource: "Fixtures/whitening", withExtension: "json"))
      return try JSONValue(parsing: [UInt8](Data(contentsOf: url)))
    } catch {
      fatalError("the stored kernels cannot be read: \(error)")
    }
  }()
  private let value: JSONValue

  static let whitening = (document["whitening"]?.arrayValue ?? []).map(WhiteningReference.init)
  static let decompositions = (document["decompositions"]?.arrayValue ?? []).map(WhiteningReference.init)

  func numbers(_ key: String) -> [Double] { value[key]?.arrayValue?.compactMap(\.doubleValue) ?? [] }

  var specification: String { value["specification"]?.stringValue ?? "" }

  var data: Dataset {
    let shape = numbers("shape").map { Int($0) }
    return Dataset(
      shape: ImageShape(height: shape[1], width: shape[2], channels: shape[3]),
      images: numbers("images").map { UInt8($0) }, labels: (0..<shape[0]).map { UInt8($0 % 2) }, classes: nil,
      history: [])
  }

  var scaling: PixelScaling {
    get throws {
      try PixelScaling(means: numbers("mean").map { Float($0) }, deviations: numbers("std").map { Float($0) })
    }
  }
}

@Suite struct PatchWhiteningTests {
  private static let specification = "conv:8,whiten=yes relu pool conv:5 norm relu linear:6 relu"
  /// Five batches of 8 and one of 3 an epoch.
  private static let training = Dataset.pictures(43, noise: 0.4, strayLabels: 0.2)

  // MARK: - Kernels

  @Test func decompositionsMatchNumPy() throws {
    #expect(WhiteningReference.decompositions.count == 4)
    for stored in WhiteningReference.decompositions {
      let (values, vectors) = (stored.numbers("values"), stored.numbers("vectors"))
      let found = SymmetricEigenvectors(of: stored.numbers("matrix"), count: values.count)
      #expect(found.values.count == values.count && found.vectors.count == vectors.count)
      // Eigenvalues are a few tenths apart, and of the order of 10.
      for (one, other) in zip(found.values, values) { #expect(abs(one - other) <= 1e-12) }
      for (one, other) in zip(found.vectors, vectors) { #expect(abs(one - other) <= 1e-12) }
    }
  }

  /// Matrices of rank 3, whose other eigenvalues are rounding errors, and a matrix of zeros.
  @Test(arguments: [1, 2, 27, 96]) func vectorsAreOrthonormalWhateverTheRank(_ count: Int) throws {
    var random = SplitMix64(seed: 4)
    let factors = (0..<3 * count).map { _ in random.normal() }
    for scale in [0, 1, 1e-6] {
      let matrix = (0..<count * count).map { place in
        (0..<3).reduce(0.0) {
          $0 + scale * factors[$1 * count + place / count] * factors[$1 * count + place % count]
        }
      }
      let found = SymmetricEigenvectors(of: matrix, count: count)
      #expect(zip(found.values, found.values.dropFirst()).allSatisfy { $0 >= $1 })
      for row in 0..<count {
        for other in 0...row {
          let product = (0..<count).reduce(0.0) {
            $0 + found.vectors[row * count + $1] * found.vectors[other * count + $1]
          }
          #expect(abs(product - (row == other ? 1 : 0)) <= 1e-12)
        }
        if row >= 3 { #expect(abs(found.values[row]) <= 1e-12 * scale * Double(count * count)) }
      }
    }
  }

  @Test func kernelsMatchNumPy() throws {
    #expect(WhiteningReference.whitening.count == 3)
    for stored in WhiteningReference.whitening {
      let data = stored.data
      let scaling = try stored.scaling
      let settings = TrainingSettings.sample().with { $0.scaling = scaling }
      let architecture = try Architecture(
        specification: stored.specification, input: data.shape, classCount: 2)
      let parameters = try settings.firstParameters(for: architecture, images: data)
      #expect(parameters.count >= 2)
      for (parameter, key) in zip(parameters, ["weights", "biases"]) {
        let expected = stored.numbers(key)
        #expect(parameter.values.count == expected.count)
        let largest = expected.reduce(0) { max($0, abs($1)) }
        for (value, other) in zip(parameter.values, expected) {
          #expect(
            abs(Double(value) - other) <= 2e-6 * largest, "\(parameter.name) of \(stored.specification)")
        }
      }
    }
  }

  /// The first layer's outputs have variances λ / (λ + ε) and a mean of 0. With noisy images, ε hardly matters.
  @Test func theCovarianceOfWhitenedPatchesIsTheIdentity() throws {
    let shape = ImageShape(height: 10, width: 10, channels: 1)
    var random = SplitMix64(seed: 8)
    let data = Dataset(
      shape: shape, images: (0..<200 * 100).map { _ in UInt8(random.next(below: 256)) },
      labels: (0..<200).map { UInt8($0 % 2) }, classes: nil, history: [])
    let architecture = try Architecture(
      specification: "conv:18,padding=0,whiten=yes", input: shape, classCount: 2)
    let images = data.images
    let values = try TrainingSettings.sample().firstParameters(for: architecture, images: data)
    var outputs: [[Double]] = []
    for image in 0..<200 {
      for row in 0..<8 {
        for column in 0..<8 {
          outputs.append(
            (0..<9).map { pair in
              (0..<9).reduce(Double(values[1].values[2 * pair])) { sum, tap in
                let pixel = images[image * 100 + (row + tap / 3) * 10 + column + tap % 3]
                return sum + Double(values[0].values[18 * pair + tap]) * Double(pixel) / 255
              }
            })
        }
      }
    }
    for one in 0..<9 {
      let mean = outputs.reduce(0) { $0 + $1[one] } / Double(outputs.count)
      #expect(abs(mean) <= 1e-4)
      for other in 0...one {
        let product = outputs.reduce(0) { $0 + $1[one] * $1[other] } / Double(outputs.count)
        // λ is about 1/12, so ε takes 0.6 % of it.
        #expect(abs(product - (one == other ? 1 : 0)) <= 0.008)
      }
    }
    // Each kernel is followed by its opposite.
    for pair in 0..<9 {
      let (first, second) = (
        values[0].values[18 * pair..<18 * pair + 9], values[0].values[18 * pair + 9..<18 * pair + 18]
      )
      #expect(zip(first, second).allSatisfy { $0 == -$1 })
      #expect(values[1].values[2 * pair] == -values[1].values[2 * pair + 1])
    }
  }

  /// Patches without variance have rank 0. Their kernels are finite, and their outputs are 0.
  @Test(arguments: [UInt8(0), 77, 255]) func constantImagesGiveFiniteKernels(_ pixel: UInt8) throws {
    let shape = ImageShape(height: 6, width: 6, channels: 2)
    let data = Dataset(
      shape: shape, images: [UInt8](repeating: pixel, count: 10 * shape.byteCount),
      labels: (0..<10).map { UInt8($0 % 4) }, classes: nil, history: [])
    let run = try Run("conv:36,whiten=yes relu linear:5 relu", on: data, .sample(epochs: 2))
    #expect(run.outcome.failure == nil && run.steps.allSatisfy { $0.loss.isFinite })
    let parameters = try #require(run.outcome.parameters)
    let areFinite = parameters.flatMap(\.values).allSatisfy { $0.isFinite }
    #expect(areFinite)
  }

  /// Of twice as many images as whitening reads, it takes every other one, so a sorted stream shows all of its classes.
  @Test func whiteningReadsImagesFromAllOverTheStream() throws {
    let shape = ImageShape(height: 3, width: 3, channels: 1)
    var random = SplitMix64(seed: 3)
    let images = (0..<9 * 2 * PatchWhitening.imageCount).map { _ in UInt8(random.next(below: 256)) }
    let all = Dataset(
      shape: shape, images: images, labels: [UInt8](repeating: 0, count: images.count / 9), classes: nil,
      history: [])
    func kernels(_ data: Dataset) throws -> [Float] {
      try PatchWhitening(Convolution(channels: 18, whitens: true), images: data, scaling: .none).parameters
        .weights
    }
    let even = all.selecting(Array(stride(from: 0, to: all.count, by: 2)))
    #expect(even.count == PatchWhitening.imageCount)
    #expect(try kernels(all) == kernels(even))
    #expect(try kernels(all) != kernels(all.selecting(Array(0..<even.count))))
  }

  // MARK: - Training

  /// The bias learns, but nothing moves the kernels: no step, no decay, no average.
  @Test(arguments: OptimizerSettings.Method.allCases) func kernelsStayUnchanged(
    _ method: OptimizerSettings.Method
  ) throws {
    for specification in [
      Self.specification, "conv:8,whiten=yes,bias=no gelu conv:5 relu pool norm linear:6",
    ] {
      let settings = TrainingSettings.sample(epochs: 2).with {
        $0.optimizer = OptimizerSettings(method: method, weightDecay: 0.1)
        $0.lookahead = Lookahead(steps: 2)
        $0.weightAverage = .exponential(decay: 0.9)
      }
      let architecture = try Architecture(
        specification: specification, input: Self.training.shape, classCount: 4)
      let first = try settings.firstParameters(for: architecture, images: Self.training)
      let run = try Run(specification, on: Self.training, settings)
      let last = try #require(run.outcome.parameters)
      #expect(first.map(\.name) == last.map(\.name))
      for (before, after) in zip(first, last) where !before.name.hasSuffix("num_batches_tracked") {
        #expect((before.values == after.values) == (before.name == "conv1.weight"), "\(before.name)")
      }
    }
  }

  /// Whitening does not replace the kernels of a given start.
  @Test func aStartKeepsItsKernels() throws {
    let architecture = try Architecture(
      specification: Self.specification, input: Self.training.shape, classCount: 4)
    let start = Initialization.kaiming.parameters(for: architecture, seed: 7)
    let run = try Run(Self.specification, on: Self.training, .sample(epochs: 1), start: start)
    let parameters = try #require(run.outcome.parameters)
    #expect(parameters[0] == start[0])
    #expect(parameters[1].values != start[1].values)
  }

  @Test(arguments: InstructionSet.supported)
  func theNumberOfThreadsChangesNothing(_ instructionSet: InstructionSet) throws {
    let runs = try [1, 2, 5].map { jobs in
      try Run(
        Self.specification, on: Self.training, .sample(epochs: 2), instructionSet: instructionSet, jobs: jobs)
    }
    #expect(runs[0].outcome.failure == nil && runs[0].steps.count == 12)
    for run in runs.dropFirst() {
      #expect(run.steps == runs[0].steps && run.outcome.parameters == runs[0].outcome.parameters)
    }
  }

  @Test func aResumedRunEndsLikeTheWholeRun() throws {
    func trainer(jobs: Int = 1) throws -> Trainer {
      try Trainer(
        settings: .sample(),
        architecture: Architecture(
          specification: Self.specification, input: Self.training.shape, classCount: 4),
        training: Self.training, validation: nil, engine: Engine(instructionSet: .best, jobs: jobs))
    }
    let whole = try trainer().run(observer: StatesOfSteps())
    for left in [1, 6, 9] {
      let rest = try outcome(stoppingAfter: left) { try trainer(jobs: $0) }
      #expect(rest.parameters == whole.parameters, "stopped after \(left)")
    }
  }
}
