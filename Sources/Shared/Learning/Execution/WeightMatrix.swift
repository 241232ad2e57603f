// The weights of hidden layers as matrices, for optimisers that consider more than one weight at a time.

import Compute
import Networks

/// The weights of a convolution or dense layer other than the output layer, [inputs, outputs]: the transpose of
/// PyTorch's `weight.flatten(1)` with its columns in any order. Outputs are side by side in memory, so this shape is
/// the fastest to read.
package struct WeightMatrix: Sendable {
  /// The parameter's name, such as `conv1.weight`.
  package let name: String
  /// The rows are the values that one output reads, the columns are the outputs.
  package let shape: MatrixShape
  /// The places of these weights among all parameters, padding included.
  package let slice: Range<Int>
  private let places: ParameterPlaces

  fileprivate init(name: String, slice: Range<Int>, places: ParameterPlaces) {
    self.name = name
    self.slice = slice
    self.places = places
    shape = MatrixShape(rows: places.rows.count, columns: places.columns.count)
  }

  /// Copies some rows from an array laid out like the parameters to a matrix of this shape, and sets their padding to
  /// 0.
  ///
  /// - Complexity: O(rows.count · columns).
  package func gather(_ rows: Range<Int>, from source: Floats, to matrix: Floats) {
    for row in rows {
      let (start, place) = (row * shape.rowStride, places.rows[row])
      for (output, column) in places.columns.enumerated() {
        matrix[start + output] = source[column.start + place * column.stride]
      }
      for output in shape.columns..<shape.rowStride { matrix[start + output] = 0 }
    }
  }

  /// Applies some rows of a step: w ← w − (length · step + decay · w). `step` is a matrix of this shape.
  ///
  /// - Complexity: O(rows.count · columns).
  package func subtract(
    _ rows: Range<Int>, of step: Floats, length: Float, decay: Float, from weights: Floats
  ) {
    for row in rows {
      let (start, place) = (row * shape.rowStride, places.rows[row])
      for (output, column) in places.columns.enumerated() {
        let index = column.start + place * column.stride
        let old = weights[index]
        weights[index] = old - (step[start + output] * length + old * decay)
      }
    }
  }
}

extension Architecture {
  /// The weights of all convolutions and dense layers except the output layer, in the network's order.
  package var hiddenWeights: [ParameterDescription] {
    nodes.dropLast().flatMap { node -> [ParameterDescription] in
      switch node.operation {
      case .convolution, .linear: node.parameters.filter { $0.role == .weight }
      default: []
      }
    }
  }

  /// The shapes of ``hiddenWeights`` as matrices.
  package var hiddenMatrixShapes: [MatrixShape] {
    hiddenWeights.map { MatrixShape(rows: $0.count / $0.shape[0], columns: $0.shape[0]) }
  }
}

extension Network {
  /// The weights of hidden layers as matrices.
  ///
  /// - Complexity: O(s + p²), where p is the number of parameter tensors, and s the number of their rows and columns.
  package var hiddenMatrices: [WeightMatrix] {
    let names = Set(architecture.hiddenWeights.map(\.name))
    var matrices: [WeightMatrix] = []
    forEachParameter { description, places in
      guard names.contains(description.name), let start = places.columns.first?.start else { return }
      guard let part = parameterParts.first(where: { $0.places.contains(start) }) else {
        preconditionFailure("\(description.name) has no place among the parameters")
      }
      matrices.append(WeightMatrix(name: description.name, slice: part.places, places: places))
    }
    return matrices
  }
}
