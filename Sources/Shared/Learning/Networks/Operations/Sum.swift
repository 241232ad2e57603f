// The sum in which the branches of a `residual` meet: He et al. 2016, "Deep Residual Learning for Image Recognition".

/// Adds two maps or vectors of the same shape. Specifications write it as the block `residual( … | … )`.
struct Sum: OperationRules {
  var text: String { "sum" }
  var stem: String { "sum" }

  func output(of inputs: [FeatureShape]) throws(Misfit) -> FeatureShape {
    guard inputs.dropFirst().allSatisfy({ $0 == inputs[0] }) else {
      let shapes = inputs.map(\.description).joined(separator: " and ")
      throw Misfit("its branches give \(shapes), which cannot be added")
    }
    return inputs[0]
  }

  /// One addition for each value, since a residual has two branches.
  func floatingPointOperations(input: FeatureShape, output: FeatureShape) -> Int { output.count }

  /// Returns a shortcut that gives a block's input the shape of its main branch, or `nil` if no stride does.
  static func shortcut(from input: FeatureShape, to main: FeatureShape) -> String? {
    switch (input, main) {
    case (_, .vector(let count)): return Linear(outputs: count).text
    case (.map(let height, let width, _), .map(let mainHeight, let mainWidth, let channels)):
      // A stride of s turns a length of n into ⌈n / s⌉.
      let stride = max((height + mainHeight - 1) / mainHeight, (width + mainWidth - 1) / mainWidth)
      let convolution = Convolution(channels: channels, kernel: Extent(1), stride: stride, hasBias: false)
      let isRight = (try? convolution.output(of: [input])) == main
      return isRight ? "\(convolution.text) \(BatchNormalization().text)" : nil
    case (.vector, .map): return nil
    }
  }
}
