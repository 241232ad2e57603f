import Testing

@testable import Evaluation

@Suite struct ExactSumTests {
  private struct Noise: RandomNumberGenerator {
    var state: UInt64
    mutating func next() -> UInt64 {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return state ^ state >> 29
    }
  }

  /// Terms that are multiples of 2^-40 below 2^63. In that unit their sum fits an Int128, which Swift rounds to Double.
  private func terms(_ random: inout Noise) -> [(exact: Int128, term: Double)] {
    (0..<Int.random(in: 0...300, using: &random)).map { _ in
      let digits = Int128(Int.random(in: -(1 << 22)...(1 << 22), using: &random))
      let exact = digits << Int128(Int.random(in: 0...80, using: &random))
      return (exact, Double(exact) * 0x1p-40)
    }
  }

  @Test func sumsAreRoundedOnceInAnyOrder() {
    var random = Noise(state: 9)
    for _ in 0..<200 {
      let terms = terms(&random)
      let exact = terms.reduce(Int128(0)) { $0 + $1.exact }
      let sum = ExactSum(terms.map(\.term))
      #expect(sum.value == Double(exact) * 0x1p-40)
      let shuffled = ExactSum(terms.map(\.term).shuffled(using: &random))
      #expect(shuffled.components == sum.components)
      // In two parts, one of which passed through its components, as a report stores them.
      let cut = Int.random(in: 0...terms.count, using: &random)
      var joined = ExactSum(ExactSum(terms[..<cut].map(\.term)).components)
      joined.add(ExactSum(terms[cut...].map(\.term)))
      #expect(joined == sum)
    }
  }

  @Test func laterTermsDecideHowHalvesAreRounded() {
    #expect(ExactSum([1, 0x1p-53]).value == 1)
    #expect(ExactSum([1, 0x1p-53, 0x1p-106]).value == 1 + 0x1p-52)
    #expect(ExactSum([1, 0x1p-53, -0x1p-106]).value == 1)
    #expect(ExactSum([1 + 0x1p-52, 0x1p-53]).value == 1 + 0x1p-51)
    #expect(ExactSum([1 + 0x1p-52, 0x1p-53, -0x1p-106]).value == 1 + 0x1p-52)
    #expect(ExactSum([-1, -0x1p-53, -0x1p-106]).value == -1 - 0x1p-52)
  }

  @Test func termsThatCancelLeaveNothing() {
    #expect(ExactSum([1e100, 1, -1e100]).components == [1])
    #expect(ExactSum([0.1, -0.1]).components == [])
    #expect(ExactSum().value == 0)
  }

  @Test func componentsHoldTheExactSum() {
    let sum = ExactSum([1, 0x1p-60, 0x1p-120])
    #expect(sum.components == [1, 0x1p-60, 0x1p-120])
    #expect(ExactSum(sum.components) == sum)
  }
}
