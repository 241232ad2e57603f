// Winograd's convolution against the naive one: maps of every parity, all channels, several images, with and without
// pooling, and exact results if possible.

import Compute
import KernelInterface
import Testing

@Suite struct WinogradTests {
  /// Numbers of channels that fill panels of 32, and that leave one of another width.
  static let channelCounts = [16, 32, 48, 64, 80]

  /// Four widths for each height of the output from 2 to 9, so that all remainders of four meet. Channels, paddings,
  /// margins and numbers of images take all their values in turn.
  static let maps: [(shape: ConvolutionShape, images: Int)] = (0..<32).map { index in
    let (height, width) = (2 + index / 4, 2 + (5 * (index / 4) + 3 * (index % 4)) % 8)
    let shape = shape(
      height: height, width: width, inputs: channelCounts[index % 5],
      outputs: channelCounts[(index / 5 + 2 * index) % 5], padding: (index / 4 + index) % 3,
      moreMargin: index / 2 % 3)
    return (shape, 1 + index % 3)
  }

  /// A convolution with an output of this size. The padding is limited so that some input is left.
  static func shape(
    height: Int, width: Int, inputs: Int, outputs: Int, padding: Int, moreMargin: Int = 0,
    filledInputs: Int? = nil
  ) -> ConvolutionShape {
    let padding = min(height, width) == 2 ? min(padding, 1) : padding
    return ConvolutionShape(
      inputHeight: height + 2 - 2 * padding, inputWidth: width + 2 - 2 * padding, inputChannels: inputs,
      outputChannels: outputs, kernelHeight: 3, kernelWidth: 3, paddingHeight: padding,
      paddingWidth: padding, margin: padding + moreMargin, filledInputs: filledInputs)
  }

  @Test(arguments: WinogradSize.allCases) func matchesTheReferenceOnEveryMap(size: WinogradSize) {
    for (shape, images) in Self.maps { check(WinogradCase(shape, size, images: images)) }
  }

  @Test(arguments: WinogradSize.allCases)
  func matchesTheReferenceForAllChannels(size: WinogradSize) {
    for (index, inputs) in Self.channelCounts.enumerated() {
      for outputs in Self.channelCounts {
        check(
          WinogradCase(
            Self.shape(height: 5, width: 4, inputs: inputs, outputs: outputs, padding: index % 3), size,
            images: 2))
      }
    }
  }

  /// Rows and columns are padded independently.
  @Test(arguments: WinogradSize.allCases, [(0, 2), (2, 1), (1, 0)])
  func matchesTheReferenceForUnevenPaddings(size: WinogradSize, padding: (height: Int, width: Int)) {
    let shape = ConvolutionShape(
      inputHeight: 6, inputWidth: 5, inputChannels: 16, outputChannels: 32, kernelHeight: 3, kernelWidth: 3,
      paddingHeight: padding.height, paddingWidth: padding.width, margin: 3)
    check(WinogradCase(shape, size, images: 2))
  }

  /// Rows of tiles that are cut into several blocks, which do not divide evenly.
  @Test(arguments: WinogradSize.allCases, [(40, 40), (67, 9), (5, 139)])
  func matchesTheReferenceForLargeMaps(size: WinogradSize, map: (height: Int, width: Int)) {
    let shape = Self.shape(height: map.height, width: map.width, inputs: 32, outputs: 16, padding: 1)
    check(WinogradCase(shape, size, images: 2))
  }

  /// More images than are transformed together. The last block is not full.
  @Test(arguments: WinogradSize.allCases, [2, 3, 7])
  func matchesTheReferenceForManyImages(size: WinogradSize, side: Int) {
    let shape = Self.shape(height: side, width: side, inputs: 16, outputs: 16, padding: 1)
    let count = WinogradConvolution(shape, size: size).imagesPerBlock
    #expect(count > 1 || side == 7)
    check(WinogradCase(shape, size, images: 2 * count + 1))
  }

  /// More channels than a block of products has, and so many weights that tiles of two come in larger blocks.
  @Test(arguments: WinogradSize.allCases) func matchesTheReferenceForWideLayers(size: WinogradSize) {
    for (inputs, outputs) in [(16, 320), (96, 112), (208, 64)] {
      check(
        WinogradCase(
          Self.shape(height: 8, width: 9, inputs: inputs, outputs: outputs, padding: 1), size, images: 2))
    }
  }

  /// Halving twice makes quarters of whole numbers, which are exact too. So are ties, of which the first place counts.
  @Test func tilesOfTwoAreExactOnWholeNumbers() {
    for (height, width) in [(2, 2), (5, 9), (8, 15), (14, 14)] {
      for padding in 0...2 {
        let shape = Self.shape(height: height, width: width, inputs: 32, outputs: 48, padding: padding)
        check(
          WinogradCase(shape, .two, images: 2) { randomIntegers($0, seed: $1, bound: 2) }, isExact: true)
      }
    }
  }

  /// A negative bias makes whole windows negative, which reveals a maximum that starts from 0.
  @Test(arguments: [WinogradSize.two, .four]) func maximaCanBeNegative(size: WinogradSize) {
    let shape = Self.shape(height: 6, width: 7, inputs: 16, outputs: 32, padding: 1)
    let operands = WinogradCase(shape, size) { count, seed in
      seed == 3 ? [Float](repeating: -500, count: count) : randomIntegers(count, seed: seed)
    }
    check(operands, isExact: size == .two)
  }

