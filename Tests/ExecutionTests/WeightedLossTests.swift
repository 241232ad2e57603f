// Losses with class weights against PyTorch's, and balanced class weights against scikit-learn's.

import Compute
import Testing

@testable import Execution
@testable import Networks
@testable import Training

@Suite struct WeightedLossTests {
  @Test func bothKindsOfNetworkHaveAFixture() {
    #expect(ReferenceCase.losses.map(\.name) == ["convolutional", "dense"])
  }

  /// The weights of a case's images.
  private func weights(_ reference: ReferenceCase) -> [Float] {
    let weights = reference.values("class_weights")
    return reference.labels.map { weights[Int($0)] }
  }

  /// Without label smoothing, the reference is PyTorch's own loss. With it, it is each image's loss times its weight.
  @Test(arguments: ReferenceCase.losses, InstructionSet.supported)
  func lossAndGradientsEqualPyTorchs(_ reference: ReferenceCase, _ instructionSet: InstructionSet) {
    for (set, smoothing) in [("weighted", 0), ("smoothed", reference.number("label_smoothing"))] {
      let network = reference.makeNetwork(instructionSet)
      let result = reference.computeGradient(
        network, smoothing: Float(smoothing), weights: weights(reference))
      let loss = reference.values("\(set)_loss")[0]
      expectEqual(
        [Float(result.loss)], [loss], within: reference.tolerance("\(set)_loss", largest: loss),
        "\(reference.name) \(set) loss")
      reference.expectLearned(network.export(network.trainingMemory.gradient), equal: "\(set)_grad")
    }
  }

  /// In whole steps, and with the weights of dense layers updated piece by piece.
  @Test(arguments: ReferenceCase.losses, InstructionSet.supported)
  func stepsEqualPyTorchs(_ reference: ReferenceCase, _ instructionSet: InstructionSet) {
    for isPiecewise in [false, true] {
      let network = reference.makeNetwork(instructionSet)
      let optimizer = Optimizer(
        OptimizerSettings(method: .sgd, momentum: reference.number("sgd_momentum")), network: network)
      for step in 1...Int(reference.number("steps")) {
        reference.takeStep(
          optimizer, network, learningRate: reference.number("sgd_learning_rate"),
          weights: weights(reference), isPiecewise: isPiecewise)
        reference.expect(network.exportParameters(), equal: "sgd_\(step)")
      }
    }
  }

  /// The cases have classes without images, for which scikit-learn has no weight either.
  @Test(arguments: ReferenceCase.losses)
  func balancedWeightsEqualScikitLearns(_ reference: ReferenceCase) {
    let expected = reference.values("balanced_weights")
    let ours = ClassWeights(balancing: reference.labels, classCount: expected.count)
    #expect(expected.contains(0) && ours.source == "balanced")
    #expect(ours.values == expected.map { $0 == 0 ? nil : $0 })
  }
}
