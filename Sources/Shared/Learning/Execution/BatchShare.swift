// Batches that several processes learn from together: the images of each process, and the data that they exchange.
//
// Each process has a network for whole batches, and computes its own images at their places in it. So the result of an
// image is the same as if one process had them all. Sums over the batch are formed so that their terms and the order of
// these are the same, too:
//
//     sums of chunks          pass from process to process, each adding its chunks (ChunkSums.swift)
//     dense layers, batches   every process gets the images' inputs and output gradients from the others, and computes
//     of WinogradBatchStep    the gradients of some output channels
//     normalisations, losses  every process gets each image's sums, and adds up all of them
//
// The last process broadcasts results that are in no step's memory, such as the gradients at the end.

import Compute

/// The processes that learn from each batch together, as one of them sees them. Every process makes the same calls in
/// the same order. A call that fails ends the process, since it cannot continue without the others.
public protocol BatchPeers: AnyObject, Sendable {
  /// The number of this process, from 0.
  var rank: Int { get }
  /// The number of processes.
  var count: Int { get }

  /// Sends bytes to another process, which must receive the same number.
  func send(_ bytes: UnsafeRawBufferPointer, to rank: Int)
  func receive(_ bytes: UnsafeMutableRawBufferPointer, from rank: Int)
  /// Sends bytes from the process `rank` to all others, which receive them.
  func broadcast(_ bytes: UnsafeMutableRawBufferPointer, from rank: Int)
  /// Fills in the bytes that other processes have. `parts` has the range of each process in `all`, which may be empty.
  func gather(_ all: UnsafeMutableRawBufferPointer, parts: [Range<Int>])
}

extension BatchPeers {
  /// Fills in the elements that other processes have. Each has a range of consecutive elements, and the lengths of the
  /// ranges differ by at most one.
  package func gather<Element: BitwiseCopyable>(_ elements: inout [Element]) {
    let (total, size) = (elements.count, MemoryLayout<Element>.stride)
    elements.withUnsafeMutableBytes { bytes in
      gather(
        bytes, parts: (0..<count).map { total * $0 / count * size..<total * ($0 + 1) / count * size })
    }
  }
}

/// The division of a batch among processes.
package struct BatchShare {
  /// The number of images in the whole batch.
  package let count: Int
  /// For each process, the places of its images. The ranges follow each other.
  let parts: [Range<Int>]
  /// The processes; `nil` if there is only one.
  let peers: (any BatchPeers)?

  /// Makes the share of a single process.
  init(count: Int) {
    self.count = count
    parts = [0..<count]
    peers = nil
  }

  /// Divides a batch in `chunks` among processes: each gets consecutive chunks, as evenly as possible.
  init(chunks: [Range<Int>], peers: any BatchPeers) {
    count = chunks.last?.upperBound ?? 0
    self.peers = peers
    parts = (0..<peers.count).map { rank in
      let first = chunks.count * rank / peers.count
      let end = chunks.count * (rank + 1) / peers.count
      let start = first < chunks.count ? chunks[first].lowerBound : chunks.last?.upperBound ?? 0
      return start..<(end > first ? chunks[end - 1].upperBound : start)
    }
  }

  private var rank: Int { peers?.rank ?? 0 }

  /// The places of this process's images.
  package var own: Range<Int> { parts[rank] }

  /// Whether this process is the last one, which has the complete sums at the end.
  private var isLast: Bool { rank == parts.count - 1 }

  /// Returns the numbers of this process's chunks. Each chunk has one owner.
  func numbers(ofChunks chunks: [Range<Int>]) -> Range<Int> {
    let first = chunks.firstIndex { $0.lowerBound >= own.lowerBound } ?? chunks.count
    let end = chunks.firstIndex { $0.lowerBound >= own.upperBound } ?? chunks.count
    return first..<max(first, end)
  }

  // MARK: - Data that one process has and all need

  /// Receives the other processes' images in an array that has a part for each image.
  func gather<Element>(_ array: Parts<Element>) {
    gather(array.all, partCount: array.partCount)
  }

  /// Receives the other processes' images in memory with `partCount` elements for each image.
  func gather<Element>(_ all: UnsafeMutableBufferPointer<Element>, partCount: Int = 1) {
    guard let peers else { return }
    let size = partCount * MemoryLayout<Element>.stride
    peers.gather(
      UnsafeMutableRawBufferPointer(rebasing: UnsafeMutableRawBufferPointer(all)[..<(count * size)]),
      parts: parts.map { $0.lowerBound * size..<$0.upperBound * size })
  }

  /// Returns those of a matrix's `count` panels that this process computes.
  func ownPanels(of count: Int) -> Range<Int> { panels(of: count, rank) }

  private func panels(of count: Int, _ rank: Int) -> Range<Int> {
    count * rank / parts.count..<count * (rank + 1) / parts.count
  }

  /// Receives the panels that other processes computed. `start` returns the place where a panel begins.
  func gatherPanels(of panelCount: Int, _ floats: Floats, start: (Int) -> Int) {
    guard let peers else { return }
    let size = MemoryLayout<Float>.stride
    peers.gather(
      UnsafeMutableRawBufferPointer(floats),
      parts: parts.indices.map { rank in
        let panels = panels(of: panelCount, rank)
        return start(panels.lowerBound) * size..<start(panels.upperBound) * size
      })
  }

  // MARK: - Sums that pass from process to process

  /// The number of floats that are passed on at a time. While a process adds its part to these, the process before it
  /// works on the next ones.
  private static let passedCount = 1 << 16

  /// Adds this process's part to sums that the processes before it began. `add` is called for each piece of `sums` in
  /// turn; `begins` is true if it must store the part instead of adding it. The last process gets the complete sums.
  func passOn(_ sums: Floats, add: (_ piece: Range<Int>, _ begins: Bool) -> Void) {
    guard let peers else { return add(0..<sums.count, true) }
    for start in stride(from: 0, to: sums.count, by: Self.passedCount) {
      let piece = start..<min(start + Self.passedCount, sums.count)
      let bytes = UnsafeMutableRawBufferPointer(UnsafeMutableBufferPointer(rebasing: sums[piece]))
      if rank > 0 { peers.receive(bytes, from: rank - 1) }
      add(piece, rank == 0)
      if !isLast { peers.send(UnsafeRawBufferPointer(bytes), to: rank + 1) }
    }
  }

  /// Sends the floats of the last process to all others.
  func broadcastFromLast(_ floats: Floats) {
    guard let peers else { return }
    peers.broadcast(UnsafeMutableRawBufferPointer(floats), from: parts.count - 1)
  }
}
