// Max-pooling and average pooling forward and backward: sizes, strides, ties, gaps in memory, margins, NaN and
// infinity.

import Compute
import KernelInterface
import Testing

@Suite struct PoolingTests {
  /// Strides smaller than, equal to and larger than the window; one pooled pixel, an odd map, 16 and 48 channels.
  static func shapes(size: Int) -> [PoolingShape] {
    Set([1, 2, size - 1, size, size + 1]).filter { $0 >= 1 }.sorted().flatMap { stride in
      [(1, 1, 16), (2, 3, 48), (5, 3, 16)].map { outHeight, outWidth, channels in
        PoolingShape(
          outHeight: outHeight, outWidth: outWidth, channels: channels, size: size, stride: stride,
          rest: outWidth % 2 == 0 ? 0 : stride - 1)
      }
    }
  }

  @Test(arguments: InstructionSet.supported, [1, 2, 3, 4, 16])
  func forwardFindsTheFirstMaximum(instructionSet: InstructionSet, size: Int) {
    for shape in Self.shapes(size: size) {
      let count = shape.height * shape.width * shape.channels
      // Seven different numbers make ties. A map below zero reveals a maximum that starts from 0.
      check(engine(instructionSet), shape, input: randomIntegers(count, seed: 1, bound: 3), "ties")
      check(engine(instructionSet), shape, input: randomFloats(count, seed: 2), "random")
      check(engine(instructionSet), shape, input: randomFloats(count, seed: 3).map { $0 - 2 }, "negative")
    }
  }

  @Test(arguments: InstructionSet.supported, [1, 2, 3, 4, 16])
  func backwardAddsEachGradientAtThePlaceOfItsMaximum(instructionSet: InstructionSet, size: Int) {
    let engine = engine(instructionSet)
    for shape in Self.shapes(size: size) {
      let layouts = PoolingLayouts(shape)
      let gradient = GuardedFloats(
        layouts.output, randomIntegers(shape.outputCount, seed: 4, bound: 1).map { $0 * 0.3 })
      let places = GuardedBytes(randomBytes(shape.outputCount, seed: 5, below: size * size))
      let inputCount = shape.height * shape.width * shape.channels
      let inputGradient = GuardedFloats(layouts.input, randomFloats(inputCount, seed: 6))
      let expected = referencePoolGradient(
        shape, outputGradient: gradient.values, places: places.values, startingFrom: inputGradient.values)
      engine.addPoolGradient(
        layouts.window, rowCount: shape.outHeight, outputGradient: gradient.floats, places: places.bytes,
        inputGradient: inputGradient.floats)
      expect(inputGradient, equals: expected, shape.description)
      expectUntouched(gradient, what: shape.description)
      #expect(places.isIntact)
    }
  }

  @Test(arguments: InstructionSet.supported, [2, 3]) func aNaNAnywhereInAWindowIsItsMaximum(
    instructionSet: InstructionSet, size: Int
  ) {
    let shape = PoolingShape(outHeight: 1, outWidth: 1, channels: 16, size: size, stride: size)
    let layouts = PoolingLayouts(shape)
    for place in 0..<size * size {
      var values = randomFloats(size * size * 16, seed: 7)
      values[place * 16 + 5] = .nan
      let input = GuardedFloats(layouts.input, values)
      let output = GuardedFloats(layouts.output)
      let places = GuardedBytes(count: 16)
      let engine = engine(instructionSet)
      engine.pool(
        layouts.window, rowCount: 1, input: input.floats, output: output.floats, places: places.bytes)
      #expect(output.values.map(\.isNaN) == (0..<16).map { $0 == 5 }, "place \(place)")
      #expect(places.values[5] == UInt8(place))
      engine.pool(layouts.window, rowCount: 1, input: input.floats, output: output.floats, places: nil)
      #expect(output.values.map(\.isNaN) == (0..<16).map { $0 == 5 }, "place \(place), without places")
      expectUntouched(input, what: "place \(place)")
    }
  }

  /// Windows of 2 × 2 have separate code. Each channel has one of all windows of four numbers out of three.
  @Test(arguments: InstructionSet.supported) func everyOrderOfFourValuesGivesTheFirstMaximum(
    instructionSet: InstructionSet
  ) {
    let shape = PoolingShape(outHeight: 1, outWidth: 1, channels: 96, size: 2, stride: 2)
    var values: [Float] = []
    for divisor in [1, 3, 9, 27] {
      for channel in 0..<96 { values.append(Float(channel / divisor % 3 - 1)) }
    }
    check(engine(instructionSet), shape, input: values, "all orders")
  }

