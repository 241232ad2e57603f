// The values that dropout drops: how many they are, and what they depend on.

import Compute
import NetworkSamples
import TensorStream
import Testing

@testable import Networks
@testable import Execution
@testable import Training

@Suite struct DropoutTests {
  private func network(
    _ specification: String, batch: Int, _ instructionSet: InstructionSet = .best, jobs: Int = 1
  ) throws -> Network {
    let architecture = try Architecture(
      specification: specification, input: ImageShape(height: 12, width: 12, channels: 1), classCount: 4)
    let network = Network(
      architecture, batchCapacity: batch, forTraining: true,
      engine: Engine(instructionSet: instructionSet, jobs: jobs))
    network.importParameters(Initialization.kaiming.parameters(for: architecture, seed: 1))
    return network
  }

  @Test(arguments: [0.1, 0.2, 0.5, 0.9], ["dropout:P", "conv:8 relu dropout:P", "linear:144 dropout:P"])
  func theDroppedShareIsTheProbability(_ probability: Double, _ specification: String) throws {
    let network = try network(specification.replacing("P", with: "\(probability)"), batch: 64)
    let values = try #require(
      network.dropoutFactors(DropoutKey(seed: 1, step: 0), batch: 64).values.first)
    let dropped = values.count { $0 == 0 }
    let deviation = (Double(values.count) * probability * (1 - probability)).squareRoot()
    #expect(abs(Double(dropped) - probability * Double(values.count)) <= 5 * deviation)
    let scale = Double(Float(1 / (1 - probability)))
    #expect(values.allSatisfy { $0 == 0 || $0 == scale })
  }

  @Test func masksDifferBetweenSeedsStepsLayersAndImages() throws {
    let network = try network("linear:100 dropout:0.5 linear:100 dropout:0.5", batch: 3)
    var masks: Set<[Double]> = []
    var count = 0
    for (seed, step) in [(1, 0), (1, 1), (2, 0), (2, 1)] as [(UInt64, UInt64)] {
      for factors in network.dropoutFactors(DropoutKey(seed: seed, step: step), batch: 3).values {
        let images = (0..<3).map { Array(factors[$0 * 100..<($0 + 1) * 100]) }
        masks.formUnion(images)
        count += images.count
      }
    }
    #expect(masks.count == count && count == 4 * 2 * 3)
  }

  /// The loss of a training step differs from step to step. The loss of an evaluation does not: it is that of the
  /// network without dropout.
  @Test func evaluationDropsNothing() throws {
    let data = Dataset.pictures(16)
    let with = try network("dropout:0.3 conv:4 relu pool dropout:0.3 linear:9 relu dropout:0.3", batch: 16)
    let without = try network("conv:4 relu pool linear:9 relu", batch: 16)
    without.importParameters(with.exportParameters())
    func loss(_ network: Network, step: UInt64?) -> Double {
      data.images.withUnsafeBufferPointer { images in
        data.labels.withUnsafeBufferPointer { labels in
          let batch = ImageBatch(bytes: images, count: data.count)
          guard let step else {
            return network.judge(network.forward(batch), labels: labels, batch: batch.count).lossSum
          }
          return network.computeGradient(
            batch, labels: labels, smoothing: 0, dropout: DropoutKey(seed: 1, step: step)
          ).lossSum
        }
      }
    }
    let expected = loss(without, step: nil)
    let first = loss(with, step: 0)
    #expect(loss(with, step: nil) == expected)
    #expect(loss(with, step: 1) != first)
    #expect(loss(with, step: 0) == first)
    #expect(first != expected)
    #expect(loss(with, step: nil) == expected)
  }
}
