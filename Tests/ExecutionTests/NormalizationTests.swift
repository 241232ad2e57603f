// Batch normalisation: its statistics, and networks that fold it into weights.

import Compute
import KernelInterface
import NetworkSamples
import Networks
import RandomNumbers
import TensorStream
import Testing

@testable import Execution
@testable import Training

@Suite struct NormalizationTests {
  private func architecture(_ specification: String, classCount: Int = 4) throws -> Architecture {
    try Architecture(
      specification: specification, input: ImageShape(height: 6, width: 5, channels: 2),
      classCount: classCount)
  }

  private func network(
    _ architecture: Architecture, batch: Int, forTraining: Bool = true,
    _ instructionSet: InstructionSet = .best,
    jobs: Int = 2
  ) -> Network {
    let network = Network(
      architecture, batchCapacity: batch, forTraining: forTraining,
      engine: Engine(instructionSet: instructionSet, jobs: jobs))
    var random = SplitMix64(seed: 4)
    network.importParameters(architecture.randomParameters(&random))
    return network
  }

  private func step(_ network: Network, _ data: Dataset, count: Int? = nil, step: UInt64 = 0) -> BatchResult {
    data.images.withUnsafeBufferPointer { images in
      data.labels.withUnsafeBufferPointer { labels in
        network.computeGradient(
          ImageBatch(bytes: images, count: count ?? data.count), labels: labels, smoothing: 0,
          dropout: DropoutKey(seed: 0, step: step))
      }
    }
  }

  private func values(_ network: Network, _ name: String) throws -> [Float] {
    try #require(network.exportParameters().first { $0.name == name }).values
  }

  private static let pictures = Dataset.pictures(9, shape: ImageShape(height: 6, width: 5, channels: 2))

  // MARK: - Running statistics

  /// running ← (1 − momentum) · running + momentum · batch. The batch's variance divides by the number of values less
  /// one. The expected values are computed in Double.
  @Test(arguments: InstructionSet.supported)
  func runningStatisticsFollowTheBatch(_ instructionSet: InstructionSet) throws {
    let architecture = try architecture("norm,momentum=0.25 conv:3")
    let network = network(architecture, batch: 9, instructionSet)
    let data = Self.pictures
    var mean = try values(network, "norm1.running_mean").map(Double.init)
    var variance = try values(network, "norm1.running_var").map(Double.init)
    for count in [9, 4, 1] {
      _ = step(network, data, count: count)
      for channel in 0..<2 {
        let pixels = stride(from: channel, to: count * 60, by: 2).map { Double(data.images[$0]) / 255 }
        let average = pixels.reduce(0, +) / Double(pixels.count)
        let squares = pixels.reduce(0) { $0 + ($1 - average) * ($1 - average) }
        mean[channel] = 0.75 * mean[channel] + 0.25 * average
        variance[channel] = 0.75 * variance[channel] + 0.25 * squares / Double(pixels.count - 1)
      }
    }
    // 30 to 270 pixels of up to 1. The sum of an image is off by 30 roundings at most. Images are summed in Double.
    for (ours, expected) in zip(try values(network, "norm1.running_mean"), mean) {
      #expect(abs(Double(ours) - expected) <= 40 * 0x1p-24)
    }
    for (ours, expected) in zip(try values(network, "norm1.running_var"), variance) {
      #expect(abs(Double(ours) - expected) <= 80 * 0x1p-24)
    }
    #expect(try values(network, "norm1.num_batches_tracked") == [3])
  }

  /// The weights are so large that their products are infinite, and the batch's mean is not a number.
  @Test(arguments: InstructionSet.supported)
  func aLossThatIsNotFiniteLeavesTheStatisticsUnchanged(_ instructionSet: InstructionSet) throws {
    let network = network(try architecture("conv:3 relu conv:3 norm linear:5 norm"), batch: 9, instructionSet)
    #expect(step(network, Self.pictures).lossSum.isFinite)
    var parameters = network.exportParameters()
    for index in parameters.indices where parameters[index].name.hasSuffix("conv1.weight") {
      parameters[index].values = parameters[index].values.map { $0 < 0 ? -1e38 : 1e38 }
    }
    for index in parameters.indices where parameters[index].name == "conv2.weight" {
      parameters[index].values = parameters[index].values.map { $0 * 1e30 }
    }
    network.importParameters(parameters)
    #expect(!step(network, Self.pictures).lossSum.isFinite)
    #expect(network.exportParameters() == parameters)
    #expect(network.isFinite)
  }

