// The search for images that are nearly the same: every hash against every other, and then thumbnails.

import Compute

/// How near images have to be.
public struct NearLimits: Equatable, Sendable {
  /// In how many of their 64 bits hashes may differ.
  public var bits: Int
  /// The largest root mean square difference of pixels, 0 to 255.
  public var distance: Double

  public init(bits: Int, distance: Double) { (self.bits, self.distance) = (bits, distance) }
}

/// Compares hashes of 64 bits, all with all.
///
/// That takes n²/2 steps of a few instructions. Indices that save steps rely on a small number of bits: cut into N + 1
/// pieces, two hashes that differ in N bits have a piece in common. With N = 8, pieces have 7 or 8 bits, and in
/// Fashion-MNIST a record shares one with a third of the others. docs/audit.md has the times.
struct NearSearch {
  let records: AuditedRecords
  /// The records that are compared, in order: the first of each image.
  let originals: [Int]
  let limits: NearLimits
  private let hashes: [UInt64]

  /// Earlier hashes that are compared before the next record has its turn: 16 KiB, half of a small first-level cache.
  private static let tile = 2048
  /// Records that share a tile, and are a thread's task.
  private static let block = 64

  init(_ records: AuditedRecords, originals: [Int], limits: NearLimits) {
    (self.records, self.originals, self.limits) = (records, originals, limits)
    hashes = originals.map { records.hashes[$0] }
  }

  /// The candidates of all records, in the order of their later and then their earlier records. `progress` hears how many
  /// records had their turn.
  ///
  /// Complexity: O(n²) in the number of different images, shared out among the threads. Memory: at most 32 candidates a
  /// record.
  func candidates(on workers: WorkerPool, progress: (Int) -> Void = { _ in }) -> [Candidate] {
    let taskCount = (originals.count + Self.block - 1) / Self.block
    // As many tasks a round as keep threads busy while one of them reports.
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

  /// The candidates of some originals, which are places in `originals`.
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

  /// Calls `body` with the places of a range whose hashes differ from `hash` in few enough bits.
  private func visit(
    _ hashes: UnsafeBufferPointer<UInt64>, _ range: Range<Int>, near hash: UInt64,
    _ body: (_ place: Int, _ bits: Int) -> Void
  ) {
    let base = hashes.baseAddress!
    let limit = UInt64(limits.bits)
    let wanted = SIMD8(repeating: hash)
    let limitVector = SIMD8(repeating: limit)
    var place = range.lowerBound
    // Eight at a time: hardly ever is one of them near.
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

  /// Takes in two originals with hashes that are near, if their thumbnails are, too.
  private func add(_ place: Int, _ earlierPlace: Int, _ bits: Int, to nearest: inout NearestCandidates) {
    let (later, earlier) = (originals[place], originals[earlierPlace])
    let bound = records.thumbnails.withUnsafeBufferPointer { thumbnails in
      records.plan.thumbnailPlan.distanceBound(
        thumbnails.baseAddress! + later * ThumbnailPlan.byteCount,
        thumbnails.baseAddress! + earlier * ThumbnailPlan.byteCount)
    }
    // The bound was rounded: a hair above the limit, the distance may be at it.
    guard Double(bound) <= limits.distance * (1 + 0x1p-16) else { return }
    nearest.add(
      Candidate(later: later, earlier: earlier, bits: bits, bound: bound),
      isSameStream: records.stream(of: later) == records.stream(of: earlier),
      isSameLabel: records.labels[later] == records.labels[earlier])
  }
}
