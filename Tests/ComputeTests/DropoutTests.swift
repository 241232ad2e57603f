// Dropout drops the requested share of values, chosen without a pattern, and the same ones backward as forward.
//
// The counts below are deterministic, since keys are fixed. Bounds are five standard deviations of independent choices:
// a hash without a flaw fails one of the few hundred with a probability of 10⁻⁴, once and for all.

import Compute
import KernelInterface
import RandomNumbers
import Testing

@Suite struct DropoutTests {
  static let probabilities = [0.1, 0.2, 0.5, 0.9]
  private static let count = 1 << 16
  private static let keys: [(UInt32, UInt32)] = {
    var random = SplitMix64(seed: 1)
    return (0..<6).map { _ in
      (UInt32(truncatingIfNeeded: random.next()), UInt32(truncatingIfNeeded: random.next()))
    }
  }()

  /// Whether each of `count` values in a row is dropped.
  private func dropped(
    _ instructionSet: InstructionSet, _ mask: DropoutMask, count: Int = count, firstIndex: Int = 0
  ) -> [Bool] {
    let values = GuardedFloats([Float](repeating: 1, count: count))
    engine(instructionSet).drop(
      Rows(values.floats, stride: count), rowCount: 1, columns: count, firstIndex: firstIndex, mask: mask)
    #expect(values.isIntact)
    #expect(values.values.allSatisfy { $0 == 0 || $0 == mask.scale })
    return values.values.map { $0 == 0 }
  }

  /// Whether a count of events, each of probability `chance`, is within five standard deviations of the expected count.
  private func isPlausible(_ count: Int, of total: Int, chance: Double) -> Bool {
    abs(Double(count) - Double(total) * chance) <= 5 * (Double(total) * chance * (1 - chance)).squareRoot()
  }

  @Test(arguments: InstructionSet.supported, probabilities)
  func dropsTheRequestedShareAndScalesTheRest(instructionSet: InstructionSet, probability: Double) {
    for key in Self.keys {
      let mask = DropoutMask(key: key, probability: probability)
      #expect(mask.scale == Float(1 / (1 - probability)))
      let isDropped = dropped(instructionSet, mask)
      #expect(isPlausible(isDropped.count { $0 }, of: isDropped.count, chance: probability), "key \(key)")
    }
  }

  @Test(arguments: probabilities) func choosesWithoutAPattern(probability: Double) {
    for key in Self.keys {
      let isDropped = dropped(.best, DropoutMask(key: key, probability: probability))
      // Neighbours, the same column of the next row, and lanes of a vector are independent of each other.
      for distance in [1, 2, 3, 8, 16, 32, 256, 512, 528, 1024] {
        let pairs = zip(isDropped, isDropped.dropFirst(distance)).count { $0 && $1 }
        #expect(
          isPlausible(pairs, of: isDropped.count - distance, chance: probability * probability),
          "key \(key), distance \(distance)")
      }
      for column in 0..<32 {
        let inColumn = stride(from: column, to: isDropped.count, by: 32).count { isDropped[$0] }
        #expect(
          isPlausible(inColumn, of: isDropped.count / 32, chance: probability), "key \(key), column \(column)"
        )
      }
    }
  }

  @Test(arguments: probabilities) func eachKeyHasItsOwnMask(probability: Double) {
    let key = Self.keys[0]
    let others = Self.keys.dropFirst() + [(key.0 &+ 1, key.1), (key.0, key.1 &+ 1), (key.1, key.0)]
    let isDropped = dropped(.best, DropoutMask(key: key, probability: probability))
    for other in others {
      let isDroppedByOther = dropped(.best, DropoutMask(key: other, probability: probability))
      let both = zip(isDropped, isDroppedByOther).count { $0 && $1 }
      #expect(
        isPlausible(both, of: isDropped.count, chance: probability * probability), "\(key) and \(other)")
    }
  }

  @Test(arguments: InstructionSet.supported)
  func backwardDropsTheSameValuesInAnyBlocks(instructionSet: InstructionSet) {
    let mask = DropoutMask(key: Self.keys[1], probability: 0.2)
    let (rowCount, columns, stride) = (9, 48, 64)
    let whole = dropped(instructionSet, mask, count: rowCount * stride, firstIndex: 1 << 20)
    let gradient = randomIntegers(rowCount * columns, seed: 2).map { $0 + 5 }
    let values = GuardedFloats(.rows(rowCount, columns, stride: stride), gradient)
    // In blocks of rows and columns, as the threads of a dense layer process them.
    for (rows, block) in [(0..<4, 0..<16), (0..<4, 16..<48), (4..<9, 0..<32), (4..<9, 32..<48)] {
      let start = rows.lowerBound * stride + block.lowerBound
      engine(instructionSet).drop(
        Rows(Floats(rebasing: values.floats[start...]), stride: stride), rowCount: rows.count,
        columns: block.count,
        firstIndex: 1 << 20 + start, mask: mask)
    }
    let expected = gradient.indices.map { index in
      whole[index / columns * stride + index % columns] ? 0 : gradient[index] * mask.scale
    }
    expect(values, equals: Expected(exactly: expected), "in blocks")
  }

  @Test func allInstructionSetsDropTheSameValues() {
    let mask = DropoutMask(key: Self.keys[2], probability: 0.3)
    let masks = InstructionSet.supported.map { dropped($0, mask, firstIndex: 12_345) }
    #expect(masks.allSatisfy { $0 == masks[0] })
  }

  @Test(arguments: InstructionSet.supported) func probabilityZeroChangesNothing(
    instructionSet: InstructionSet
  ) {
    let values = GuardedFloats(randomFloats(4096, seed: 3))
    engine(instructionSet).drop(
      Rows(values.floats, stride: 4096), rowCount: 1, columns: 4096, firstIndex: 0,
      mask: DropoutMask(key: Self.keys[3], probability: 0))
    expectUntouched(values, what: "probability 0")
  }

  @Test(arguments: InstructionSet.supported) func indicesBeyond32BitsWrapAround(
    instructionSet: InstructionSet
  ) {
    let mask = DropoutMask(key: Self.keys[4], probability: 0.5)
    let isDropped = dropped(instructionSet, mask, count: 64, firstIndex: 1 << 32 - 32)
    #expect(Array(isDropped[32...]) == dropped(instructionSet, mask, count: 32, firstIndex: 0))
  }
}
