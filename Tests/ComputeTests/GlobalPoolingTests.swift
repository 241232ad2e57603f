// Pooling of whole maps to one value per channel, the mean or the maximum, and the gradients.

import Compute
import KernelInterface
import Testing

@Suite struct GlobalPoolingTests {
  static let sizes = MapSize.several.flatMap { [$0, $0.with(pixelGap: 5, rowGap: 3)] }

  @Test(arguments: InstructionSet.supported) func averagesAreThoseOfAllPixels(instructionSet: InstructionSet)
  {
    for size in Self.sizes {
      let values = randomFloats(size.count, seed: 1)
      let (map, output) = (GuardedFloats(size.layout, values), GuardedFloats(count: size.channels))
      engine(instructionSet).globalAverage(size.map(map), output: output.floats)
      let expected = (0..<size.channels).map { channel in
        let pixels = (0..<size.pixelCount).map { Rounded(values[$0 * size.channels + channel]) }
        return .sum(pixels) / Rounded(Float(size.pixelCount))
      }
      expect(output, equals: Expected(expected), "\(size)")
      expectUntouched(map, what: "\(size)")
    }
  }

  @Test(arguments: InstructionSet.supported, [false, true])
  func everyPixelGetsItsShareOfTheAveragesGradient(instructionSet: InstructionSet, accumulates: Bool) {
    for size in Self.sizes {
      let (gradient, start) = (randomFloats(size.channels, seed: 2), randomFloats(size.count, seed: 3))
      let output = GuardedFloats(gradient)
      let map = GuardedFloats(size.layout, accumulates ? start : nil)
      engine(instructionSet).globalAverageGradient(
        outputGradient: output.floats, inputGradient: size.map(map), accumulates: accumulates)
      let expected = start.indices.map { index in
        let share = Rounded(gradient[index % size.channels]) / Rounded(Float(size.pixelCount))
        return accumulates ? Rounded(start[index]) + share : share
      }
      expect(map, equals: Expected(expected), "\(size)")
      expectUntouched(output, what: "\(size)")
    }
  }

  @Test(arguments: InstructionSet.supported) func theFirstOfEqualMaximaWins(instructionSet: InstructionSet) {
    for size in Self.sizes {
      // Few different values make many ties.
      for values in [randomFloats(size.count, seed: 4), randomIntegers(size.count, seed: 5, bound: 1)] {
        let expected = Self.reference(size, values)
        for wantsPlaces in [true, false] {
          let (map, output) = (GuardedFloats(size.layout, values), GuardedFloats(count: size.channels))
          var places = [UInt32](repeating: .max, count: size.channels + 1)
          places.withUnsafeMutableBufferPointer { buffer in
            engine(instructionSet).globalMaximum(
              size.map(map), output: output.floats, places: wantsPlaces ? buffer : nil)
          }
          expect(output, equals: Expected(exactly: expected.values), "\(size)")
          let untouched = [UInt32](repeating: .max, count: size.channels)
          #expect(places == (wantsPlaces ? expected.places : untouched) + [.max], "\(size)")
          expectUntouched(map, what: "\(size)")
        }
      }
    }
  }

  @Test(arguments: InstructionSet.supported) func aNaNIsTheMaximum(instructionSet: InstructionSet) {
    let size = MapSize(height: 2, width: 3, channels: 16)
    for pixel in 0..<6 {
      var values = randomFloats(size.count, seed: 6)
      values[pixel * 16 + 5] = .nan
      let (map, output) = (GuardedFloats(size.layout, values), GuardedFloats(count: 16))
      var places = [UInt32](repeating: .max, count: 16)
      places.withUnsafeMutableBufferPointer { buffer in
        engine(instructionSet).globalMaximum(size.map(map), output: output.floats, places: buffer)
      }
      #expect(output.values.indices.allSatisfy { output.values[$0].isNaN == ($0 == 5) }, "pixel \(pixel)")
      #expect(places[5] == pixel)
      expectUntouched(map, what: "pixel \(pixel)")
    }
  }

  @Test(arguments: InstructionSet.supported, [false, true])
  func thePixelOfTheMaximumGetsTheGradient(instructionSet: InstructionSet, accumulates: Bool) {
    for size in Self.sizes {
      let (gradient, start) = (randomFloats(size.channels, seed: 7), randomFloats(size.count, seed: 8))
      let places = (0..<size.channels).map { UInt32($0 * 7 % size.pixelCount) }
      let output = GuardedFloats(gradient)
      let map = GuardedFloats(size.layout, accumulates ? start : nil)
      places.withUnsafeBufferPointer { buffer in
        engine(instructionSet).globalMaximumGradient(
          outputGradient: output.floats, places: buffer, inputGradient: size.map(map),
          accumulates: accumulates)
      }
      var expected = accumulates ? start : [Float](repeating: 0, count: size.count)
      for (channel, place) in places.enumerated() {
        expected[Int(place) * size.channels + channel] += gradient[channel]
      }
      expect(map, equals: Expected(exactly: expected), "\(size)")
      expectUntouched(output, what: "\(size)")
    }
  }

  /// The largest value of each channel and the first pixel that has it.
  private static func reference(_ size: MapSize, _ values: [Float]) -> (values: [Float], places: [UInt32]) {
    let places = (0..<size.channels).map { channel in
      (1..<max(size.pixelCount, 1)).reduce(0) { best, pixel in
        values[pixel * size.channels + channel] > values[best * size.channels + channel] ? pixel : best
      }
    }
    let maxima = places.enumerated().map { values[$0.element * size.channels + $0.offset] }
    return (maxima, places.map { UInt32($0) })
  }
}
