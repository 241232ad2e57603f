// The accuracy of Winograd's convolution. docs/kernels.md has the measured errors, relative to the largest sum of
// absolute terms. They are far below the derived bounds, which only a wrong result would reach. An error half as large
// again reveals a worse method.

import Compute
import KernelInterface
import Testing

@Suite struct WinogradAccuracyTests {
  /// The largest errors of the three passes.
  struct Errors {
    var forward: Double
    var inputGradient: Double
    var weightGradient: Double
  }

  static let documented: [WinogradSize: Errors] = [
    .two: Errors(forward: 7e-8, inputGradient: 6e-8, weightGradient: 8e-8),
    .three: Errors(forward: 4.4e-7, inputGradient: 3.4e-7, weightGradient: 4e-7),
    .four: Errors(forward: 3e-7, inputGradient: 2.8e-7, weightGradient: 1.7e-7),
  ]

  static let channelCounts = [32, 128, 256]

  /// Sides of maps: one that tiles of every size fill, and two that end with a short tile, of three and of two.
  static let sides = [12, 7, 6]

  private static func shape(_ side: Int, inputs: Int, outputs: Int) -> ConvolutionShape {
    WinogradTests.shape(height: side, width: side, inputs: inputs, outputs: outputs, padding: 1)
  }

  /// The sizes of tiles to check on a map: all, or only those that may be short.
  private static func sizes(_ side: Int) -> [WinogradSize] { side == 12 ? WinogradSize.allCases : [.four] }

  @Test(arguments: channelCounts, sides)
  func forwardIsAsAccurateAsDocumented(channels: Int, side: Int) {
    let shape = Self.shape(side, inputs: channels, outputs: 32)
    let problem = WinogradCase(shape, .two).images[0]
    let direct = referenceConvolution(
      shape, input: problem.input, weights: problem.weights, bias: problem.bias)
    let terms = referenceConvolution(
      shape, input: problem.input.map(\.magnitude), weights: problem.weights.map(\.magnitude),
      bias: problem.bias.map(\.magnitude))
    for size in Self.sizes(side) {
      check("forward, \(channels) channels, side \(side)", size, direct, terms, limit: \.forward) { engine in
        let operands = WinogradCase(shape, size)
        return operands.forward(
          engine, WinogradCase.Outcome(), transformed: operands.transformedWeights(engine)
        ).output.values
      }
    }
  }

  @Test(arguments: channelCounts, sides)
  func inputGradientIsAsAccurateAsDocumented(channels: Int, side: Int) {
    let shape = Self.shape(side, inputs: 32, outputs: channels)
    let problem = WinogradCase(shape, .two).images[0]
    let direct = referenceInputGradient(
      shape, outputGradient: problem.outputGradient, weights: problem.weights)
    let terms = referenceInputGradient(
      shape, outputGradient: problem.outputGradient.map(\.magnitude),
      weights: problem.weights.map(\.magnitude))
    for size in Self.sizes(side) {
      check("input gradient, \(channels) channels, side \(side)", size, direct, terms, limit: \.inputGradient)
      { engine in
        WinogradBackward(WinogradCase(shape, size), engine).inputGradients(start: nil).values
      }
    }
  }

  /// Sums are over the pixels of eight images.
  @Test(arguments: channelCounts, sides)
  func weightGradientIsAsAccurateAsDocumented(channels: Int, side: Int) {
    let shape = Self.shape(side, inputs: channels, outputs: 32)
    var sums = [SumOfProducts](repeating: SumOfProducts(), count: shape.weightCount)
    for image in WinogradCase(shape, .two, images: 8).images {
      addWeightGradient(shape, input: image.input, outputGradient: image.outputGradient, to: &sums)
    }
    let direct = Expected(sums)
    let terms = Expected(values: sums.map(\.magnitude), bounds: [])
    for size in Self.sizes(side) {
      check(
        "weight gradient, \(channels) channels, side \(side)", size, direct, terms, limit: \.weightGradient
      ) { engine in
        WinogradBackward.weightGradient(
          WinogradCase(shape, size, images: 8), engine, imagesPerBlock: 4
        ).values
      }
    }
  }

  private func check(
    _ what: String, _ size: WinogradSize, _ direct: Expected, _ terms: Expected,
    limit: KeyPath<Errors, Double>, _ run: (Engine) -> [Float]
  ) {
    let largest = terms.values.max() ?? 0
    let limit = 1.5 * Self.documented[size]![keyPath: limit]
    for instructionSet in InstructionSet.supported {
      let values = run(engine(instructionSet))
      let errors = zip(values, direct.values).map { abs(Double($0) - $1) / largest }
      #expect(values.count == direct.values.count)
      #expect(
        errors.allSatisfy { $0 <= limit },
        "\(what), tiles of \(size), \(instructionSet): \(errors.max() ?? .nan) of \(limit)")
    }
  }
}
