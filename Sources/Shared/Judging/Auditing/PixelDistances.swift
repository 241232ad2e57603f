// The final test of candidates: the distance between their pixels.

import Compute

/// Two records whose images are nearly the same.
struct NearPair: Equatable, Sendable {
  let later: Int
  let earlier: Int
  /// The number of bits in which their hashes differ.
  let bits: Int
  /// The root mean square difference of their pixels, 0 to 255.
  let distance: Double
}

/// Measures candidates, and keeps those within a distance.
struct PixelDistances {
  let fetcher: PixelFetcher
  /// The most bytes of pixels in memory at a time. If the candidates have more, files are read several times.
  var byteLimit = 256 << 20

  /// Returns the pairs within the distance, in the order of the candidates, which must be sorted by their later
  /// records.
  ///
  /// - Complexity: O(k · b) for k candidates and images of b bytes, divided among the threads. The files are read once
  ///   for each `byteLimit` bytes of distinct images among the candidates.
  func pairs(_ candidates: [Candidate], within limit: Double, on workers: WorkerPool) throws -> [NearPair] {
    let byteCount = fetcher.records.plan.shape.byteCount
    let room = max(2, byteLimit / byteCount)
    var pairs: [NearPair] = []
    var rest = candidates[...]
    while !rest.isEmpty {
      var wanted: Set<Int> = []
      let group = rest.prefix { candidate in
        let extra = (wanted.contains(candidate.later) ? 0 : 1) + (wanted.contains(candidate.earlier) ? 0 : 1)
        guard wanted.count + extra <= room else { return false }
        wanted.insert(candidate.later)
        wanted.insert(candidate.earlier)
        return true
      }
      rest = rest[group.endIndex...]
      pairs += try measure(Array(group), wanted.sorted(), on: workers).filter { $0.distance <= limit }
    }
    return pairs
  }

  private func measure(_ group: [Candidate], _ wanted: [Int], on workers: WorkerPool) throws -> [NearPair] {
    let pixels = try fetcher.pixels(of: wanted)
    let places = Dictionary(uniqueKeysWithValues: zip(wanted, wanted.indices))
    let byteCount = fetcher.records.plan.shape.byteCount
    var distances = [Double](repeating: .nan, count: group.count)
    // Makes tasks long enough to be worth distributing, whatever the size of an image.
    let block = max(1, (1 << 18) / byteCount)
    pixels.withUnsafeBufferPointer { pixels in
      distances.withUnsafeMutableBufferPointer { distances in
        nonisolated(unsafe) let distances = distances
        workers.forEach((group.count + block - 1) / block) { task, _ in
          for index in task * block..<min((task + 1) * block, group.count) {
            let (later, earlier) = (places[group[index].later]!, places[group[index].earlier]!)
            distances[index] = rootMeanSquare(
              UnsafeBufferPointer(rebasing: pixels[later * byteCount..<(later + 1) * byteCount]),
              UnsafeBufferPointer(rebasing: pixels[earlier * byteCount..<(earlier + 1) * byteCount]))
          }
        }
      }
    }
    return zip(group, distances).map { candidate, distance in
      NearPair(
        later: candidate.later, earlier: candidate.earlier, bits: candidate.bits, distance: distance)
    }
  }
}

/// Returns the root mean square difference of two images of the same shape. The sum of squares is exact.
///
/// - Complexity: O(n) for n bytes
func rootMeanSquare(_ one: UnsafeBufferPointer<UInt8>, _ other: UnsafeBufferPointer<UInt8>) -> Double {
  precondition(one.count == other.count && !one.isEmpty, "images of \(one.count) and \(other.count) bytes")
  // 255² times 32,768 fits in Int32, and sums of Int32 take half as long as sums of Int.
  let run = 32768
  var sum = 0
  for start in stride(from: 0, to: one.count, by: run) {
    var part: Int32 = 0
    for index in start..<min(start + run, one.count) {
      let difference = Int32(one[index]) - Int32(other[index])
      part &+= difference &* difference
    }
    sum += Int(part)
  }
  return (Double(sum) / Double(one.count)).squareRoot()
}
