// Sums and copies of maps: with gaps, in place, and with any number of channels, as in concatenations.

import Compute
import KernelInterface
import Testing

@Suite struct WholeMapTests {
  @Test(arguments: InstructionSet.supported) func mapsAreAddedAndCopied(instructionSet: InstructionSet) {
    let engine = engine(instructionSet)
    for size in MapSize.several {
      for targetSize in [size, size.with(pixelGap: 3, rowGap: 5)] {
        let (values, start) = (randomFloats(size.count, seed: 1), randomFloats(size.count, seed: 2))
        let source = GuardedFloats(size.layout, values)
        let sum = GuardedFloats(targetSize.layout, start)
        let copy = GuardedFloats(targetSize.layout)
        engine.addMap(size.map(source), to: targetSize.map(sum))
        engine.copyMap(size.map(source), to: targetSize.map(copy))
        expect(sum, equals: Expected(exactly: zip(values, start).map { $0 + $1 }), "sum, \(targetSize)")
        expect(copy, equals: Expected(exactly: values), "copy, \(targetSize)")
        expectUntouched(source, what: "\(targetSize)")
      }
    }
  }

  /// Numbers of channels from 1 to more than two vectors of any width, and offsets that are not multiples of a vector.
  @Test(arguments: InstructionSet.supported, [1, 3, 4, 5, 8, 15, 16, 17, 18, 33, 48])
  func channelsAreAddedAndCopiedAtAnOffset(instructionSet: InstructionSet, channels: Int) {
    let engine = engine(instructionSet)
    for offset in [0, 1, 16, 18] {
      let what = "\(channels) channels at \(offset)"
      let size = MapSize(height: 3, width: 2, channels: channels, pixelGap: 2, rowGap: 1)
      let all = MapSize(height: 3, width: 2, channels: offset + channels + 7)
      let values = randomFloats(size.count, seed: 3)
      let start = randomFloats(all.count, seed: 4)
      let source = GuardedFloats(size.layout, values)
      let (sum, copy) = (GuardedFloats(all.layout, start), GuardedFloats(all.layout, start))
      engine.addMap(size.map(source), to: all.map(sum), channelOffset: offset)
      engine.copyMap(size.map(source), to: all.map(copy), channelOffset: offset)
      var (expectedSum, expectedCopy) = (start, start)
      for (index, value) in values.enumerated() {
        let place = index / channels * all.channels + offset + index % channels
        expectedSum[place] += value
        expectedCopy[place] = value
      }
      expect(sum, equals: Expected(exactly: expectedSum), "sum of \(what)")
      expect(copy, equals: Expected(exactly: expectedCopy), "copy of \(what)")
      expectUntouched(source, what: what)
      // The other direction, for the channels of a concatenation's gradient.
      let back = GuardedFloats(size.layout)
      engine.copyMap(all.map(copy).channels(offset..<offset + channels), to: size.map(back))
      expect(back, equals: Expected(exactly: values), "channels of \(what)")
    }
  }

  @Test(arguments: InstructionSet.supported) func mapsAreSummedAndActivated(instructionSet: InstructionSet) {
    for size in MapSize.several {
      for activation in [nil, .relu, .gelu] as [Activation?] {
        let gaps = size.with(pixelGap: 16, rowGap: 3)
        let what = "\(size), \(String(describing: activation))"
        let (a, b) = (randomFloats(size.count, seed: 5, scale: 3), randomFloats(size.count, seed: 6))
        let (first, second) = (GuardedFloats(size.layout, a), GuardedFloats(gaps.layout, b))
        let output = GuardedFloats(gaps.layout)
        let sums = zip(a, b).map { Rounded($0) + Rounded($1) }
        let expected = Expected(sums.map { activation?.rounded($0) ?? $0 })
        engine(instructionSet).sumMaps(
          size.map(first), gaps.map(second), activation: activation, output: gaps.map(output))
        expect(output, equals: expected, what)
        expectUntouched(first, second, what: what)
        engine(instructionSet).sumMaps(
          size.map(first), gaps.map(second), activation: activation, output: size.map(first))
        expect(first, equals: expected, "\(what), in place")
        expectUntouched(second, what: what)
      }
    }
  }

  @Test(arguments: InstructionSet.supported) func mapsAreScaled(instructionSet: InstructionSet) {
    for size in MapSize.several.flatMap({ [$0, $0.with(pixelGap: 5, rowGap: 9)] }) {
      let values = randomFloats(size.count, seed: 7)
      let map = GuardedFloats(size.layout, values)
      engine(instructionSet).scaleMap(size.map(map), by: 0.3)
      expect(map, equals: Expected(values.map { Rounded($0) * Rounded(0.3) }), "\(size)")
    }
  }

  @Test(arguments: InstructionSet.supported) func emptyMapsAreNotWritten(instructionSet: InstructionSet) {
    let engine = engine(instructionSet)
    for size in [(0, 3, 16), (3, 0, 16), (3, 3, 0)].map({ MapSize(height: $0, width: $1, channels: $2) }) {
      let memory = GuardedFloats([1, 2, 3])
      let map = FeatureMap(memory.floats, height: size.height, width: size.width, channels: size.channels)
      engine.addMap(map, to: map)
      engine.copyMap(map, to: map)
      engine.sumMaps(map, map, activation: .gelu, output: map)
      engine.scaleMap(map, by: 2)
      engine.activate(.relu, input: map, output: map)
      engine.activationBackward(.relu, gradient: map, values: map)
      expectUntouched(memory, what: "\(size)")
    }
  }
}
