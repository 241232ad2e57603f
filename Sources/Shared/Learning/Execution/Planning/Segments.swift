// Puts outlines into the order of their computation, and cuts them into segments.
//
// An image goes through a whole segment before the next image does, so that its maps stay in the cache. A layer with
// many weights for few pixels is its own segment and takes the whole batch, to read its weights less often. In
// training, a batch normalisation needs the statistics of the whole batch: computing them ends a segment, and applying
// them begins the next.

import Compute
import Networks

/// An outline, or one half of a normalisation.
struct Piece: Equatable {
  enum Part {
    case whole
    /// A normalisation's sums over the batch.
    case statistics
    /// The application of these statistics.
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
  /// Returns all pieces in as few segments as possible. Each piece comes after those whose values it reads.
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
      // Only the first input has statistics.
      let end = Swift.max(start, ready[0] + 1)
      pieces.append((Piece(outline: index, part: .statistics), ready[0], false))
      pieces.append((Piece(outline: index, part: .application), end, false))
      levels[index] = end
    }
    // Pieces of one level read each other's values only if they all work image by image, and then in their order.
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
  /// Whether an outline takes the whole batch: a dense layer, or a convolution that takes several images at a time.
  func isBatchwide(_ index: Int) -> Bool {
    if case .linear = self[index].core { return true }
    return winogradConvolution(index).map { !$0.takesSingleImages } ?? gathers(index)
  }

  /// Returns the shape of a float32 convolution with one group and stride 1 that reads a map other than the image, or
  /// `nil`.
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

  /// Returns Winograd's convolution if an outline uses it in its forward and backward pass, or `nil`. After a
  /// max-pooling with a ReLU, so few gradients are nonzero that lists of them are faster.
  func winogradConvolution(_ index: Int) -> WinogradConvolution? {
    let outline = self[index]
    guard outline.pool == nil || (outline.pool == .winograd && !outline.rectifies),
      let shape = convolutionShape(index), shape.hasWinograd
    else { return nil }
    return WinogradConvolution(shape, pools: outline.pool != nil)
  }

  /// Whether an outline is a convolution of a small map with many weights, which are read once for several images.
  /// Winograd's convolutions do this anyway.
  func gathers(_ index: Int) -> Bool {
    guard self[index].pool == nil, let shape = convolutionShape(index), shape.canGather else { return false }
    return Swift.min(shape.outputHeight, shape.outputWidth) < 4 && shape.outputPixels <= 16
      && shape.tapCount > 1 && shape.weightCount >= 1 << 16
  }
}
