// Losses with weights of classes against PyTorch's, and weights by the number of images against scikit-learn's.

import Compute
import Testing

@testable import Execution
@testable import Networks
@testable import Training

@Suite struct WeightedLossTests {
  @Test func thereAreCasesToCompareWith() {
    #expect(ReferenceCase.losses.map(\.name) == ["convolutional", "dense"])
  }

  /// The weights of a case's images.
  private func weights(_ reference: ReferenceCase) -> [Float] {
    let weights = reference.values("class_weights")
    return reference.labels.map { weights[Int($0)] }
  }

  /// Without a spread target by PyTorch's own loss, with one by each image's loss times its weight.
  @Test(arguments: ReferenceCase.losses, InstructionSet.supported)
  func lossAndGradientsAreEqual(_ reference: ReferenceCase, _ instructionSet: InstructionSet) {
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

  /// In whole steps, and with dense layers' weights changed piece by piece.
  @Test(arguments: ReferenceCase.losses, InstructionSet.supported)
  func stepsAreEqual(_ reference: ReferenceCase, _ instructionSet: InstructionSet) {
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

  /// The cases have classes without images, which scikit-learn has no weight for either.
  @Test(arguments: ReferenceCase.losses)
  func balancedWeightsAreThoseOfScikitLearn(_ reference: ReferenceCase) {
    let expected = reference.values("balanced_weights")
    let ours = ClassWeights(balancing: reference.labels, classCount: expected.count)
    #expect(expected.contains(0) && ours.source == "balanced")
    #expect(ours.values == expected.map { $0 == 0 ? nil : $0 })
  }
}
