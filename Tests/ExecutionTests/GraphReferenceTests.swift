// Networks of common kinds against PyTorch's results: branches, normalisations and their statistics.

import Compute
import Networks
import Testing

@testable import Execution
@testable import Training

@Suite struct GraphReferenceTests {
  @Test func everyKindOfNetworkHasAFixture() {
    #expect(
      ReferenceCase.graphs.map(\.name) == ["convnext", "densenet", "lenet", "mobilenet", "resnet", "vgg"])
  }

  /// Uses running statistics, in a network for training and in one for prediction, which folds normalisations into
  /// weights if it can.
  @Test(arguments: ReferenceCase.graphs, InstructionSet.supported)
  func logitsEqualPyTorchs(_ reference: ReferenceCase, _ instructionSet: InstructionSet) {
    for forTraining in [true, false] {
      let network = reference.makeNetwork(instructionSet, forTraining: forTraining)
      reference.expectLogits(of: network, equal: "logits", "\(reference.name), trained: \(forTraining)")
    }
  }

  @Test(arguments: ReferenceCase.graphs, InstructionSet.supported)
  func lossAndGradientsEqualPyTorchs(_ reference: ReferenceCase, _ instructionSet: InstructionSet) {
    let network = reference.makeNetwork(instructionSet)
    let result = reference.computeGradient(network)
    let loss = reference.values("loss")[0]
    expectEqual(
      [Float(result.lossSum / Double(reference.batchCount))], [loss],
      within: reference.tolerance("loss", largest: loss), "\(reference.name) loss")
    reference.expect(network.export(network.trainingMemory.gradient), equal: "grad")
  }

  /// Compares parameters, running statistics and the counters of batches after one step and after five.
  @Test(arguments: ReferenceCase.graphs, InstructionSet.supported)
  func stepsEqualPyTorchs(_ reference: ReferenceCase, _ instructionSet: InstructionSet) {
    let network = reference.makeNetwork(instructionSet)
    let optimizer = Optimizer(
      OptimizerSettings(method: .sgd, momentum: reference.number("sgd_momentum")), network: network)
    for step in 1...5 {
      _ = reference.computeGradient(network)
      optimizer.step(StepRates(reference.number("sgd_learning_rate")))
      if step == 1 || step == 5 { reference.expect(network.exportParameters(), equal: "sgd\(step)") }
    }
    reference.expectLogits(of: network, equal: "judged.logits", "\(reference.name) after five steps")
    let judge = Network(
      reference.architecture, batchCapacity: reference.batchCount, forTraining: false, engine: network.engine)
    judge.importParameters(network.exportParameters())
    reference.expectLogits(of: judge, equal: "judged.logits", "\(reference.name) folded after five steps")
  }

  /// Nesterov's momentum, a decay of weights alone, and a separate learning rate of normalisations: in whole steps, and
  /// with the weights of dense layers updated piece by piece.
  @Test(arguments: ReferenceCase.graphs, InstructionSet.supported)
  func stepsWithSettingsByKindOfParameterEqualPyTorchs(
    _ reference: ReferenceCase, _ instructionSet: InstructionSet
  ) {
    for isPiecewise in [false, true] {
      let network = reference.makeNetwork(instructionSet)
      let optimizer = Optimizer(
        OptimizerSettings(
          method: .sgd, weightDecay: reference.number("groups_weight_decay"),
          momentum: reference.number("sgd_momentum"), isNesterov: true, decayScope: .weights,
          normalizationRate: reference.number("groups_norm_rate")), network: network)
      let rate = reference.number("sgd_learning_rate")
      for _ in 0..<3 {
        reference.takeStep(optimizer, network, learningRate: rate, isPiecewise: isPiecewise)
      }
      reference.expect(network.exportParameters(), equal: "groups3")
    }
  }
}

extension ReferenceCase {
  /// Expects the stored logits for the case's images, with running statistics.
  fileprivate func expectLogits(of network: Network, equal name: String, _ what: String) {
    let logits = values(name)
    let largest = logits.reduce(0) { max($0, abs($1)) }
    let ours = images.withUnsafeBufferPointer {
      network.logits(ImageBatch(bytes: $0, count: batchCount))
    }
    let set = String(name.prefix { $0 != "." })
    expectEqual(ours, logits, within: tolerance(set, largest: largest), "\(what) \(name)")
  }
}
