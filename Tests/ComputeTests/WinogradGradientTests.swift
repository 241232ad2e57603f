// The gradients of Winograd's convolution against the naive ones: maps of every parity, all channels, several images,
// sums that begin with a start, poolings, and exact results if possible.

import Compute
import KernelInterface
import Testing

@Suite struct WinogradGradientTests {
  @Test(arguments: WinogradSize.allCases, [false, true])
  func inputGradientMatchesTheReferenceOnEveryMap(size: WinogradSize, accumulates: Bool) {
    for (shape, images) in WinogradTests.maps {
      checkInputGradient(WinogradCase(shape, size, images: images), accumulates: accumulates)
    }
  }

  @Test(arguments: WinogradSize.allCases)
  func weightGradientMatchesTheReferenceOnEveryMap(size: WinogradSize) {
    for (shape, images) in WinogradTests.maps {
      checkWeightGradient(WinogradCase(shape, size, images: images), imagesPerBlock: images)
    }
  }

  @Test(arguments: WinogradSize.allCases) func gradientsMatchTheReferenceForAllChannels(size: WinogradSize) {
    for (index, inputs) in WinogradTests.channelCounts.enumerated() {
      for outputs in WinogradTests.channelCounts {
        let shape = WinogradTests.shape(
          height: 4, width: 5, inputs: inputs, outputs: outputs, padding: index % 3)
        let operands = WinogradCase(shape, size, images: 2)
        checkInputGradient(operands, accumulates: outputs % 32 == 0)
        checkWeightGradient(operands, imagesPerBlock: 1)
      }
    }
  }

  /// Only the places of maxima have a gradient. Odd maps have pixels that no window takes. If an input pixel has no
  /// term at all, its gradient is 0, and not the old contents of memory.
  @Test(arguments: [WinogradSize.two, .four], [false, true])
  func gradientsAfterAPoolingMatchTheReference(size: WinogradSize, accumulates: Bool) {
    for (index, (height, width)) in [(2, 2), (3, 3), (5, 4), (7, 9), (8, 6), (11, 13), (5, 2)].enumerated() {
      for padding in 0...2 {
        let shape = WinogradTests.shape(
          height: height, width: width, inputs: WinogradTests.channelCounts[index % 5],
          outputs: WinogradTests.channelCounts[(index + padding) % 5], padding: padding, moreMargin: 1)
        let operands = WinogradCase(shape, size, pools: true, images: 2)
        checkInputGradient(operands, accumulates: accumulates)
        checkWeightGradient(operands, imagesPerBlock: 2)
      }
    }
  }

  /// Without padding, the last row and column of the input of an odd map reach no window, and no tile either, whose
  /// rounding errors they would have.
  @Test(arguments: [WinogradSize.two, .four], InstructionSet.supported)
  func pixelsThatReachNoPoolingWindowHaveNoGradient(size: WinogradSize, instructionSet: InstructionSet) {
    for side in [3, 5, 7, 9, 11, 13] {
      let shape = WinogradTests.shape(height: side, width: side, inputs: 16, outputs: 16, padding: 0)
      let operands = WinogradCase(shape, size, pools: true)
      let result = WinogradBackward(operands, engine(instructionSet)).inputGradients(start: nil).values
      for (index, value) in result.enumerated() {
        let (y, x) = (index / 16 / shape.inputWidth, index / 16 % shape.inputWidth)
        guard max(y, x) == shape.inputHeight - 1 else { continue }
        #expect(value == 0, "(\(y), \(x)) of \(operands)")
      }
    }
  }

  /// Rows of tiles that are cut into several blocks, and more tiles than a product of the sums has terms.
  @Test(arguments: WinogradSize.allCases, [(40, 40), (5, 139)])
  func gradientsOfLargeMapsMatchTheReference(size: WinogradSize, map: (height: Int, width: Int)) {
    let shape = WinogradTests.shape(height: map.height, width: map.width, inputs: 32, outputs: 16, padding: 1)
    let operands = WinogradCase(shape, size, images: 3)
    #expect(3 * operands.convolution.tileCount > 128)
    checkInputGradient(operands, accumulates: false)
    checkInputGradient(operands, accumulates: true)
    checkWeightGradient(operands, imagesPerBlock: 2)
  }

  /// More images than an input gradient processes together, in blocks of the weight gradient that do not divide evenly.
  @Test(arguments: WinogradSize.allCases, [2, 3, 7])
  func gradientsOfManyImagesMatchTheReference(size: WinogradSize, side: Int) {
    let shape = WinogradTests.shape(height: side, width: side, inputs: 16, outputs: 32, padding: 1)
    let count = 2 * WinogradConvolution(shape, size: size).imagesPerBlock + 1
    let operands = WinogradCase(shape, size, images: count)
    checkInputGradient(operands, accumulates: true)
    for imagesPerBlock in [1, 5, count] { checkWeightGradient(operands, imagesPerBlock: imagesPerBlock) }
  }

