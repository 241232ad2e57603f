// Convolutions of maps of a few pixels with tens of thousands of weights, which process several images at a time.

import Compute
import NetworkSamples
import Networks
import TensorStream
import Testing

@testable import Execution

@Suite struct SmallMapTests {
  /// After the pooling, maps have at most nine pixels, too few for a kernel of 5 × 5 or for Winograd's tiles. Batches
  /// are smaller and larger than the eight images of a product.
  @Test(arguments: [
    ("pool conv:52 conv:52,kernel=5 norm relu pool:global", 9),
    ("pool conv:52 residual( conv:52,kernel=5,bias=no dropout:0.2 | norm ) pool:average,global", 10),
    ("pool:3 conv:52 relu conv:52,kernel=5 relu conv:4,padding=0,kernel=2", 3),
    ("pool:6 conv:88 relu conv:88 relu", 9),
  ])
  func gradientsMatchTheNaiveNetwork(_ specification: String, _ batch: Int) throws {
    let specimen = GradientCase(
      specification: specification, input: ImageShape(height: 6, width: 6, channels: 1), batch: batch)
    let problem = try GradientProblem(specimen)
    #expect(!problem.makeNetwork(.baseline).plan.batchSteps.filter { $0 is GatheredConvolutionStep }.isEmpty)
    problem.expectGradientsToMatchTheNaiveNetwork()
  }

  /// A normalisation that is folded into the weights gives the same logits, up to rounding, as one that is computed.
  @Test(arguments: InstructionSet.supported)
  func logitsAreThoseOfTheNetworkForTraining(_ instructionSet: InstructionSet) throws {
    let architecture = try Architecture(
      specification: "pool conv:52 relu conv:52,kernel=5 norm relu",
      input: ImageShape(height: 6, width: 6, channels: 1), classCount: 4)
    let parameters = Initialization.kaiming.parameters(for: architecture, seed: 3)
    let images = (0..<19 * 36).map { UInt8(truncatingIfNeeded: $0 &* 73) }
    let logits = [true, false].map { forTraining in
      let network = Network(
        architecture, batchCapacity: 19, forTraining: forTraining,
        engine: Engine(instructionSet: instructionSet, jobs: 2))
      network.importParameters(parameters)
      return images.withUnsafeBufferPointer { network.logits(ImageBatch(bytes: $0, count: 19)) }
    }
    #expect(logits.allSatisfy { $0.count == 19 * 4 })
    for (one, other) in zip(logits[0], logits[1]) { #expect(abs(one - other) <= 1e-5) }
  }
}