  /// A single value has a mean but no variance, so the running variance stays.
  @Test func aSingleValueLeavesTheVarianceUnchanged() throws {
    let network = network(try architecture("linear:3 norm"), batch: 1)
    let before = try values(network, "norm1.running_var")
    let mean = try values(network, "norm1.running_mean")
    #expect(step(network, Self.pictures, count: 1).lossSum.isFinite)
    #expect(try values(network, "norm1.running_var") == before)
    #expect(try values(network, "norm1.running_mean") != mean)
    // The normalised value is the bias, whatever the image, so nothing before it has a gradient.
    let gradients = network.export(network.trainingMemory.gradient)
    #expect(gradients.allSatisfy { $0.values.allSatisfy(\.isFinite) })
    #expect(try #require(gradients.first { $0.name == "norm1.bias" }).values.contains { $0 != 0 })
  }

  /// Every pixel is 255, so the normalisation's input is the same everywhere.
  @Test(
    arguments: ["norm relu conv:3", "conv:3,kernel=1 norm gelu", "linear:5 norm silu"],
    InstructionSet.supported)
  func aBatchWithoutVarianceGivesTheBias(_ specification: String, _ instructionSet: InstructionSet) throws {
    let data = Dataset(
      shape: ImageShape(height: 6, width: 5, channels: 2), images: [UInt8](repeating: 255, count: 4 * 60),
      labels: [0, 1, 2, 3], classes: nil, history: [])
    let network = network(try architecture(specification), batch: 4, instructionSet)
    let result = step(network, data)
    #expect(result.lossSum.isFinite)
    #expect(network.export(network.trainingMemory.gradient).allSatisfy { $0.values.allSatisfy(\.isFinite) })
    data.images.withUnsafeBufferPointer { images in
      let logits = network.forward(
        ImageBatch(bytes: images, count: 4), dropout: DropoutKey(seed: 0, step: 0))
      for place in 0..<16 {
        let (image, label) = place.quotientAndRemainder(dividingBy: 4)
        #expect(logits.floats[image * logits.stride + label] == logits.floats[label], "\(specification)")
      }
    }
    #expect(network.isFinite)
  }

  /// Judging changes nothing, and does not depend on the other images of the batch.
  @Test func judgingUsesRunningStatisticsAndKeepsThem() throws {
    let network = network(try architecture("conv:5 norm relu pool norm linear:6 norm tanh"), batch: 9)
    let before = network.exportParameters()
    func logits(_ range: Range<Int>) -> [Float] {
      Self.pictures.images[(range.lowerBound * 60)...].withUnsafeBufferPointer {
        network.logits(ImageBatch(bytes: $0, count: range.count))
      }
    }
    let together = logits(0..<9)
    #expect(network.exportParameters() == before)
    #expect((0..<9).flatMap { logits($0..<$0 + 1) } == together)
    _ = step(network, Self.pictures)
    #expect(logits(0..<9) != together)
  }

  @Test func frozenStatisticsAreUsedAndDoNotChange() throws {
    let network = network(try architecture("conv:5 norm relu linear:6 norm"), batch: 9)
    network.freezesStatistics = true
    let names = network.architecture.parameters.filter { !$0.role.isLearned }.map(\.name)
    let before = network.exportParameters()
    let result = step(network, Self.pictures)
    #expect(network.exportParameters() == before)
    #expect(names.count == 6)
    let judged = Self.pictures.images.withUnsafeBufferPointer { images in
      Self.pictures.labels.withUnsafeBufferPointer { labels in
        network.judge(network.forward(ImageBatch(bytes: images, count: 9)), labels: labels, batch: 9)
      }
    }
    #expect(judged == result)
  }

