// Non-finite values in Winograd's convolution. They show in all values that they reach, may show in others of the same
// tile, and show in no other image or channel.

import Compute
import KernelInterface
import Testing

@Suite struct WinogradNonFiniteTests {
  private static let shape = WinogradTests.shape(height: 7, width: 9, inputs: 16, outputs: 32, padding: 1)
  /// Pixels at corners of the map and of tiles, and between them.
  private static let pixels = [(0, 0), (3, 4), (4, 3), (6, 8), (5, 7)]

  @Test(arguments: WinogradSize.allCases, [Float.nan, .infinity, -.infinity])
  func anInputShowsInAllValuesThatItReachesAndFewOthers(size: WinogradSize, intruder: Float) {
    for pools in size == .three ? [false] : [false, true] {
      let operands = WinogradCase(Self.shape, size, images: 2).with(pools: pools)
      // A ReLU makes −∞ 0, and the maximum of a window may be another value. A NaN stays a NaN in all of them.
      guard intruder.isNaN || !pools else { continue }
      let outcomes = intruder.isNaN ? WinogradCase.Outcome.all(pools: pools) : [WinogradCase.Outcome()]
      for outcome in outcomes { check(operands, outcome, intruder) }
    }
  }

  private func check(_ operands: WinogradCase, _ outcome: WinogradCase.Outcome, _ intruder: Float) {
    for instructionSet in InstructionSet.supported {
      let engine = engine(instructionSet)
      let transformed = operands.transformedWeights(engine)
      let usual = operands.forward(engine, outcome, transformed: transformed).output.values
      for (y, x) in Self.pixels {
        var input = operands.images[0].input
        input[(y * Self.shape.inputWidth + x) * 16 + 5] = intruder
        let values = operands.with(input: input, image: 0)
          .forward(engine, outcome, transformed: transformed).output.values
        let what = "\(intruder) at (\(y), \(x)) of \(operands), \(outcome), \(instructionSet)"
        expectOnlyWhatIsReached(values, usual, operands, y: y, x: x, what)
      }
    }
  }

  private func expectOnlyWhatIsReached(
    _ values: [Float], _ usual: [Float], _ operands: WinogradCase, y: Int, x: Int, _ what: String
  ) {
    let (height, width) = operands.resultSize
    let tiles = ReferenceTiles(
      Self.shape, operands.convolution.size, pools: operands.convolution.pools
    ).tiles
    let step = operands.convolution.pools ? 2 : 1
    for index in values.indices {
      let pixel = index / 32
      let (row, column) = (pixel / width % height * step, pixel % width * step)
      // The pixels that a value or a pooling window reads, and those that its tile reads.
      let reach = (row - 1..<row + step + 1, column - 1..<column + step + 1)
      let place = tiles.first {
        ($0.y..<$0.y + $0.height).contains(row) && ($0.x..<$0.x + $0.width).contains(column)
      }!
      let tile = (place.y - 1..<place.y + place.height + 1, place.x - 1..<place.x + place.width + 1)
      let isFirst = pixel < height * width
      if isFirst, reach.0.contains(y), reach.1.contains(x) {
        if values[index].isFinite { Issue.record("(\(row), \(column)) is finite: \(what)") }
      } else if !isFirst || !tile.0.contains(y) || !tile.1.contains(x) {
        if values[index].bitPattern != usual[index].bitPattern {
          Issue.record("(\(row), \(column)) has changed: \(what)")
        }
      }
    }
  }

  @Test(arguments: WinogradSize.allCases, InstructionSet.supported)
  func aNaNWeightShowsOnlyInItsChannels(size: WinogradSize, instructionSet: InstructionSet) {
    let shape = WinogradTests.shape(height: 5, width: 6, inputs: 16, outputs: 32, padding: 1)
    let engine = engine(instructionSet)
    for tap in 0..<9 {
      var weights = WinogradCase(shape, size).weights
      weights[(tap * 16 + 3) * 32 + 7] = .nan
      let operands = WinogradCase(shape, size, images: 2).with(weights: weights)
      for outcome in WinogradCase.Outcome.all(pools: false) {
        let values = operands.forward(
          engine, outcome, transformed: operands.transformedWeights(engine)
        ).output.values
        #expect(
          values.indices.allSatisfy { values[$0].isNaN == ($0 % 32 == 7) }, "tap \(tap), \(outcome)")
      }
      let gradient = WinogradBackward(operands, engine).inputGradients(start: nil).values
      #expect(gradient.indices.allSatisfy { gradient[$0].isNaN == ($0 % 16 == 3) }, "tap \(tap), gradient")
    }
  }

  /// It shows around its place in the input gradient of its image, and in all taps of its channel in the weight
  /// gradient.
  @Test(arguments: WinogradSize.allCases, InstructionSet.supported)
  func aNaNOutputGradientShowsInTheGradientsThatItReaches(size: WinogradSize, instructionSet: InstructionSet)
  {
    let engine = engine(instructionSet)
    let operands = WinogradCase(Self.shape, size, images: 2)
    let usual = (
      WinogradBackward(operands, engine).inputGradients(start: nil).values,
      WinogradBackward.weightGradient(operands, engine, imagesPerBlock: 2).values
    )
    for (y, x) in [(3, 4), (4, 3), (5, 7)] {
      var gradient = operands.images[1].outputGradient
      gradient[(y * 9 + x) * 32 + 7] = .nan
      let changed = operands.with(outputGradient: gradient, image: 1)
      let inputs = WinogradBackward(changed, engine).inputGradients(start: nil).values
      let imageCount = inputs.count / 2
      #expect(inputs[..<imageCount] == usual.0[..<imageCount], "the other image")
      for (row, column) in [(y - 1, x - 1), (y, x), (y + 1, x + 1)] {
        let start = imageCount + (row * 9 + column) * 16
        #expect(inputs[start..<start + 16].allSatisfy { $0.isNaN }, "(\(row), \(column))")
      }
      #expect(inputs[imageCount..<imageCount + 16].allSatisfy { $0.isFinite })
      let weights = WinogradBackward.weightGradient(changed, engine, imagesPerBlock: 2).values
      for index in weights.indices {
        guard index % 32 != 7 ? weights[index] != usual.1[index] : !weights[index].isNaN else { continue }
        Issue.record("weight gradient \(index) for (\(y), \(x)), tiles of \(size)")
      }
    }
  }
}
