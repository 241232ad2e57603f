// Muon: the step of each hidden layer is a matrix with orthonormal rows or columns, which moves equally far in every
// direction (Jordan et al. 2024, "Muon: An optimizer for hidden layers in neural networks").
//
//     m ← μ m + (1 − μ) g            for each weight of a hidden layer
//     u ← μ m + (1 − μ) g            Nesterov's look ahead
//     W ← W − η (√max(1, outputs / inputs) · NS(U) + d W)
//
// W are the weights [outputs, inputs], U is the matrix of their u, and NS orthogonalises it
// (Compute/NewtonSchulz.swift). Except for rounding, this is torch.optim.Muon. All other parameters take AdamW's steps.

import Compute
import Execution

/// Muon's matrices of one network, and memory for one of them at a time.
final class Muon {
  private let network: Network
  private let matrices: [WeightMatrix]
  private let memory: NewtonSchulzMemory
  private let momentum: Double

  init(_ network: Network, momentum: Double) {
    self.network = network
    self.momentum = momentum
    matrices = network.hiddenMatrices
    memory = NewtonSchulzMemory(matrices.map(\.shape))
  }

  /// Whether the parameters at these places are one of Muon's matrices.
  func takesSteps(of places: Range<Int>) -> Bool { matrices.contains { $0.slice == places } }

  /// Updates the momentum m of some weights with their gradient, and replaces the gradient by u.
  ///
  /// - Complexity: O(k) for a run of k weights.
  func advance(_ run: Range<Int>, gradient: Floats, momentum moment: Floats, gradientScale: Float) {
    let (share, kept) = (Float(1 - momentum), Float(momentum))
    for index in 0..<run.count {
      let slope = gradient[index] * gradientScale
      let mean = moment[run.lowerBound + index] * kept + slope * share
      moment[run.lowerBound + index] = mean
      gradient[index] = mean * kept + slope * share
    }
  }

  /// Takes the steps of the matrices from their u in `gradient`, which is laid out like the parameters. `rate` returns
  /// the learning rate of the matrix at some places; `nil` leaves the matrix unchanged.
  ///
  /// - Complexity: O(m² n) for each matrix, with sides m ≤ n.
  func step(_ gradient: Floats, decay: Double, rate: (Range<Int>) -> Double?) {
    let (engine, parameters) = (network.engine, network.parameters.floats)
    for matrix in matrices {
      guard let learningRate = rate(matrix.slice) else { continue }
      let (input, output) = (memory.input.floats, memory.output.floats)
      let shape = matrix.shape
      let rowsOfRun = max(1, Self.runLength / shape.rowStride)
      engine.forEachRun(shape.rows, length: rowsOfRun) { matrix.gather($0, from: gradient, to: input) }
      engine.orthogonalize(shape, memory)
      let ratio = max(1, Double(shape.columns) / Double(shape.rows))
      let length = Float(learningRate * ratio.squareRoot())
      engine.forEachRun(shape.rows, length: rowsOfRun) {
        matrix.subtract($0, of: output, length: length, decay: Float(learningRate * decay), from: parameters)
      }
    }
  }

  /// The number of values in a task: enough that sharing them out costs little.
  private static let runLength = 1 << 13
}
