// The image, the first node of every network.

/// Node 0: the pixels, scaled. No specification names it.
struct Image: OperationRules {
  var text: String { "image" }
  var stem: String { "image" }

  /// Returns the image's own shape, which its node has as its input.
  func output(of inputs: [FeatureShape]) throws(Misfit) -> FeatureShape { inputs[0] }
}
