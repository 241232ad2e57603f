import Testing

@testable import DataSplitting

private func hash(_ bytes: [UInt8], seed: UInt64 = 0) -> UInt64 {
  bytes.withUnsafeBytes { contentHash($0, seed: seed) }
}

/// Black images that end with a counter, so that they differ in few bits.
private let images: [[UInt8]] = (0..<20_000).map { index in
  [UInt8](repeating: 0, count: 17) + [UInt8(index & 0xFF), UInt8(index >> 8)]
}

private func parts(_ rule: SplitRule, _ images: [[UInt8]] = images) throws -> [Part] {
  let assignment = try HashAssignment(rule)
  return images.map { $0.withUnsafeBytes { assignment.part(of: $0) } }
}

@Suite struct HashTests {
  /// The expected values are from an independent implementation in Python. They must never change, because existing
  /// splits depend on them.
  @Test(
    arguments: [
      ([], 0, 0xA706_DD2F_4D19_7E6F), ([0], 0, 0x44E5_B981_00C6_7FB0), ([1, 2, 3], 0, 0x7599_99E5_DAFD_56F2),
      (Array(0..<8), 0, 0x7E62_CD61_C58E_3D49), (Array(0..<9), 0, 0xAFA9_B49C_6A3C_2923),
      (Array(0..<20), 0xFFFF_FFFF_FFFF_FFFF, 0xE85D_B68D_C7F4_F207),
    ] as [([UInt8], UInt64, UInt64)])
  func theHashIsFixed(_ bytes: [UInt8], _ seed: UInt64, _ expected: UInt64) {
    #expect(hash(bytes, seed: seed) == expected)
  }

  @Test func lengthSeedAndEveryBitMatter() {
    let bytes = [UInt8](0..<21)
    var hashes: Set<UInt64> = [hash(bytes), hash(bytes, seed: 1), hash(bytes + [0]), hash(bytes.dropLast())]
    for bit in 0..<21 * 8 {
      var changed = bytes
      changed[bit / 8] ^= 1 << (bit % 8)
      hashes.insert(hash(changed))
    }
    #expect(hashes.count == 4 + 21 * 8)
    #expect(Set((0..<100).map { hash([UInt8](repeating: 0, count: $0)) }).count == 100)
  }

  @Test func sharesAreApproximate() throws {
    let found = try parts(SplitRule(method: .hash, validation: .share(.fraction(0.2)), test: .fraction(0.1)))
    // Five standard deviations of a binomial distribution:
    // 5 · √(20000 · 0.2 · 0.8) = 283, 5 · √(20000 · 0.1 · 0.9) = 212.
    #expect(abs(found.count { $0 == .validation } - 4000) <= 283)
    #expect(abs(found.count { $0 == .test } - 2000) <= 212)
  }

  @Test func anImageKeepsItsPartAsTheDataGrow() throws {
    let rule = SplitRule(method: .hash)
    let few = try parts(rule, Array(images.prefix(100)))
    #expect(few == Array(try parts(rule).prefix(100)))
    #expect(few != (try parts(SplitRule(method: .hash, seed: 1), Array(images.prefix(100)))))
  }

  @Test func theTestPartStaysAndValidationGrowsWithItsShare() throws {
    let small = try parts(SplitRule(method: .hash, validation: .share(.fraction(0.1)), test: .fraction(0.1)))
    let large = try parts(SplitRule(method: .hash, validation: .share(.fraction(0.3)), test: .fraction(0.1)))
    #expect(small.count == images.count && large.count == images.count)
    for (one, other) in zip(small, large) {
      #expect((one == .test) == (other == .test))
      if one == .validation { #expect(other == .validation) }
    }
  }

  @Test(arguments: [Share.count(0), .fraction(0.25)])
  func foldsAreDisjointAndCoverAllButTheTestPart(_ test: Share) throws {
    var held = [Int](repeating: 0, count: images.count)
    var isTest: [Bool] = []
    for fold in 1...4 {
      let found = try parts(SplitRule(method: .hash, validation: .fold(fold, of: 4), test: test))
      for (record, part) in found.enumerated() where part == .validation { held[record] += 1 }
      isTest = found.map { $0 == .test }
      let expected = Double(isTest.count { !$0 }) / 4
      #expect(abs(Double(found.count { $0 == .validation }) - expected) <= 5 * (expected * 0.75).squareRoot())
    }
    #expect(zip(held, isTest).allSatisfy { $0 == ($1 ? 0 : 1) })
  }

  @Test func countsAndExcessiveSharesAreRefused() {
    func error(_ rule: SplitRule) -> SplitError? {
      #expect(throws: SplitError.self) { try rule.check() }
    }
    #expect(error(SplitRule(method: .hash, validation: .share(.count(12)))) == .countByHash(12))
    #expect(error(SplitRule(method: .hash, test: .count(3))) == .countByHash(3))
    #expect(
      error(SplitRule(method: .hash, validation: .share(.fraction(0.6)), test: .fraction(0.5)))
        == .shareTooLarge(validation: 0.6, test: 0.5))
    #expect(throws: Never.self) { try SplitRule(validation: .share(.count(12))).check() }
    #expect(throws: Never.self) { try SplitRule(method: .hash, validation: .share(.count(0))).check() }
  }
}
