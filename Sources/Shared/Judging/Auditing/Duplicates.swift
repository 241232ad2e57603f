// Finds records with the same image, byte for byte.

/// The records of each image, found by digest.
///
/// Memory: 16 bytes per record, and a table of the distinct images during construction.
struct Duplicates: Equatable, Sendable {
  /// For each record, the first record with the same image, which may be itself.
  let firsts: [Int]
  /// For each record that is the first with its image, the number of records with that image; 0 for the others.
  let counts: [Int]

  /// Complexity: O(n) on average.
  init(_ digests: [ContentDigest]) {
    var known: [ContentDigest: Int] = [:]
    var firsts: [Int] = []
    var counts = [Int](repeating: 0, count: digests.count)
    firsts.reserveCapacity(digests.count)
    for (record, digest) in digests.enumerated() {
      let first = known[digest] ?? record
      if first == record { known[digest] = record }
      firsts.append(first)
      counts[first] += 1
    }
    (self.firsts, self.counts) = (firsts, counts)
  }

  /// The records that are the first with their image, in order.
  var originals: [Int] { firsts.indices.filter { firsts[$0] == $0 } }
}
