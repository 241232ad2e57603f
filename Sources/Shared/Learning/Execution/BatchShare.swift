// Batches that several processes learn from together: which images are whose, and what they tell each other.
//
// Each process has a network for whole batches, and computes the images of its own at their places in it. So what an image
// comes to is the same as if one process had them all. What is summed over the batch is brought together so that its
// terms and their order are the same, too:
//
//     sums of chunks          pass from process to process, each adding its chunks (ChunkSums.swift)
//     dense layers, batches   every process gets the images' inputs and output gradients from the others, and computes the
//     by Winograd's           gradients of some output channels
//     normalisations, losses  every process gets each image's sums, and adds up them all
//
// What is in no step's memory, such as the gradients at the end, the last process sends to all.

import Compute

/// The processes that learn from each batch together, seen from one of them. Every process makes the same calls in the same
/// order. A call that fails ends the process: there is no way on without the others.
public protocol BatchPeers: AnyObject, Sendable {
  /// The number of this process, from 0.
  var rank: Int { get }
  /// How many there are.
  var count: Int { get }

  /// Sends bytes to another process, which receives as many.
  func send(_ bytes: UnsafeRawBufferPointer, to rank: Int)
  func receive(_ bytes: UnsafeMutableRawBufferPointer, from rank: Int)
  /// Sends bytes to all, or receives them.
  func broadcast(_ bytes: UnsafeMutableRawBufferPointer, from rank: Int)
  /// Fills in what others have: `parts` says for each process which bytes of `all` are its own. They may be none.
  func gather(_ all: UnsafeMutableRawBufferPointer, parts: [Range<Int>])
}

extension BatchPeers {
  /// Fills in the elements that others have, where each process has as many as can be, in a row.
  package func gather<Element: BitwiseCopyable>(_ elements: inout [Element]) {
    let (total, size) = (elements.count, MemoryLayout<Element>.stride)
    elements.withUnsafeMutableBytes { bytes in
      gather(
        bytes, parts: (0..<count).map { total * $0 / count * size..<total * ($0 + 1) / count * size })
    }
  }
}

/// Which images of a batch are whose.
package struct BatchShare {
  /// The images of the whole batch.
  package let count: Int
  /// For each process, the places of its own; those of all are in a row.
  let parts: [Range<Int>]
  /// `nil` where there is one process.
  let peers: (any BatchPeers)?

  /// A batch of one process.
  init(count: Int) {
    self.count = count
    parts = [0..<count]
    peers = nil
  }

  /// A batch in `chunks`, which go to the processes in a row, as many to each as can be.
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

  /// Whether this process is the one that has the whole sums at the end.
  private var isLast: Bool { rank == parts.count - 1 }

  /// The numbers of this process's chunks. A chunk has one owner.
  func numbers(ofChunks chunks: [Range<Int>]) -> Range<Int> {
    let first = chunks.firstIndex { $0.lowerBound >= own.lowerBound } ?? chunks.count
    let end = chunks.firstIndex { $0.lowerBound >= own.upperBound } ?? chunks.count
    return first..<max(first, end)
  }

  // MARK: - What one process has and all need

  /// Gets the other images' parts of an array that has a part for each image.
  func gather<Element>(_ array: Parts<Element>) {
    gather(array.all, partCount: array.partCount)
  }

  /// The same where each image has `partCount` elements.
  func gather<Element>(_ all: UnsafeMutableBufferPointer<Element>, partCount: Int = 1) {
    guard let peers else { return }
    let size = partCount * MemoryLayout<Element>.stride
    peers.gather(
      UnsafeMutableRawBufferPointer(rebasing: UnsafeMutableRawBufferPointer(all)[..<(count * size)]),
      parts: parts.map { $0.lowerBound * size..<$0.upperBound * size })
  }

  /// The panels of a matrix that this process computes.
  func ownPanels(of count: Int) -> Range<Int> { panels(of: count, rank) }

  private func panels(of count: Int, _ rank: Int) -> Range<Int> {
    count * rank / parts.count..<count * (rank + 1) / parts.count
  }

  /// Gets the panels that others computed; `start` says where a panel begins.
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

  /// How many floats of a sum are passed on at a time: while a process adds its part to some, the one before has the next.
  private static let passedCount = 1 << 16

  /// Adds this process's part to sums that those before it began: `add` is called for one piece of `sums` after the other, and
  /// told whether it begins them. The last process has the whole sums.
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

  /// Sends what the last process has to all.
  func broadcastFromLast(_ floats: Floats) {
    guard let peers else { return }
    peers.broadcast(UnsafeMutableRawBufferPointer(floats), from: parts.count - 1)
  }
}
