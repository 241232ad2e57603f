// How convolutions become products. The taps of a kernel are the terms, in as few products as their layout allows.

import KernelInterface

/// The layout of a kernel's taps in the map that the kernel moves over.
struct KernelTaps {
  let height: Int
  let width: Int
  let dilation: Int
  /// The channels that a tap reads, all channels of the map, and the floats from one row of the map to the next.
  let channels: Int
  let mapChannels: Int
  let rowStride: Int

  /// The values of a patch, which are the terms of a sum.
  var patchLength: Int { height * width * channels }

  /// Whether the taps of a kernel row follow each other in memory.
  var areRuns: Bool { width == 1 || (dilation == 1 && channels == mapChannels) }

  /// Floats from a tap to the one below.
  var lineStride: Int { dilation * rowStride }
  /// Floats from a tap to its right neighbour.
  var pixelStride: Int { dilation * mapChannels }
}

extension ConvolutionShape {
  /// The taps in the input.
  var taps: KernelTaps {
    KernelTaps(
      height: kernelHeight, width: kernelWidth, dilation: dilation, channels: groupInputs,
      mapChannels: inputChannels, rowStride: inputRowStride)
  }

  /// The taps of the flipped kernel in the output gradient's map.
  func flippedTaps(_ map: GradientMap) -> KernelTaps {
    KernelTaps(
      height: kernelHeight, width: kernelWidth, dilation: dilation, channels: groupOutputs,
      mapChannels: outputChannels, rowStride: map.rowStride)
  }
}

extension Engine {
  /// C ← start + Σ over the taps of A · B for each group of channels. B is the weights in panels,
  /// [channelGroup][panel][tap, channel][width]. `product` says where the first tap of each pixel is (A's rows and
  /// groups), and has the columns of a group of channels; this function fills in the terms.
  ///
  /// If taps follow each other in memory, each kernel row is one run of terms, and one product adds up all rows. With
  /// a dilation, or with channels of other groups between them, each tap is its own run, and each kernel row a product
  /// that adds to the one before.
  func multiplyPatches(_ product: MatrixProduct, _ taps: KernelTaps, groups: Int) {
    for group in 0..<groups {
      let column = group * product.columnCount
      var part = product
      part.a += group * taps.channels
      part.b += column * taps.patchLength
      part.bPanelStride = kernels.panelWidth * taps.patchLength
      part.c += column
      part.start = product.start.from(column: column)
      multiplyPatches(part, taps)
    }
  }

  private func multiplyPatches(_ product: MatrixProduct, _ taps: KernelTaps) {
    guard taps.areRuns else { return multiplyKernelRows(product, taps) }
    var product = product
    product.depth = taps.width * taps.channels
    product.segmentCount = taps.height
    product.aSegmentStride = taps.lineStride
    product.bSegmentRows = product.depth
    product.joinGroups()
    kernels.multiply(product)
  }

  private func multiplyKernelRows(_ product: MatrixProduct, _ taps: KernelTaps) {
    let rowDepth = taps.width * taps.channels
    forEachPanel(product.columnCount) { panel, columns in
      for row in 0..<taps.height {
        var part = product
        part.columnCount = columns.count
        part.depth = taps.channels
        part.segmentCount = taps.width
        part.a += row * taps.lineStride
        part.aSegmentStride = taps.pixelStride
        part.b += panel * product.bPanelStride + row * rowDepth * columns.count
        part.bSegmentRows = taps.channels
        part.c += panel * product.cPanelStride
        part.start = row == 0 ? product.start.from(column: columns.lowerBound) : .accumulate
        part.rectifies = product.rectifies && row == taps.height - 1
        kernels.multiply(part)
      }
    }
  }

  /// Calls `body` with the number and the columns of each panel. (A panel of the pixels of a map, which are further
  /// apart than a panel is wide, is a separate product, and so is a part of the rows of weights in panels.)
  func forEachPanel(_ columnCount: Int, _ body: (_ panel: Int, _ columns: Range<Int>) -> Void) {
    let width = kernels.panelWidth
    for (panel, column) in stride(from: 0, to: columnCount, by: width).enumerated() {
      body(panel, column..<min(column + width, columnCount))
    }
  }
}

extension MatrixProduct {
  /// Joins groups into one if their rows follow each other in A and C, so that register tiles run across them.
  mutating func joinGroups() {
    guard aGroupStride == rowCount * aRowStride, cGroupRows == rowCount else { return }
    rowCount *= groupCount
    groupCount = 1
  }

  /// Joins segments into one if their terms follow each other in A and B.
  mutating func joinSegments() {
    guard aSegmentStride == depth * aDepthStride, bSegmentRows == depth else { return }
    depth *= segmentCount
    segmentCount = 1
  }
}

extension MatrixProduct.Start {
  /// Returns the same start for the columns from `column` on.
  func from(column: Int) -> MatrixProduct.Start {
    if case .bias(let bias) = self { return .bias(bias + column) }
    return self
  }
}
