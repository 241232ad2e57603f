// Who goes where, when all records are known: exact counts, and chance decides the rest.
import RandomNumbers

/// The part of every record, [groups.count].
///
/// `groups` has a group for each record: its class, or the same for all. Each group is shuffled by a generator of its
/// own; its first records are for the test, those behind for validation, the others for training. So the test stays
/// the same whatever is asked for validation. Folds are dealt like cards, one group after the other, so that they
/// differ by a record at most, as a whole and in each class.
public func assignParts(groups: [UInt8], by rule: SplitRule, name: String) throws(SplitError) -> [Part] {
  let total = groups.count
  let testCount = rule.test.count(of: total)
  var validationCount = 0
  if case .share(let share) = rule.validation { validationCount = share.count(of: total) }
  // Each is compared first: a count may be as large as Int.max.
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

/// The records of each group, in their order.
private func membersByGroup(_ groups: [UInt8]) -> [[Int]] {
  var members = [[Int]](repeating: [], count: 256)
  for (record, group) in groups.enumerated() { members[Int(group)].append(record) }
  return members
}
