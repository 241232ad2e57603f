// The image, with which every network begins.

/// Node 0: the pixels, scaled. No specification names it.
struct Image: OperationRules {
  var text: String { "image" }
  var stem: String { "image" }

  /// The image's own shape, which is what its node is given as an input.
  func output(of inputs: [FeatureShape]) throws(Misfit) -> FeatureShape { inputs[0] }
}
