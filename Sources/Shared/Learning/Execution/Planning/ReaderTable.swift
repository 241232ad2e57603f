// The readers of each value, and what follows for memory: whether a value or its gradient is kept for the whole batch,
// the part of the backward pass in which a gradient is in use, and the order in which its shares are added.

import KernelInterface
import Networks

struct ReaderTable {
  /// An input of a piece.
  private struct Reader {
    let piece: Piece
    let input: Int
    /// The piece's place in the order of execution.
    let position: Int
  }
  /// For each value, whether the layer that makes it, or one before it, learns.
  let needsGradient: [Bool]
  /// For each value, its readers in the order of the forward pass.
  private var readers: [[Reader]]
  /// The segment of each position in the order of execution. `positions` has the position of each piece.
  private var segmentOf: [Int] = []
  private var positions: [Int: [Piece.Part: Int]] = [:]
  private let segments: [SegmentOutline]
  private let forTraining: Bool

  init(_ outlines: [Outline], _ segments: [SegmentOutline], forTraining: Bool) {
    self.segments = segments
    self.forTraining = forTraining
    readers = Array(repeating: [], count: outlines.count)
    for (index, segment) in segments.enumerated() {
      for piece in segment.pieces {
        let position = segmentOf.count
        segmentOf.append(index)
        positions[piece.outline, default: [:]][piece.part] = position
        for (input, value) in outlines[piece.outline].inputs.enumerated()
        where input == 0 || piece.part != .statistics {
          readers[value].append(Reader(piece: piece, input: input, position: position))
        }
      }
    }
    var needs: [Bool] = []
    for outline in outlines { needs.append(outline.learns || outline.inputs.contains { needs[$0] }) }
    needsGradient = needs
  }

  /// Returns the segment of the backward pass in which an outline's step runs, as a range.
  func backwardSegment(of outline: Int) -> ClosedRange<Int> {
    let segment = segments.count - 1 - segment(writing: outline)
    return segment...segment
  }

  /// Returns the segment that writes a value.
  private func segment(writing value: ValueID) -> Int {
    let parts = positions[value]!
    return segmentOf[parts[.whole] ?? parts[.application]!]
  }

  /// Whether a piece has a share in the gradient of one of its inputs. For the value that is normalised, this is the
  /// half of the normalisation that knows all sums.
  private func hasShare(_ piece: Piece, input: Int) -> Bool {
    switch piece.part {
    case .whole: true
    case .statistics: input == 0
    case .application: input > 0
    }
  }

  /// Returns the readers that have a share in the value's gradient, in the order of the backward pass.
  private func sharers(_ value: ValueID) -> [Reader] {
    readers[value].filter { hasShare($0.piece, input: $0.input) }
      .sorted { ($1.position, $0.input) < ($0.position, $1.input) }
  }

  func share(of piece: Piece, input: Int, in value: ValuePlan, _ outlines: [Outline]) -> GradientShare? {
    guard let gradient = value.gradient, hasShare(piece, input: input) else { return nil }
    let sharers = sharers(value.id)
    let index = sharers.firstIndex { $0.piece == piece && $0.input == input }!
    return GradientShare(gradient: gradient, adds: index > 0, finishes: index == sharers.count - 1)
  }

  /// Whether a value is kept for every image of the batch, because another segment or the backward pass reads it.
  func isKept(_ value: ValueID, _ outlines: [Outline]) -> Bool {
    let own = segment(writing: value)
    if segments[own].isBatchwide || readers[value].isEmpty { return true }
    if readers[value].contains(where: { segmentOf[$0.position] != own }) { return true }
    guard forTraining else { return false }
    return outlines[value].backwardReadsOutput
      || (isReadBackward(value, outlines) && !isRecomputed(value, outlines))
  }

  private func isReadBackward(_ value: ValueID, _ outlines: [Outline]) -> Bool {
    readers[value].contains { outlines[$0.piece.outline].backwardReadsInput }
  }

  /// Whether the backward pass recomputes a value for the current image instead of reading it from memory. It does so
  /// for the result of a normalisation that only its own segment reads: the normalisation's input is read there anyway.
  func isRecomputed(_ value: ValueID, _ outlines: [Outline]) -> Bool {
    guard forTraining, case .normalization = outlines[value].core, outlines[value].dropouts.isEmpty,
      isReadBackward(value, outlines)
    else { return false }
    let own = segment(writing: value)
    return readers[value].allSatisfy { segmentOf[$0.position] == own }
  }

  /// Returns whether a value's gradient is kept for every image, and the segments of the backward pass in which it is
  /// in use.
  func gradientUse(_ value: ValueID, _ outlines: [Outline]) -> (isKept: Bool, segments: ClosedRange<Int>) {
    let sharers = sharers(value)
    let first = sharers.first.map { segmentOf[$0.position] } ?? segments.count - 1
    let parts = positions[value]!
    let last = segmentOf[parts[.whole] ?? parts[.statistics]!]
    let isInOne = sharers.allSatisfy { segmentOf[$0.position] == last }
    let isKept = !isInOne || sharers.isEmpty || segments[last].isBatchwide
    // The weight gradients of consecutive dense layers are computed together, after the first of them.
    var end = last
    while segments[end].isBatchwide, end > 0, segments[end - 1].isBatchwide { end -= 1 }
    return (isKept, segments.count - 1 - first...segments.count - 1 - end)
  }
}
