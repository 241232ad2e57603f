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
    return winogradConvolution(index).map { !$0.takesSingleImages } ?? gathers(index)
  }

  /// The shape of a convolution of floats with one group and stride 1, of a map which is not the image.
  private func convolutionShape(_ index: Int) -> ConvolutionShape? {
    guard case .convolution(let convolution) = self[index].core, convolution.groups == 1,
      convolution.stride == 1, self[index].precision == .float32
    else { return nil }
    let input = self[self[index].inputs[0]]
    guard case .map(let height, let width, let channels) = input.output else { return nil }
    if case .image = input.core { return nil }
    return ConvolutionShape(
      inputHeight: height, inputWidth: width, inputChannels: paddedToLane(channels),
      outputChannels: paddedToLane(convolution.channels), kernelHeight: convolution.kernel.height,
      kernelWidth: convolution.kernel.width, dilation: convolution.dilation,
      paddingHeight: convolution.padding.height, paddingWidth: convolution.padding.width)
  }

  /// Winograd's convolution, where an outline is one that goes by it, forward and backward. Where a max-pooling and a ReLU
  /// follow, so few gradients are not 0 that lists of those are faster.
  func winogradConvolution(_ index: Int) -> WinogradConvolution? {
    let outline = self[index]
    guard outline.pool == nil || (outline.pool == .winograd && !outline.rectifies),
      let shape = convolutionShape(index), shape.hasWinograd
    else { return nil }
    return WinogradConvolution(shape, pools: outline.pool != nil)
  }

  /// Whether an outline is a convolution of a small map with many weights, to be read once for several images. Convolutions
  /// by Winograd's read theirs so anyway.
  func gathers(_ index: Int) -> Bool {
    guard self[index].pool == nil, let shape = convolutionShape(index), shape.canGather else { return false }
    return Swift.min(shape.outputHeight, shape.outputWidth) < 4 && shape.outputPixels <= 16
      && shape.tapCount > 1 && shape.weightCount >= 1 << 16
  }
}
