// Assigns records to parts at random, in exact numbers. All records must be known.
import RandomNumbers

/// Returns the part of every record, [groups.count].
///
/// `groups` has a group for each record: its class, or one group for all. Each group is shuffled with a generator of
/// its own. Its first records go to the test part, the next ones to validation, and the others to training. The test
/// part therefore does not depend on the validation part. Folds are dealt like cards, one group after the other, so
/// that their sizes differ by at most one record, both in total and in each class. O(n).
public func assignParts(groups: [UInt8], by rule: SplitRule, name: String) throws(SplitError) -> [Part] {
  let total = groups.count
  let testCount = rule.test.count(of: total)
  var validationCount = 0
  if case .share(let share) = rule.validation { validationCount = share.count(of: total) }
  // Both are compared before they are added: a count may be as large as Int.max.
  guard testCount <= total, validationCount <= total - testCount else {
    let (heldOut, overflow) = testCount.addingReportingOverflow(validationCount)
    throw .tooFewRecords(name: name, heldOut: overflow ? .max : heldOut, available: total)
  }
  if case .fold(_, let count) = rule.validation, count > total - testCount {
    throw .tooFewForFolds(name: name, folds: count, available: total - testCount)
  }

  let members = membersByGroup(groups)
  let counts = apportion(
    members.map(\.count), to: [testCount, validationCount, total - testCount - validationCount])
  var parts = [Part](repeating: .training, count: total)
  var dealt = 0
  for (group, members) in members.enumerated() where !members.isEmpty {
    var members = members
    var generator = SplitMix64(seed: rule.seed, UInt64(group))
    generator.shuffle(&members)
    let (test, rest) = (members.prefix(counts[group][0]), members.dropFirst(counts[group][0]))
    for record in test { parts[record] = .test }
    switch rule.validation {
    case .share:
      for record in rest.prefix(counts[group][1]) { parts[record] = .validation }
    case .fold(let fold, let count):
      for record in rest {
        if dealt % count == fold - 1 { parts[record] = .validation }
        dealt += 1
      }
    }
  }
  return parts
}

/// Returns the records of each group in their order, [256][records].
private func membersByGroup(_ groups: [UInt8]) -> [[Int]] {
  var members = [[Int]](repeating: [], count: 256)
  for (record, group) in groups.enumerated() { members[Int(group)].append(record) }
  return members
}
