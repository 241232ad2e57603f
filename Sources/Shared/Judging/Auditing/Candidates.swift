// Pairs of images that may be nearly the same, and the limit on how many are kept.

/// A record and an earlier one whose images may be nearly the same.
struct Candidate: Equatable, Sendable {
  let later: Int
  let earlier: Int
  /// The number of bits in which their hashes differ.
  let bits: Int
  /// A lower bound of the distance between their images.
  let bound: Float
}

/// The candidates of one record, at most ``limit`` of each kind. They depend on the earlier records alone, so they are
/// the same whichever thread finds them.
///
/// If thousands of images look alike, the number of pairs grows with the square of their number, but memory must not.
struct NearestCandidates {
  /// The number of candidates of a kind to keep, those with the least bounds. One would be enough if thumbnails ranked
  /// images as pixels do, and they nearly do.
  static let limit = 8

  /// The candidates by kind: whether both records are in the same stream, and whether they have the same label. Kinds
  /// are separate, so that many candidates of one kind leave room for the others.
  private var kinds = [[Candidate]](repeating: [], count: 4)

  /// Adds a candidate. Candidates must come in the order of their earlier records.
  mutating func add(_ candidate: Candidate, isSameStream: Bool, isSameLabel: Bool) {
    let kind = (isSameStream ? 1 : 0) + (isSameLabel ? 2 : 0)
    // Of equal ones, the earlier one stays.
    let place = kinds[kind].firstIndex { candidate.bound < $0.bound } ?? kinds[kind].count
    guard place < Self.limit else { return }
    kinds[kind].insert(candidate, at: place)
    if kinds[kind].count > Self.limit { kinds[kind].removeLast() }
  }

  /// All candidates that were kept, in the order of their earlier records.
  var all: [Candidate] { kinds.joined().sorted { $0.earlier < $1.earlier } }
}
