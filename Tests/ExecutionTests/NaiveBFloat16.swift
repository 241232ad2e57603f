// Rounding to bfloat16 in the naive network. Dense layers, and convolutions of one group that read more than 16
// channels, round their operands, forward and backward. Biases, sums and all other layers are not rounded.

import KernelInterface
import Networks

extension NaiveNetwork {
  private func rounds(_ node: Node) -> Bool {
    guard roundsOperands else { return false }
    switch node.operation {
    case .linear: return true
    case .convolution(let convolution): return convolution.groups == 1 && Extents(node.input).channels > 16
    default: return false
    }
  }

  /// The weights as operands of a node. They are floats, so that ours cannot be on the other side of a tie.
  func weight(_ index: Int) -> [Scalar] {
    operand(parameters[firstParameter[index]], of: architecture.nodes[index])
  }

  /// The values as operands of a node.
  func operand(_ values: [Scalar], of node: Node) -> [Scalar] {
    rounds(node) ? values.map { Scalar(SpacedNumber(Double($0)).nearest) } : values
  }

  /// The same. Lowers `tieMargin` to the smallest distance of a value from a tie.
  func operand(_ values: [Scalar], of node: Node, _ tieMargin: inout Double) -> [Scalar] {
    guard rounds(node) else { return values }
    return values.map { value in
      let number = SpacedNumber(Double(value))
      tieMargin = min(tieMargin, number.tieDistance)
      return Scalar(number.nearest)
    }
  }
}

/// A number as a multiple of the spacing of numbers with 8 significant bits at its magnitude.
private struct SpacedNumber {
  private let spacing: Double
  private let multiple: Double

  init(_ value: Double) {
    spacing = value == 0 ? 1 : Double(sign: .plus, exponent: Int(value.exponent) - 7, significand: 1)
    multiple = value / spacing
  }

  var nearest: Double { multiple.rounded(.toNearestOrEven) * spacing }

  /// The distance from the nearest middle between two multiples, in spacings.
  var tieDistance: Double { abs(abs(multiple - multiple.rounded(.down)) - 0.5) }
}
