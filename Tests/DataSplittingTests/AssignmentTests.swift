import Testing

@testable import DataSplitting

/// Labels of classes of very different sizes: class 0 has one record, class 9 has 301.
private let labels: [UInt8] = (0..<10).flatMap {
  [UInt8](repeating: UInt8($0), count: 1 + $0 * $0 * 300 / 81)
}

private func parts(_ rule: SplitRule, of labels: [UInt8] = labels) throws -> [Part] {
  try assignParts(groups: labels, by: rule, name: "stdin")
}

private func count(_ part: Part, _ parts: [Part]) -> Int { parts.count { $0 == part } }

@Suite struct AssignmentTests {
  @Test(
    arguments: [
      (.count(0), .count(0)), (.count(12), .count(7)), (.fraction(0.2), .count(0)),
      (.fraction(0.2), .fraction(0.1)),
      (.count(1000), .count(1)),
    ] as [(Share, Share)])
  func countsAreExactAndEachClassHasItsShare(_ validation: Share, _ test: Share) throws {
    let rule = SplitRule(validation: .share(validation), test: test)
    let found = try parts(rule)
    let total = labels.count
    for (part, share) in [(Part.validation, validation), (.test, test)] {
      let expected = share.count(of: total)
      #expect(count(part, found) == expected)
      for label in Set(labels) {
        let size = labels.count { $0 == label }
        let inPart = zip(labels, found).count { $0 == label && $1 == part }
        #expect(abs(Double(inPart) - Double(size * expected) / Double(total)) < 1, "class \(label)")
      }
    }
    #expect(found.count == total)
  }

  @Test(arguments: [
    (0.2, 12, 2), (0.5, 5, 3), (0.25, 10, 3), (0.145, 100, 15), (0.35, 10, 4), (0.0, 7, 0), (0.1, 4, 0),
    (0.1, 5, 1),
    (0.9999, 3, 3), (1.0 / 3, 3, 1),
  ])
  func fractionsAreRoundedHalfUp(_ fraction: Double, _ total: Int, _ expected: Int) {
    #expect(Share.fraction(fraction).count(of: total) == expected)
  }

  @Test(
    arguments: [
      ("0", .count(0)), ("12000", .count(12000)), ("007", .count(7)), ("0.2", .fraction(0.2)),
      (".5", .fraction(0.5)), ("0.0", .fraction(0)), ("0.999999", .fraction(0.999999)),
    ] as [(String, Share)])
  func aShareIsANumberOrAFraction(argument: String, share: Share) {
    #expect(Share(argument: argument) == share)
    #expect(Share(argument: share.text) == share)
  }

  @Test(arguments: [
    "", ".", "1.0", "1.5", "-1", "-0.1", "+1", "1e3", "0x10", "nan", "inf", "0.1.2", " 1", "1 ", "20%", "0,2",
    "99999999999999999999", "１",
  ])
  func anInvalidShareIsRefused(argument: String) {
    #expect(Share(argument: argument) == nil)
  }

  @Test func theSeedDeterminesTheParts() throws {
    let rule = SplitRule(seed: 7)
    #expect(try parts(rule) == parts(rule))
    #expect(try parts(rule) != parts(SplitRule(seed: 8)))
    #expect(
      try parts(SplitRule(method: .random), of: [UInt8](repeating: 0, count: 100)).contains(.validation))
  }

  @Test func everyRecordIsEquallyLikelyToBeHeldOut() throws {
    // Each of 200 seeds holds out 2 of 10 records, so a record is held out about 40 times. Five standard deviations are
    // 5 · √(200 · 0.2 · 0.8) = 28.
    var times = [Int](repeating: 0, count: 10)
    for seed in 0..<200 {
      let rule = SplitRule(method: .random, validation: .share(.count(2)), seed: UInt64(seed))
      for (record, part) in try parts(rule, of: [UInt8](repeating: 0, count: 10)).enumerated()
      where part == .validation {
        times[record] += 1
      }
    }
    #expect(times.reduce(0, +) == 400)
    #expect(times.allSatisfy { abs($0 - 40) <= 28 }, "\(times)")
  }

  @Test func theTestPartDoesNotDependOnValidation() throws {
    func test(_ validation: SplitRule.Validation) throws -> [Bool] {
      try parts(SplitRule(validation: validation, test: .count(20)), of: Array(repeating: 3, count: 100)).map
      {
        $0 == .test
      }
    }
    let one = try test(.share(.count(0)))
    #expect(try test(.share(.count(50))) == one)
    #expect(try test(.fold(2, of: 3)) == one)
  }

  @Test(arguments: [1, 2, 3, 5, 10], [Share.count(0), .fraction(0.15)])
  func foldsAreDisjointAndCoverAllButTheTestPart(_ foldCount: Int, _ test: Share) throws {
    var held = [Int](repeating: 0, count: labels.count)
    var sizes: [Int] = []
    var classSizes: [UInt8: [Int]] = [:]
    var tests: [[Bool]] = []
    for fold in 1...foldCount {
      let found = try parts(SplitRule(validation: .fold(fold, of: foldCount), test: test, seed: 3))
      for (record, part) in found.enumerated() where part == .validation { held[record] += 1 }
      sizes.append(count(.validation, found))
      for label in Set(labels) {
        classSizes[label, default: []].append(zip(labels, found).count { $0 == label && $1 == .validation })
      }
      tests.append(found.map { $0 == .test })
    }
    #expect(Set(tests).count == 1 && tests[0].count == held.count)
    #expect(zip(held, tests[0]).allSatisfy { $0 == ($1 ? 0 : 1) })
    for sizes in [sizes] + classSizes.values { #expect(sizes.max()! - sizes.min()! <= 1) }
  }

  @Test func holdingOutMoreThanIsAvailableIsRefused() {
    func error(_ rule: SplitRule) -> SplitError? {
      #expect(throws: SplitError.self) { try parts(rule, of: [0, 1, 2]) }
    }
    #expect(
      error(SplitRule(validation: .share(.count(4))))
        == .tooFewRecords(name: "stdin", heldOut: 4, available: 3))
    #expect(
      error(SplitRule(validation: .share(.count(2)), test: .count(2)))
        == .tooFewRecords(name: "stdin", heldOut: 4, available: 3))
    #expect(
      error(SplitRule(validation: .share(.fraction(0.9)), test: .fraction(0.9)))
        == .tooFewRecords(name: "stdin", heldOut: 6, available: 3))
    #expect(
      error(SplitRule(validation: .share(.count(.max)), test: .count(.max)))
        == .tooFewRecords(name: "stdin", heldOut: .max, available: 3))
    #expect(
      error(SplitRule(validation: .fold(1, of: 3), test: .count(1)))
        == .tooFewForFolds(name: "stdin", folds: 3, available: 2))
    #expect(throws: Never.self) {
      try parts(SplitRule(validation: .share(.count(2)), test: .count(1)), of: [0, 1, 2])
    }
  }
}
