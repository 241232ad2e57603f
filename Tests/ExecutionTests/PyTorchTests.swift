// Our networks against PyTorch's results, with every instruction set.

import Compute
import Testing

@testable import Networks
@testable import Execution
@testable import Training

@Suite struct PyTorchTests {
  @Test func everyComparisonHasFixtures() {
    #expect(ReferenceCase.all.count >= 20)
    #expect(ReferenceCase.all.contains { $0.has("smoothed_loss") })
    #expect(ReferenceCase.all.contains { $0.has("soft_loss") })
    for steps in Steps.all {
      #expect(ReferenceCase.all.contains { $0.has("\(steps.name).out.weight") }, "\(steps.name)")
    }
  }

  @Test(arguments: ReferenceCase.all, InstructionSet.supported)
  func logitsLossAndGradientsEqualPyTorchs(_ reference: ReferenceCase, _ instructionSet: InstructionSet) {
    let network = reference.makeNetwork(instructionSet)
    let logits = reference.values("logits")
    let largest = logits.reduce(0) { max($0, abs($1)) }
    let ours = reference.images.withUnsafeBufferPointer {
      network.logits(ImageBatch(bytes: $0, count: reference.batchCount))
    }
    expectEqual(
      ours, logits, within: reference.tolerance("logits", largest: largest), "\(reference.name) logits")

    let result = reference.computeGradient(network)
    let loss = reference.values("loss")[0]
    expectEqual(
      [Float(result.lossSum / Double(reference.batchCount))], [loss],
      within: reference.tolerance("loss", largest: loss), "\(reference.name) loss")
    reference.expect(network.export(network.trainingMemory.gradient), equal: "grad")
  }

  @Test(arguments: ReferenceCase.all.filter { $0.has("smoothed_loss") }, InstructionSet.supported)
  func labelSmoothingEqualsPyTorchs(_ reference: ReferenceCase, _ instructionSet: InstructionSet) {
    let network = reference.makeNetwork(instructionSet)
    let result = reference.computeGradient(network, smoothing: Float(reference.number("label_smoothing")))
    let loss = reference.values("smoothed_loss")[0]
    expectEqual(
      [Float(result.lossSum / Double(reference.batchCount))], [loss],
      within: reference.tolerance("smoothed_loss", largest: loss), "\(reference.name) smoothed loss")
    reference.expect(network.export(network.trainingMemory.gradient), equal: "smoothed_grad")
  }

  @Test(arguments: ReferenceCase.all.filter { $0.has("soft_loss") }, InstructionSet.supported)
  func learningFromTeachersEqualsPyTorchs(_ reference: ReferenceCase, _ instructionSet: InstructionSet) {
    let network = reference.makeNetwork(instructionSet)
    let (stride, classCount) = (network.logitStride, reference.architecture.classCount)
    let targets = FloatBuffer(count: reference.batchCount * stride)
    for (index, value) in reference.values("soft_targets").enumerated() {
      targets.floats[index / classCount * stride + index % classCount] = value
    }
    let result = reference.computeGradient(
      network, smoothing: Float(reference.number("label_smoothing")),
      soft: SoftTargets(
        distributions: Rows(targets.floats, stride: stride), weight: Float(reference.number("soft_weight")),
        temperature: Float(reference.number("soft_temperature"))))
    withExtendedLifetime(targets) {}
    let loss = reference.values("soft_loss")[0]
    expectEqual(
      [Float(result.lossSum / Double(reference.batchCount))], [loss],
      within: reference.tolerance("soft_loss", largest: loss), "\(reference.name) loss with a teacher")
    reference.expect(network.export(network.trainingMemory.gradient), equal: "soft_grad")
  }

  /// The name of a set of parameters after three steps, and the settings of its optimiser.
  struct Steps: Sendable, CustomTestStringConvertible {
    let name: String
    let settings: @Sendable (ReferenceCase) -> (OptimizerSettings, learningRate: Double)
    var testDescription: String { name }

    static let all = [
      Steps(name: "adam") { (OptimizerSettings(method: .adam), $0.number("adam_learning_rate")) },
      Steps(name: "adamw") {
        (
          OptimizerSettings(method: .adamw, weightDecay: $0.number("adamw_weight_decay")),
          $0.number("adamw_learning_rate")
        )
      },
      Steps(name: "sgd") {
        (OptimizerSettings(method: .sgd, momentum: $0.number("sgd_momentum")), $0.number("sgd_learning_rate"))
      },
      Steps(name: "clipped_sgd") {
        (
          OptimizerSettings(
            method: .sgd, momentum: $0.number("sgd_momentum"), gradientLimit: $0.number("clip_norm")),
          $0.number("sgd_learning_rate")
        )
      },
      Steps(name: "decay_sgd") {
        (
          OptimizerSettings(
            method: .sgd, weightDecay: $0.number("decay_weight_decay"), momentum: $0.number("sgd_momentum")),
          $0.number("sgd_learning_rate")
        )
      },
      Steps(name: "decay_adam") {
        (
          OptimizerSettings(method: .adam, weightDecay: $0.number("decay_weight_decay")),
          $0.number("adam_learning_rate")
        )
      },
    ]
  }

  @Test(arguments: ReferenceCase.all, Steps.all)
  func threeStepsOfEachOptimizerEqualPyTorchs(_ reference: ReferenceCase, _ steps: Steps) {
    guard reference.has("\(steps.name).out.weight") else { return }
    for instructionSet in InstructionSet.supported {
      let network = reference.makeNetwork(instructionSet)
      let (settings, learningRate) = steps.settings(reference)
      let optimizer = Optimizer(settings, network: network)
      for _ in 0..<3 {
        _ = reference.computeGradient(network)
        optimizer.step(StepRates(learningRate))
      }
      reference.expect(network.exportParameters(), equal: steps.name)
    }
  }
}
