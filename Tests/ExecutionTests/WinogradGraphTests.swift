// Graphs whose convolutions use Winograd's algorithm in all its forms: large maps image by image, small ones several
// images at a time, with a pooling, with sums for each chunk and for the batch, in one block and in several.

import Compute
import NetworkSamples
import Networks
import TensorStream
import Testing

@testable import Execution

@Suite struct WinogradGraphTests {
  /// A network, and the numbers of its convolutions that process one image at a time, and several.
  struct Specimen: Sendable, CustomTestStringConvertible {
    let network: GradientCase
    let imageSteps: Int
    let batchSteps: Int

    init(
      _ specification: String, _ height: Int, _ width: Int, batch: Int, imageSteps: Int = 0,
      batchSteps: Int = 0
    ) {
      network = GradientCase(
        specification: specification, input: ImageShape(height: height, width: width, channels: 1),
        batch: batch)
      self.imageSteps = imageSteps
      self.batchSteps = batchSteps
    }

    var testDescription: String { network.description }
  }

  /// Few parameters and pixels, so that differences are quick.
  static let small = [
    Specimen("conv:2 silu conv:2 pool pool:average,global", 9, 11, batch: 1, batchSteps: 1),
    Specimen("conv:2 conv:2 pool tanh", 5, 3, batch: 3, batchSteps: 1),
    Specimen("conv:2 conv:2,padding=0 conv:2,padding=2 norm gelu pool:global", 6, 7, batch: 3, batchSteps: 2),
    Specimen("pool conv:3 conv:3 gelu conv:2", 6, 7, batch: 4, batchSteps: 3),
    Specimen("pool:3 conv:3 residual( conv:3 gelu conv:3 )", 6, 7, batch: 5, batchSteps: 3),
    // Two convolutions read the same map. The second adds to its gradient.
    Specimen("conv:2 gelu concat( conv:2 | conv:3 ) pool:average,global", 7, 6, batch: 2, batchSteps: 2),
    Specimen("conv:2 dropout:0.3 conv:2 dropout:0.2 gelu pool:average,global", 5, 6, batch: 3, batchSteps: 1),
  ]

  /// Maps of many tiles, and wide layers, compared with the naive network's own gradients. Some have several images in
  /// a block. Others have blocks of fewer images than a chunk, with sums for each chunk, or of fewer images than the
  /// batch, with sums for the batch.
  static let large = [
    Specimen("conv:2 gelu conv:2 pool:average,global", 28, 28, batch: 1, imageSteps: 1),
    Specimen("conv:1 gelu conv:2 pool:average,global", 21, 24, batch: 18, imageSteps: 1),
    Specimen("conv:2 gelu conv:2 pool norm pool:average,global", 24, 25, batch: 2, imageSteps: 1),
    Specimen("conv:2 concat( conv:2 | conv:1 gelu | ) pool:average,global", 23, 22, batch: 2, imageSteps: 2),
    Specimen("conv:2 gelu conv:3 pool leaky pool:average,global", 7, 6, batch: 19, batchSteps: 1),
    Specimen("conv:1 gelu conv:250 pool:average,global", 13, 14, batch: 9, imageSteps: 1),
    Specimen("conv:1 gelu conv:260 pool:average,global", 16, 15, batch: 17, batchSteps: 1),
  ]

  @Test(arguments: small) func gradientsAreTheSlopesOfTheLoss(_ specimen: Specimen) throws {
    let problem = try GradientProblem(specimen.network)
    expectSteps(of: specimen, problem)
    problem.expectGradientsToBeSlopes()
  }

  @Test(arguments: large) func gradientsMatchTheNaiveNetwork(_ specimen: Specimen) throws {
    let problem = try GradientProblem(specimen.network)
    expectSteps(of: specimen, problem)
    problem.expectGradientsToMatchTheNaiveNetwork()
  }

  private func expectSteps(of specimen: Specimen, _ problem: GradientProblem) {
    let plan = problem.makeNetwork(.baseline).plan
    #expect(plan.imageSteps.filter { $0 is WinogradImageStep }.count == specimen.imageSteps)
    #expect(plan.batchSteps.filter { $0 is WinogradBatchStep }.count == specimen.batchSteps)
  }

  /// The last two networks have several blocks in a sum: one in that of a chunk, one in that of the batch.
  @Test func someSumsTakeSeveralBlocks() throws {
    for (specimen, takesSingleImages) in zip(Self.large.suffix(2), [true, false]) {
      let (network, batch) = (specimen.network, specimen.network.batch)
      let plan = Network(
        try Architecture(
          specification: network.specification, input: network.input, classCount: network.classCount),
        batchCapacity: batch, forTraining: true, engine: Engine(instructionSet: .baseline, jobs: 1)
      ).plan
      let imageStep = plan.imageSteps.lazy.compactMap { $0 as? WinogradImageStep }.first
      let batchStep = plan.batchSteps.lazy.compactMap { $0 as? WinogradBatchStep }.first
      let convolution = try #require(imageStep?.winograd ?? batchStep?.winograd).convolution
      #expect(convolution.takesSingleImages == takesSingleImages)
      let summed = takesSingleImages ? plan.chunks(ofBatch: batch).map(\.count).max()! : batch
      #expect(convolution.gradientImagesPerBlock < summed)
    }
  }

  /// Logits have the same bits for any number of threads, and for an image alone. Blocks of images change none of them.
  @Test(arguments: small + large, InstructionSet.supported)
  func logitsDependNeitherOnThreadsNorOnTheBatch(
    _ specimen: Specimen, _ instructionSet: InstructionSet
  ) throws {
    let architecture = try Architecture(
      specification: specimen.network.specification, input: specimen.network.input, classCount: 3)
    let parameters = Initialization.kaiming.parameters(for: architecture, seed: 3)
    let count = 21
    let length = specimen.network.input.byteCount
    let images = (0..<count * length).map { UInt8(truncatingIfNeeded: $0 &* 73 &+ $0 / 7) }
    func logits(jobs: Int, images: ArraySlice<UInt8>) -> [UInt32] {
      let network = Network(
        architecture, batchCapacity: count, forTraining: false,
        engine: Engine(instructionSet: instructionSet, jobs: jobs))
      network.importParameters(parameters)
      return images.withUnsafeBufferPointer {
        network.logits(ImageBatch(bytes: $0, count: images.count / length)).map(\.bitPattern)
      }
    }
    let all = logits(jobs: 1, images: images[...])
    for jobs in [2, 3] { #expect(logits(jobs: jobs, images: images[...]) == all, "\(jobs) threads") }
    #expect(logits(jobs: 1, images: images[..<length]) == Array(all.prefix(all.count / count)))
  }
}
