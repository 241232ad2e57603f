// Lookahead: fast and slow weights against PyTorch's, step by step.

import Compute
import Testing

@testable import Execution
@testable import Networks
@testable import Training

@Suite struct LookaheadTests {
  @Test func bothKindsOfNetworkHaveAFixture() {
    #expect(ReferenceCase.optimizers.map(\.name) == ["convolutional", "dense"])
  }

  /// In whole steps, and with the weights of dense layers updated piece by piece.
  @Test(arguments: ReferenceCase.optimizers, InstructionSet.supported)
  func fastAndSlowWeightsEqualPyTorchsAfterEachStep(
    _ reference: ReferenceCase, _ instructionSet: InstructionSet
  ) throws {
    let lookahead = try #require(
      Lookahead(
        steps: Int(reference.number("lookahead_steps")), share: reference.number("lookahead_share")))
    for isPiecewise in [false, true] {
      let network = reference.makeNetwork(instructionSet)
      let slowWeights = SlowWeights(lookahead, network: network)
      let optimizer = Optimizer(
        OptimizerSettings(method: .sgd, momentum: reference.number("sgd_momentum")), network: network,
        slowWeights: slowWeights)
      let rate = reference.number("sgd_learning_rate")
      for step in 1...Int(reference.number("steps")) {
        reference.takeStep(optimizer, network, learningRate: rate, isPiecewise: isPiecewise)
        reference.expect(network.exportParameters(), equal: "lookahead_\(step)")
        reference.expectLearned(network.export(slowWeights.values), equal: "lookahead_slow_\(step)")
      }
    }
  }

  /// The slow weights replace the fast ones only while `inPlace` runs, and layers compute with them.
  @Test func slowWeightsReplaceTheFastOnesTemporarily() throws {
    let reference = ReferenceCase.optimizers[0]
    let network = reference.makeNetwork(.best)
    let slowWeights = SlowWeights(try #require(Lookahead(steps: 5)), network: network)
    let optimizer = Optimizer(OptimizerSettings(method: .sgd), network: network, slowWeights: slowWeights)
    func logits() -> [Float] {
      reference.images.withUnsafeBufferPointer {
        network.logits(ImageBatch(bytes: $0, count: reference.batchCount))
      }
    }
    _ = reference.computeGradient(network)
    optimizer.step(StepRates(0.05))
    let (fast, slow, answers) = (network.exportParameters(), network.export(slowWeights.values), logits())
    let other = reference.makeNetwork(.best)
    // The statistics are those of the step.
    other.importParameters(
      fast.map { parameter in slow.first { $0.name == parameter.name } ?? parameter })
    let expected = reference.images.withUnsafeBufferPointer {
      other.logits(ImageBatch(bytes: $0, count: reference.batchCount))
    }
    #expect(try slowWeights.inPlace(logits) == expected)
    #expect(expected != answers)
    #expect(network.exportParameters() == fast)
    #expect(network.export(slowWeights.values) == slow)
    #expect(logits() == answers)
  }
}