  @Test(arguments: WinogradSize.allCases) func gradientsOfWideLayersMatchTheReference(size: WinogradSize) {
    for (inputs, outputs) in [(320, 16), (112, 96), (64, 208)] {
      let shape = WinogradTests.shape(height: 6, width: 5, inputs: inputs, outputs: outputs, padding: 1)
      let operands = WinogradCase(shape, size, images: 2)
      checkInputGradient(operands, accumulates: false)
      checkWeightGradient(operands, imagesPerBlock: 2)
    }
  }

  /// An image's gradient has the same bits, whatever images are processed with it. Images whose tiles are in a common
  /// order may come in several runs, and a run may have images of several orders.
  @Test(arguments: WinogradSize.allCases, InstructionSet.supported)
  func imagesOfABlockCanBeProcessedInAnyRuns(size: WinogradSize, instructionSet: InstructionSet) {
    for (height, width, channels) in [(7, 6, 48), (7, 7, 32), (14, 13, 64), (30, 31, 32)] {
      let shape = WinogradTests.shape(
        height: height, width: width, inputs: channels, outputs: channels, padding: 1)
      let count = height < 14 ? 2 * WinogradConvolution(shape, size: size).imagesPerBlock + 3 : 5
      let backward = WinogradBackward(WinogradCase(shape, size, images: count), engine(instructionSet))
      let all = backward.inputGradients(start: nil).values
      let parts: [Float] = [0..<1, 1..<count - 3, count - 3..<count].flatMap {
        backward.inputGradients(images: $0, start: nil).values
      }
      #expect(all == parts && all.allSatisfy { $0.isFinite }, "\(height) × \(width)")
    }
  }

  /// Halves of halves of whole numbers are exact too.
  @Test func gradientsInTilesOfTwoAreExactOnWholeNumbers() {
    for (height, width) in [(2, 2), (4, 4), (5, 9), (8, 15)] {
      for padding in 0...2 {
        let shape = WinogradTests.shape(
          height: height, width: width, inputs: 32, outputs: 48, padding: padding, moreMargin: 1)
        for pools in [false, true] {
          let operands = WinogradCase(shape, .two, pools: pools, images: 3) {
            randomIntegers($0, seed: $1, bound: 2)
          }
          for accumulates in [false, true] {
            checkInputGradient(operands, accumulates: accumulates, isExact: true)
          }
          checkWeightGradient(operands, imagesPerBlock: 2, isExact: true)
        }
      }
    }
  }

  /// The weights of padding channels have no gradient, whatever the memory of their sums held before.
  @Test(arguments: WinogradSize.allCases, InstructionSet.supported)
  func paddedInputsHaveNoWeightGradient(size: WinogradSize, instructionSet: InstructionSet) {
    for (inputs, filled) in [(16, 3), (64, 18), (64, 33), (80, 65)] {
      let shape = WinogradTests.shape(
        height: 5, width: 6, inputs: inputs, outputs: 48, padding: 1, filledInputs: filled)
      let operands = WinogradCase(shape, size, images: 3) { count, seed in
        let values = randomFloats(count, seed: seed)
        return values.indices.map { seed % 10 != 1 || $0 % inputs < filled ? values[$0] : 0 }
      }
      let expected = ReferenceTiles(shape, size).weightGradient(operands.images)
      let gradient = WinogradBackward.weightGradient(operands, engine(instructionSet), imagesPerBlock: 2)
      expect(gradient, equals: expected, "\(filled) of \(operands)")
      let padding = gradient.values.indices.filter { $0 / 48 % inputs >= filled }
      #expect(padding.allSatisfy { gradient.values[$0] == 0 }, "\(filled) of \(operands)")
    }
  }

  // MARK: - Comparing

  private func checkInputGradient(_ operands: WinogradCase, accumulates: Bool, isExact: Bool = false) {
    let shape = operands.shape
    let count = shape.inputHeight * shape.inputWidth * shape.inputChannels
    let starts = operands.images.indices.map { accumulates ? randomIntegers(count, seed: 9 + $0) : nil }
    let tiles = ReferenceTiles(shape, operands.convolution.size, pools: operands.convolution.pools)
    let images = zip(operands.images, starts).map { tiles.inputGradient($0, start: $1) }
    var expected = Expected(values: images.flatMap(\.values), bounds: images.flatMap(\.bounds))
    if isExact { expected = expected.exact }
    for instructionSet in InstructionSet.supported {
      let result = WinogradBackward(operands, engine(instructionSet))
        .inputGradients(start: accumulates ? starts.flatMap { $0! } : nil)
      expect(
        result, equals: expected,
        "input gradient of \(operands), \(instructionSet)\(accumulates ? ", added" : "")")
    }
  }

  private func checkWeightGradient(_ operands: WinogradCase, imagesPerBlock: Int, isExact: Bool = false) {
    var expected = ReferenceTiles(
      operands.shape, operands.convolution.size, pools: operands.convolution.pools
    ).weightGradient(operands.images)
    if isExact { expected = expected.exact }
    for instructionSet in InstructionSet.supported {
      let result = WinogradBackward.weightGradient(
        operands, engine(instructionSet), imagesPerBlock: imagesPerBlock)
      expect(result, equals: expected, "weight gradient of \(operands), \(instructionSet)")
    }
  }
}
