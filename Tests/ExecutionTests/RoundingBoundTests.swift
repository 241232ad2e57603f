// The bounds of the gradient tests are narrow enough: a gradient that lacks a term, or has it twice, is far outside
// them.

import Compute
import NetworkSamples
import Networks
import Testing

@Suite struct RoundingBoundTests {
  private static let specimens = [
    "conv:3 relu pool linear:4 leaky",
    "conv:4,bias=no norm relu conv:3,groups=1 norm,scale=no gelu pool:average linear:4",
    "conv:3 norm residual( conv:3,bias=no norm silu | conv:3,kernel=1 ) concat( | norm tanh ) pool:average,global",
    "conv:3 layernorm,epsilon=0.1 gelu conv:3,kernel=1 layernorm,epsilon=0.1,scale=no pool:average linear:4",
    "linear:5,bias=no norm hardswish scale:0.5 linear:4 sigmoid",
  ].map { GradientCase(specification: $0, batch: 4) }

  @Test(arguments: specimens)
  func aWrongTermIsFarOutsideTheBounds(_ specimen: GradientCase) throws {
    let problem = try GradientProblem(specimen)
    let slopes = problem.slopes()
    let bounds = problem.gradientBounds()
    // Without a mistake, the gradients are within them.
    #expect(worst(of: problem, slopes, bounds) <= 1)
    var count = 0
    for mistake in mistakes(problem.architecture) {
      let ratio = worst(of: problem, slopes, bounds, mistake)
      #expect(ratio >= 100, "\(mistake): \(ratio)")
      count += 1
    }
    #expect(count >= 8)
  }

  /// The largest error of a gradient, as a multiple of its bound.
  private func worst(
    of problem: GradientProblem, _ slopes: [[Double]], _ bounds: [[Double]],
    _ mistake: NaiveNetwork<Double>.Mistake? = nil
  ) -> Double {
    var network = problem.naive
    network.mistake = mistake
    let gradients = network.backward(problem.logitGradient(problem.pass.logits), problem.pass).values
    return zip(problem.learned(gradients), zip(slopes, bounds)).flatMap { gradient, expected in
      zip(gradient, zip(expected.0, expected.1)).map { abs($0 - $1.0) / $1.1 }
    }.largestError
  }

  /// Each term of the backward pass that reaches a learned parameter, once missing and once doubled. Terms that reach a
  /// normalisation as a constant or a constant factor are left out, since it cancels them.
  private func mistakes(_ architecture: Architecture) -> [NaiveNetwork<Double>.Mistake] {
    var learned = architecture.nodes.map { !$0.parameters.isEmpty }
    var all: [NaiveNetwork<Double>.Mistake] = []
    for (index, node) in architecture.nodes.enumerated().dropFirst() {
      var terms: [NaiveNetwork<Double>.Mistake.Term] = []
      for (number, input) in node.inputs.enumerated() where learned[input] {
        terms.append(.share(input: number))
      }
      if node.inputs.contains(where: { learned[$0] }) { learned[index] = true }
      for (number, parameter) in node.parameters.enumerated() where parameter.role.isLearned {
        guard !(parameter.role == .bias && isNormalized(index, architecture)) else { continue }
        terms.append(.parameter(number))
      }
      switch node.operation {
      case .normalization where learned[node.inputs[0]]: terms += [.throughVariance]
      case .layerNormalization where learned[node.inputs[0]]: terms += [.throughMean, .throughVariance]
      default: break
      }
      all += terms.flatMap { term in
        [0, 2].map { NaiveNetwork<Double>.Mistake(node: index, term: term, factor: $0) }
      }
    }
    return all
  }

  /// Whether a normalisation subtracts the mean of the node's output, so that its bias has no gradient.
  private func isNormalized(_ index: Int, _ architecture: Architecture) -> Bool {
    architecture.nodes.contains { node in
      if case .normalization = node.operation { node.inputs == [index] } else { false }
    }
  }
}
