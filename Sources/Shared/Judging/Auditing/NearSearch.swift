// Searches for images that are nearly the same: compares every hash with every other, and then thumbnails. Few pairs of
// each record are kept.

import Compute

/// The limits within which images are nearly the same.
public struct NearLimits: Equatable, Sendable {
  /// The most bits, of 64, in which hashes may differ.
  public var bits: Int
  /// The largest root mean square difference of pixels, 0 to 255.
  public var distance: Double

  public init(bits: Int, distance: Double) { (self.bits, self.distance) = (bits, distance) }
}

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
    // If two are equal, the earlier one stays.
    let place = kinds[kind].firstIndex { candidate.bound < $0.bound } ?? kinds[kind].count
    guard place < Self.limit else { return }
    kinds[kind].insert(candidate, at: place)
    if kinds[kind].count > Self.limit { kinds[kind].removeLast() }
  }

  /// All candidates that were kept, in the order of their earlier records.
  var all: [Candidate] { kinds.joined().sorted { $0.earlier < $1.earlier } }
}

/// Compares all hashes of 64 bits with each other.
///
/// This takes n²/2 steps of a few instructions. An index saves steps only if few bits may differ: if hashes are cut
/// into N + 1 pieces, two hashes that differ in N bits have a piece in common. With N = 8, pieces have 7 or 8 bits, and
/// a record of Fashion-MNIST shares one with a third of the others. docs/audit.md lists the times.
struct NearSearch {
  let records: AuditedRecords
  /// The records to compare, in order: the first with each image.
  let originals: [Int]
  let limits: NearLimits
  private let hashes: [UInt64]

  /// The number of earlier hashes that are compared with one record before the next: 16 KiB, half of a small L1 cache.
  private static let tile = 2048
  /// The number of records that share a tile, and make up one task of a thread.
  private static let block = 64

  init(_ records: AuditedRecords, originals: [Int], limits: NearLimits) {
    (self.records, self.originals, self.limits) = (records, originals, limits)
    hashes = originals.map { records.hashes[$0] }
  }

  /// Returns the candidates of all records, ordered by their later, then by their earlier records. `progress` is called
  /// with the number of records done.
  ///
  /// - Complexity: O(n²) for n distinct images, divided among the threads. Memory is at most 32 candidates per record.
  func candidates(on workers: WorkerPool, progress: (Int) -> Void = { _ in }) -> [Candidate] {
    let taskCount = (originals.count + Self.block - 1) / Self.block
    // A round has enough tasks to keep threads busy while one of them reports.
    let round = max(1, 64 * workers.count)
    var found: [Candidate] = []
    for start in stride(from: 0, to: taskCount, by: round) {
      let tasks = start..<min(start + round, taskCount)
      let parts = UnsafeMutableBufferPointer<[Candidate]>.allocate(capacity: tasks.count)
      parts.initialize(repeating: [])
      defer { parts.deinitialize().deallocate() }
      workers.forEach(tasks.count) { task, _ in
        let first = (tasks.lowerBound + task) * Self.block
        parts[task] = candidates(of: first..<min(first + Self.block, originals.count))
      }
      for part in parts { found += part }
      progress(min(tasks.upperBound * Self.block, originals.count))
    }
    return found
  }

  /// Returns the candidates of a block of originals, which is a range of indices of `originals`.
  private func candidates(of block: Range<Int>) -> [Candidate] {
    var nearest = [NearestCandidates](repeating: NearestCandidates(), count: block.count)
    hashes.withUnsafeBufferPointer { hashes in
      for start in stride(from: 0, to: block.upperBound, by: Self.tile) {
        for place in block {
          let end = min(start + Self.tile, place)
          guard start < end else { continue }
          visit(hashes, start..<end, near: hashes[place]) { earlier, bits in
            add(place, earlier, bits, to: &nearest[place - block.lowerBound])
          }
        }
      }
    }
    return nearest.flatMap(\.all)
  }

  /// Calls `body` with the places in `range` whose hashes differ from `hash` in at most `limits.bits` bits.
  private func visit(
    _ hashes: UnsafeBufferPointer<UInt64>, _ range: Range<Int>, near hash: UInt64,
    _ body: (_ place: Int, _ bits: Int) -> Void
  ) {
    let base = hashes.baseAddress!
    let limit = UInt64(limits.bits)
    let wanted = SIMD8(repeating: hash)
    let limitVector = SIMD8(repeating: limit)
    var place = range.lowerBound
    // Eight at a time, since hardly ever is one of them near.
    while place + 8 <= range.upperBound {
      let eight = UnsafeRawPointer(base + place).loadUnaligned(as: SIMD8<UInt64>.self)
      if any((eight ^ wanted).nonzeroBitCount .<= limitVector) {
        for near in place..<place + 8 {
          let bits = (base[near] ^ hash).nonzeroBitCount
          if bits <= limits.bits { body(near, bits) }
        }
      }
      place += 8
    }
    while place < range.upperBound {
      let bits = (base[place] ^ hash).nonzeroBitCount
      if bits <= limits.bits { body(place, bits) }
      place += 1
    }
  }

  /// Adds two originals whose hashes are near, if their thumbnails are near, too.
  private func add(_ place: Int, _ earlierPlace: Int, _ bits: Int, to nearest: inout NearestCandidates) {
    let (later, earlier) = (originals[place], originals[earlierPlace])
    let bound = records.thumbnails.withUnsafeBufferPointer { thumbnails in
      records.plan.thumbnailPlan.distanceBound(
        thumbnails.baseAddress! + later * ThumbnailPlan.byteCount,
        thumbnails.baseAddress! + earlier * ThumbnailPlan.byteCount)
    }
    // The bound was rounded. If it is a hair above the limit, the distance may still be at the limit.
    guard Double(bound) <= limits.distance * (1 + 0x1p-16) else { return }
    nearest.add(
      Candidate(later: later, earlier: earlier, bits: bits, bound: bound),
      isSameStream: records.stream(of: later) == records.stream(of: earlier),
      isSameLabel: records.labels[later] == records.labels[earlier])
  }
}