  /// Any of several NaNs may be the maximum, but it must be one of them.
  @Test(arguments: InstructionSet.supported) func oneOfSeveralNaNsIsTheMaximum(instructionSet: InstructionSet)
  {
    let shape = PoolingShape(outHeight: 1, outWidth: 1, channels: 16, size: 2, stride: 2)
    let layouts = PoolingLayouts(shape)
    // The bits of a channel say which of its four values are NaN.
    let values = (0..<4 * 16).map { (index: Int) -> Float in
      let (place, channel) = (index / 16, index % 16)
      return channel >> place & 1 == 1 ? .nan : Float(index)
    }
    let input = GuardedFloats(layouts.input, values)
    let output = GuardedFloats(layouts.output)
    let places = GuardedBytes(count: 16)
    engine(instructionSet).pool(
      layouts.window, rowCount: 1, input: input.floats, output: output.floats, places: places.bytes)
    for channel in 1..<16 {
      #expect(output.values[channel].isNaN, "channel \(channel)")
      #expect(channel >> Int(places.values[channel]) & 1 == 1, "channel \(channel)")
    }
    #expect(output.values[0] == 48 && places.values[0] == 3)
    expectUntouched(input, what: "input")
  }

  @Test(arguments: InstructionSet.supported) func infinitiesAreOrdinaryValues(instructionSet: InstructionSet)
  {
    let shape = PoolingShape(outHeight: 1, outWidth: 2, channels: 16, size: 2, stride: 2)
    var values = [Float](repeating: -.infinity, count: 2 * 4 * 16)
    values[7 * 16 + 3] = .infinity
    check(engine(instructionSet), shape, input: values, "infinities", isFinite: false)
  }

  private func check(
    _ engine: Engine, _ shape: PoolingShape, input values: [Float], _ kind: String, isFinite: Bool = true
  ) {
    let what = "\(shape), \(kind)"
    let layouts = PoolingLayouts(shape)
    let expected = referencePool(shape, input: values)
    for wantsPlaces in [true, false] {
      let input = GuardedFloats(layouts.input, values)
      let output = GuardedFloats(layouts.output)
      let places = GuardedBytes(count: shape.outputCount)
      engine.pool(
        layouts.window, rowCount: shape.outHeight, input: input.floats, output: output.floats,
        places: wantsPlaces ? places.bytes : nil)
      if isFinite {
        expect(output, equals: Expected(exactly: expected.values), what)
      } else {
        #expect(output.values == expected.values && output.isIntact, "\(what)")
      }
      if wantsPlaces { #expect(places.values == expected.places, "\(what)") }
      #expect(places.isIntact)
      expectUntouched(input, what: what)
    }
  }
}

// MARK: - Average pooling

@Suite struct AveragePoolingTests {
  @Test(arguments: InstructionSet.supported, [1, 2, 3, 5])
  func pooledValuesAreMeans(instructionSet: InstructionSet, size: Int) {
    for shape in PoolingTests.shapes(size: size) {
      let values = randomFloats(shape.height * shape.width * shape.channels, seed: 1)
      let layouts = PoolingLayouts(shape)
      let (input, output) = (GuardedFloats(layouts.input, values), GuardedFloats(layouts.output))
      engine(instructionSet).averagePool(
        layouts.window, rowCount: shape.outHeight, input: input.floats, output: output.floats)
      expect(output, equals: referenceAveragePool(shape, input: values), "\(shape)")
      expectUntouched(input, what: "\(shape)")
    }
  }

  @Test(arguments: InstructionSet.supported, [1, 2, 3, 5])
  func gradientsAreDistributedAndAdded(instructionSet: InstructionSet, size: Int) {
    for shape in PoolingTests.shapes(size: size) {
      let start = randomFloats(shape.height * shape.width * shape.channels, seed: 2)
      let gradient = randomFloats(shape.outputCount, seed: 3)
      let layouts = PoolingLayouts(shape)
      let outputGradient = GuardedFloats(layouts.output, gradient)
      let inputGradient = GuardedFloats(layouts.input, start)
      engine(instructionSet).addAveragePoolGradient(
        layouts.window, rowCount: shape.outHeight, outputGradient: outputGradient.floats,
        inputGradient: inputGradient.floats)
      let expected = referenceAveragePoolGradient(shape, outputGradient: gradient, startingFrom: start)
      expect(inputGradient, equals: expected, "\(shape)")
      expectUntouched(outputGradient, what: "\(shape)")
    }
  }

  /// Windows of 3 × 3 over a map of ones with a margin of zeros: a corner's mean is 4/9, an edge's 6/9.
  @Test(arguments: InstructionSet.supported) func aMarginCountsAsZeros(instructionSet: InstructionSet) {
    let layout = Layout.map(
      height: 3, width: 3, channels: 16, pixelStride: 16, rowStride: 5 * 16, origin: 6 * 16, capacity: 25 * 16
    )
    let input = GuardedFloats(layout, [Float](repeating: 1, count: 9 * 16), filler: 0)
    let output = GuardedFloats(count: 9 * 16)
    let window = PoolingWindow(
      size: 3, stride: 1, outWidth: 3, channels: 16, inputRowStride: 5 * 16, inputPixelStride: 16,
      outputRowStride: 3 * 16)
    engine(instructionSet).averagePool(window, rowCount: 3, input: input.floats, output: output.floats)
    let ones: [Float] = [4, 6, 4, 6, 9, 6, 4, 6, 4]
    let expected = ones.flatMap { [Rounded](repeating: Rounded($0) / Rounded(9), count: 16) }
    expect(output, equals: Expected(expected), "a margin of zeros")
    expectUntouched(input, what: "a margin of zeros")
  }
}
