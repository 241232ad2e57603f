// In which order outlines are computed, and how they are cut into segments.
//
// An image goes through all of a segment before the next image does, so that its maps stay in the cache. A layer with many
// weights for the pixels of an image is a segment of its own: it takes the whole batch, to read its weights less often. In
// training a normalisation needs the statistics of the whole batch: they end a segment, and applying them begins the next.

import Compute
import Networks

/// An outline, or the half of a normalisation.
struct Piece: Equatable {
  enum Part {
    case whole
    /// A normalisation's sums over the batch.
    case statistics
    /// What it does with them.
    case application
  }
  let outline: Int
  let part: Part
}

/// Pieces that are computed image by image, or one piece that takes the whole batch.
struct SegmentOutline: Equatable {
  var pieces: [Piece]
  let isBatchwide: Bool
}

extension [Outline] {
  /// All pieces, in an order in which each comes after those whose values it reads, in as few segments as possible.
  func segments(forTraining: Bool) -> [SegmentOutline] {
    var levels: [Int: Int] = [:]
    var pieces: [(piece: Piece, level: Int, isBatchwide: Bool)] = []
    for (index, outline) in enumerated() {
      let isBatchwide = isBatchwide(index)
      let ready = outline.inputs.map { input in
        levels[input]! + (isBatchwide || self.isBatchwide(input) ? 1 : 0)
      }
      let start = ready.max() ?? 0
      guard forTraining, case .normalization = outline.core else {
        pieces.append((Piece(outline: index, part: .whole), start, isBatchwide))
        levels[index] = start
        continue
      }
      // Statistics are of the first input alone.
      let end = Swift.max(start, ready[0] + 1)
      pieces.append((Piece(outline: index, part: .statistics), ready[0], false))
      pieces.append((Piece(outline: index, part: .application), end, false))
      levels[index] = end
    }
    // Pieces of one level read each other's values only where all go image by image, in the order they have.
    let ordered = pieces.enumerated().sorted { a, b in
      (a.element.level, a.element.isBatchwide ? 1 : 0, a.offset)
        < (b.element.level, b.element.isBatchwide ? 1 : 0, b.offset)
    }
    var segments: [SegmentOutline] = []
    var lastLevel = -1
    for (_, item) in ordered {
      if !item.isBatchwide, item.level == lastLevel, segments.last?.isBatchwide == false {
        segments[segments.count - 1].pieces.append(item.piece)
      } else {
        segments.append(SegmentOutline(pieces: [item.piece], isBatchwide: item.isBatchwide))
      }
      lastLevel = item.level
    }
    return segments
  }
}

extension [Outline] {
  /// Whether an outline takes the whole batch at once: a dense layer, or a convolution that takes several images at a time.
  func isBatchwide(_ index: Int) -> Bool {
    if case .linear = self[index].core { return true }
    return convolvesByWinograd(index) ? !hasManyTiles(index) : gathers(index)
  }

  /// A convolution with one group, stride 1 and no dilation, of a map and not of the image, and the size of its output, of
  /// which a pooling after it leaves out what fills no window.
  private func denseConvolution(_ index: Int) -> (Convolution, height: Int, width: Int)? {
    let outline = self[index]
    guard case .convolution(let convolution) = outline.core, convolution.groups == 1, convolution.stride == 1,
      convolution.dilation == 1
    else { return nil }
    if case .image = self[outline.inputs[0]].core { return nil }
    guard case .map(let height, let width, _) = outline.output else { return nil }
    let size = outline.pool?.size ?? 1
    return (convolution, height * size, width * size)
  }

  /// Whether an outline is a convolution that goes by Winograd's, forward and backward. Where a max-pooling and a ReLU
  /// follow, so few gradients are not 0 that lists of those are faster.
  func convolvesByWinograd(_ index: Int) -> Bool {
    guard let (convolution, height, width) = denseConvolution(index) else { return false }
    let outline = self[index]
    guard convolution.kernel.height == 3, convolution.kernel.width == 3, Swift.min(height, width) >= 2 else {
      return false
    }
    return outline.pool == nil || (outline.pool == .winograd && !outline.rectifies)
  }

  /// Whether each image of a convolution by Winograd's has enough tiles (of four) for products of its own, and the sums are
  /// so few that each chunk has its own.
  private func hasManyTiles(_ index: Int) -> Bool {
    guard let (convolution, height, width) = denseConvolution(index) else { return false }
    let inputs = self[self[index].inputs[0]].output.channels
    return (height + 3) / 4 * ((width + 3) / 4) >= 32
      && paddedToLane(inputs) * paddedToLane(convolution.channels) <= 64 * 64
  }

  /// Whether an outline is a convolution of a small map with many weights, to be read once for several images. Convolutions
  /// by Winograd's read theirs so anyway.
  func gathers(_ index: Int) -> Bool {
    guard let (convolution, height, width) = denseConvolution(index), self[index].pool == nil else {
      return false
    }
    let taps = convolution.kernel.height * convolution.kernel.width
    let inputs = self[self[index].inputs[0]].output.channels
    return Swift.min(height, width) < 4 && height * width <= 16 && taps > 1
      && taps * inputs * convolution.channels >= 1 << 16
  }
}
