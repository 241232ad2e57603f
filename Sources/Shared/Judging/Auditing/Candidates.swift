// Pairs of images that may be nearly the same, and how many of them are kept.

/// A record and an earlier one whose images may be nearly the same.
struct Candidate: Equatable, Sendable {
  let later: Int
  let earlier: Int
  /// In how many bits their hashes differ.
  let bits: Int
  /// A distance that their images are not below.
  let bound: Float
}

/// The candidates of one record, at most ``limit`` of each kind: what they are depends on the earlier records alone, so it
/// is the same whichever thread asks.
///
/// Where thousands of images look alike, pairs grow with the square of their number, and memory must not.
struct NearestCandidates {
  /// Candidates of a kind that are kept, those with the least bounds. One would do if thumbnails put images in the order
  /// that pixels do, and they nearly do.
  static let limit = 8

  /// By kind: whether both records are of one stream, and whether they have the same label, are apart, so that many
  /// candidates of one kind leave room for the others.
  private var kinds = [[Candidate]](repeating: [], count: 4)

  /// Takes in a candidate. Candidates come in the order of their earlier records.
  mutating func add(_ candidate: Candidate, isSameStream: Bool, isSameLabel: Bool) {
    let kind = (isSameStream ? 1 : 0) + (isSameLabel ? 2 : 0)
    // Alike, the earlier one stays.
    let place = kinds[kind].firstIndex { candidate.bound < $0.bound } ?? kinds[kind].count
    guard place < Self.limit else { return }
    kinds[kind].insert(candidate, at: place)
    if kinds[kind].count > Self.limit { kinds[kind].removeLast() }
  }

  /// All that were kept, in the order of their earlier records.
  var all: [Candidate] { kinds.joined().sorted { $0.earlier < $1.earlier } }
}
