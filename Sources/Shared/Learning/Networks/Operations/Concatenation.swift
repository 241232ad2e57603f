// The concatenation in which the branches of a `concat` meet: Huang et al. 2017, "Densely Connected Convolutional
// Networks", and Szegedy et al. 2015, "Going Deeper with Convolutions".

/// Joins the channels of several maps, or the values of several vectors, in the order of the branches. Specifications
/// write it as the block `concat( … | … )`.
struct Concatenation: OperationRules {
  var text: String { "concat" }
  var stem: String { "concat" }

  func output(of inputs: [FeatureShape]) throws(Misfit) -> FeatureShape {
    let channels = inputs.reduce(0) { $0 + $1.channels }
    switch inputs[0] {
    case .vector:
      for (index, input) in inputs.enumerated() {
        guard case .vector = input else { throw differing(inputs, index) }
      }
      return .vector(channels)
    case .map(let height, let width, _):
      for (index, input) in inputs.enumerated() {
        guard case .map(height, width, _) = input else { throw differing(inputs, index) }
      }
      return .map(height: height, width: width, channels: channels)
    }
  }

  private func differing(_ inputs: [FeatureShape], _ index: Int) -> Misfit {
    Misfit(
      "branch 1 gives \(inputs[0]) and branch \(index + 1) \(inputs[index]), which cannot be joined;"
        + " all branches must give vectors, or maps of the same height and width")
  }
}