  /// The gradients with frozen statistics are the slopes of a network whose normalisations are affine.
  @Test(arguments: InstructionSet.supported)
  func gradientsWithFrozenStatisticsAreTheSlopesOfTheLoss(_ instructionSet: InstructionSet) throws {
    for specification in ["conv:3 norm relu pool norm,scale=no linear:4", "norm conv:3,bias=no norm gelu"] {
      let problem = try GradientProblem(GradientCase(specification: specification), frozen: true)
      problem.expectGradientsToBeSlopes(with: [instructionSet])
    }
  }

  // MARK: - Folding

  static let folded = [
    "conv:5,bias=no norm", "conv:5 norm relu", "linear:7 norm relu", "linear:7,bias=no norm,scale=no",
    "conv:5 pool norm relu", "conv:5 norm relu pool conv:17,kernel=1,bias=no norm gelu pool",
    "conv:6,groups=2,bias=no norm silu", "conv:4 residual( conv:4 norm ) norm relu",
    "conv:4,bias=no residual( norm relu conv:4,bias=no norm | conv:4,kernel=1 norm ) relu", "norm conv:3",
    "conv:5,stride=2,padding=0 norm leaky norm", "conv:5 dropout:0.5 norm conv:3 dropout:0 norm",
    "concat( conv:3 norm | norm ) pool:average,global norm", "conv:4 relu norm norm",
  ]

  /// A network for prediction folds normalisations into weights. Its logits are those of the naive network in Double,
  /// to within ten times the error of the naive one in Float, and 64 units in the last place of the largest logit.
  /// Folding rounds each weight once more.
  @Test(arguments: folded, InstructionSet.supported)
  func networksForPredictionGiveTheNaiveLogits(
    _ specification: String, _ instructionSet: InstructionSet
  ) throws {
    let architecture = try architecture(specification)
    var random = SplitMix64(seed: 11)
    let parameters = architecture.randomParameters(&random)
    let images = Self.pictures.images
    var naive = NaiveNetwork<Double>(architecture, parameters: parameters)
    naive.usesBatchStatistics = false
    let exact = naive.forward(images.map { Double($0) / 255 }, batch: 9)
    let rounded = NaiveNetwork<Float>(naive).forward(
      images.map { Float($0) / 255 }, batch: 9, following: exact.decisions)
    let spread = zip(rounded.logits, exact.logits).map { abs(Double($0) - $1) }.largestError
    let bound = 10 * spread + 64 * 0x1p-24 * exact.logits.map(abs).max()!
    for forTraining in [false, true] {
      let network = Network(
        architecture, batchCapacity: 9, forTraining: forTraining,
        engine: Engine(instructionSet: instructionSet, jobs: 2))
      network.importParameters(parameters)
      let logits = images.withUnsafeBufferPointer { network.logits(ImageBatch(bytes: $0, count: 9)) }
      #expect(logits.count == exact.logits.count)
      let worst = zip(logits, exact.logits).map { abs(Double($0) - $1) }.largestError
      #expect(worst <= bound, "\(specification), trained: \(forTraining)")
    }
  }

  /// A second import gives the logits of a single one: nothing of the first remains.
  @Test(arguments: folded)
  func aSecondImportReplacesTheFirst(_ specification: String) throws {
    let architecture = try architecture(specification)
    let twice = network(architecture, batch: 9, forTraining: false)
    let once = Network(
      architecture, batchCapacity: 9, forTraining: false, engine: Engine(instructionSet: .best, jobs: 2))
    var random = SplitMix64(seed: 12)
    let parameters = architecture.randomParameters(&random)
    twice.importParameters(parameters)
    once.importParameters(parameters)
    func logits(_ network: Network) -> [Float] {
      Self.pictures.images.withUnsafeBufferPointer { network.logits(ImageBatch(bytes: $0, count: 9)) }
    }
    #expect(logits(twice) == logits(once))
  }
}
