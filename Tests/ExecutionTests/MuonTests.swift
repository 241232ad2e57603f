// Muon against PyTorch's, step by step, and the parameters that it treats as matrices.

import Compute
import NetworkSamples
import TensorStream
import Testing

@testable import Execution
@testable import Networks
@testable import Training

@Suite struct MuonTests {
  private func settings(_ reference: ReferenceCase, limit: Double? = nil) -> OptimizerSettings {
    OptimizerSettings(
      method: .muon, weightDecay: reference.number("muon_weight_decay"),
      momentum: reference.number("muon_momentum"), adamRate: reference.number("muon_adam_rate"),
      gradientLimit: limit)
  }

  /// Singular values are right to 5e-4 (NewtonSchulzTests), so a step of a matrix is right to 5e-4 of the learning
  /// rate.
  @Test(arguments: ReferenceCase.optimizers, InstructionSet.supported)
  func stepsEqualPyTorchs(_ reference: ReferenceCase, _ instructionSet: InstructionSet) {
    let network = reference.makeNetwork(instructionSet)
    let optimizer = Optimizer(settings(reference), network: network)
    #expect(!optimizer.updatesEarly)
    let rate = reference.number("muon_learning_rate")
    for step in 1...Int(reference.number("steps")) {
      _ = reference.computeGradient(network)
      optimizer.step(StepRates(rate))
      let theirs = reference.parameters(set: "muon_\(step)")
      let ours = network.exportParameters()
      #expect(ours.map(\.name) == theirs.map(\.name))
      for (our, their) in zip(ours, theirs) {
        let tolerance = reference.tolerance("muon_\(step)", largest: their.values.map(abs).max() ?? 0)
        expectEqual(
          our.values, their.values, within: tolerance + Float(5e-4 * rate * Double(step)),
          "\(reference.name) \(our.name) after step \(step)")
      }
    }
  }

  /// The weights of convolutions are matrices: plain ones, with one tap, grouped, depthwise, and before a
  /// normalisation. So are those of dense layers, also in blocks. Those of the output layer are not.
  @Test func weightsOfHiddenLayersAreMatrices() throws {
    let network = try Self.network(
      "conv:6,kernel=5 norm relu conv:6,kernel=1 conv:12,groups=2 conv:12,groups=12 pool residual( linear:40 | linear:40 )"
        + " layernorm linear:classes,bias=no")
    let matrices = network.hiddenMatrices
    #expect(
      matrices.map(\.name) == [
        "conv1.weight", "conv2.weight", "conv3.weight", "conv4.weight", "block1.fc1.weight",
        "block1.shortcut.fc1.weight",
      ])
    #expect(matrices.map(\.shape) == network.architecture.hiddenMatrixShapes)
    #expect(
      matrices.prefix(4).map(\.shape) == [
        MatrixShape(rows: 25, columns: 6), MatrixShape(rows: 6, columns: 6),
        MatrixShape(rows: 27, columns: 12),
        MatrixShape(rows: 9, columns: 12),
      ])
    for (matrix, other) in zip(matrices, matrices.dropFirst()) {
      #expect(matrix.slice.upperBound <= other.slice.lowerBound)
    }
  }

  /// A matrix has the values of its parameter, with PyTorch's rows as columns, and a step changes only these.
  @Test(arguments: InstructionSet.supported) func matricesHoldTheirParameters(
    _ instructionSet: InstructionSet
  ) throws {
    let network = try Self.network(
      "conv:6,kernel=5 relu conv:12,groups=2 conv:12,groups=12 pool linear:40 relu", instructionSet)
    #expect(network.hiddenMatrices.count == 4)
    for matrix in network.hiddenMatrices {
      let before = network.exportParameters()
      let parameter = try #require(before.first { $0.name == matrix.name })
      let floats = FloatBuffer(count: matrix.shape.floatCount)
      floats.floats.update(repeating: .nan)
      matrix.gather(0..<matrix.shape.rows, from: network.parameters.floats, to: floats.floats)
      let (stride, columns) = (matrix.shape.rowStride, matrix.shape.columns)
      for (index, value) in floats.floats.enumerated() where index % stride >= columns { #expect(value == 0) }
      let found = (0..<columns).flatMap { column in
        (0..<matrix.shape.rows).map { floats.floats[$0 * stride + column] }
      }
      #expect(found.sorted() == parameter.values.sorted())
      // Each column has the values of one output.
      for output in 0..<columns {
        let rows = matrix.shape.rows
        #expect(
          found[output * rows..<(output + 1) * rows].sorted()
            == parameter.values[output * rows..<(output + 1) * rows].sorted())
      }
      matrix.subtract(
        0..<matrix.shape.rows, of: floats.floats, length: 0.5, decay: 0.25, from: network.parameters.floats)
      for (old, new) in zip(before, network.exportParameters()) {
        let factor: Float = old.name == matrix.name ? 0.25 : 1
        #expect(new.values == old.values.map { $0 - (1 - factor) * $0 }, "\(old.name)")
      }
      // A buffer that is not used again may be freed before the call.
      withExtendedLifetime(floats) {}
    }
  }

  private static func network(_ specification: String, _ instructionSet: InstructionSet = .best) throws
    -> Network
  {
    let architecture = try Architecture(
      specification: specification, input: ImageShape(height: 9, width: 8, channels: 1), classCount: 10)
    let network = Network(
      architecture, batchCapacity: 4, forTraining: true,
      engine: Engine(instructionSet: instructionSet, jobs: 2))
    network.importParameters(Initialization.kaiming.parameters(for: architecture, seed: 1))
    return network
  }
}