  /// Padding channels take no part in the products. The results are the same as with them.
  @Test(arguments: WinogradSize.allCases, InstructionSet.supported)
  func paddedInputsChangeNothing(size: WinogradSize, instructionSet: InstructionSet) {
    func operands(filled: Int?) -> WinogradCase {
      let shape = Self.shape(
        height: 7, width: 8, inputs: 64, outputs: 48, padding: 1, filledInputs: filled)
      return WinogradCase(shape, size, images: 2) { count, seed in
        let values = randomFloats(count, seed: seed)
        // The input's channels, and the weights' rows.
        return values.indices.map { index in
          let channel = seed == 2 ? index / 48 % 64 : seed % 10 == 1 ? index % 64 : 0
          return channel < 18 ? values[index] : 0
        }
      }
    }
    let results = [nil, 18].map { filled in
      let (operands, engine) = (operands(filled: filled), engine(instructionSet))
      return operands.forward(
        engine, WinogradCase.Outcome(), transformed: operands.transformedWeights(engine)
      ).output.values
    }
    #expect(results[0].allSatisfy { $0.isFinite } && results[0] == results[1])
  }

  // MARK: - Applicability

  @Test func appliesTo3x3KernelsOfWholeLanesOnMapsThatAreNotLines() {
    #expect(Self.shape(height: 2, width: 2, inputs: 16, outputs: 16, padding: 1).hasWinograd)
    #expect(!Self.shape(height: 1, width: 8, inputs: 16, outputs: 16, padding: 1).hasWinograd)
    #expect(!Self.shape(height: 8, width: 1, inputs: 16, outputs: 16, padding: 1).hasWinograd)
    #expect(!Self.shape(height: 8, width: 8, inputs: 3, outputs: 16, padding: 1).hasWinograd)
    for (kernelSize, stride) in [(5, 1), (1, 1), (3, 2)] {
      let shape = ConvolutionShape(
        inputHeight: 16, inputWidth: 16, inputChannels: 16, outputChannels: 16, kernelSize: kernelSize,
        stride: stride, padding: 0)
      #expect(!shape.hasWinograd, "kernel \(kernelSize), stride \(stride)")
    }
    for (kernelHeight, kernelWidth, dilation) in [(3, 1, 1), (1, 3, 1), (3, 3, 2)] {
      let shape = ConvolutionShape(
        inputHeight: 16, inputWidth: 16, inputChannels: 16, outputChannels: 16, kernelHeight: kernelHeight,
        kernelWidth: kernelWidth, dilation: dilation)
      #expect(!shape.hasWinograd, "\(kernelHeight) × \(kernelWidth), dilation \(dilation)")
    }
  }

  @Test(arguments: [
    (2, 2, false, WinogradSize.two), (2, 3, false, .three), (3, 3, false, .three), (3, 3, true, .two),
    (3, 4, false, .four), (4, 4, true, .four), (5, 5, false, .three), (6, 6, false, .three),
    (7, 7, false, .four), (7, 7, true, .four), (9, 9, false, .three), (28, 28, false, .four),
  ])
  func tilesHaveTheFewestMultiplications(height: Int, width: Int, pools: Bool, size: WinogradSize) {
    let shape = Self.shape(height: height, width: width, inputs: 16, outputs: 16, padding: 1)
    #expect(WinogradConvolution(shape, pools: pools).size == size)
  }

  // MARK: - Comparing

  /// Checks every outcome, without and with a pooling, for all instruction sets.
  private func check(_ operands: WinogradCase, isExact: Bool = false) {
    let size = operands.convolution.size
    let zeros = [Float](repeating: 0, count: operands.shape.outputChannels)
    for hasBias in [true, false] {
      for pools in size == .three ? [false] : [false, true] {
        let tiles = ReferenceTiles(operands.shape, size, pools: pools)
        let whole = operands.images.map { image in
          let expected = tiles.convolution(
            input: image.input, weights: image.weights, bias: hasBias ? image.bias : zeros)
          return isExact ? expected.exact : expected
        }
        check(operands.with(pools: pools), whole, hasBias: hasBias)
      }
    }
  }

  private func check(_ operands: WinogradCase, _ whole: [Expected], hasBias: Bool) {
    let pools = operands.convolution.pools
    let pooled = pools ? PooledWinogradReference(operands.shape, whole) : nil
    let expected =
      pooled?.expected
      ?? Expected(values: whole.flatMap(\.values), bounds: whole.flatMap(\.bounds))
    for instructionSet in InstructionSet.supported {
      let engine = engine(instructionSet)
      let transformed = operands.transformedWeights(engine)
      for outcome in WinogradCase.Outcome.all(pools: pools) where outcome.hasBias == hasBias {
        let what = "\(operands), \(outcome), \(instructionSet)"
        let (output, places) = operands.forward(engine, outcome, transformed: transformed)
        expect(output, equals: outcome.rectifies ? expected.rectified : expected, what)
        guard outcome.notesPlaces, let pooled else { continue }
        let wrong = places.indices.first { !pooled.isPossible(places[$0], at: $0) }
        #expect(places.count == expected.values.count && wrong == nil, "places of \(what)")
      }
    }
  }
}
