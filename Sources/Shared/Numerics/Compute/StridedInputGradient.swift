// The input gradient of a convolution with a stride. Spread by a stride s, only one pixel in s² of the output gradient is
// not 0, and which taps of the kernel fall on those depends on an input pixel's place, modulo s, alone: its *phase*. Each of
// the s² phases is a product of its own, over its pixels, with the taps that count.
//
//     kernel 3, stride 2    taps of a phase's rows: the first and the third, or the second
//                           the same for its columns: 2 · 2 + 2 + 2 + 1 taps instead of 4 · 9
//
// A kernel row's taps are read from the first that counts to the last, with the zeros between them, so that they are one
// run: that makes 12 taps of the 9 above. Terms that are left out are products of 0, and the others keep their order, so
// that results are those of the whole kernel, bit for bit, up to as many terms as a product sums up as one block.

import KernelInterface

/// The taps that count for a phase, along one axis.
private struct PhaseTaps {
  /// The first tap, their number, and from each to the next.
  let first: Int
  let count: Int
  let step: Int

  /// `before` is the place of the first output pixel in the spread gradient.
  init(phase: Int, kernelSize: Int, dilation: Int, stride: Int, before: Int) {
    let taps = (0..<kernelSize).filter { (phase + $0 * dilation - before) % stride == 0 }
    first = taps.first ?? 0
    count = taps.count
    step = count > 1 ? taps[1] - taps[0] : 1
  }

  /// Taps from the first to the last.
  var extent: Int { count == 0 ? 0 : (count - 1) * step + 1 }
}

extension Engine {
  /// What `multiplyPatches` makes of the spread output gradient and the flipped weights, phase by phase. `product` is that
  /// of all pixels; the taps of a kernel row are runs.
  func multiplyPhases(_ product: MatrixProduct, _ shape: ConvolutionShape, _ map: GradientMap) {
    for y in 0..<min(shape.stride, shape.inputHeight) {
      let rows = PhaseTaps(
        phase: y, kernelSize: shape.kernelHeight, dilation: shape.dilation, stride: shape.stride,
        before: shape.extentHeight - 1 - shape.paddingHeight)
      for x in 0..<min(shape.stride, shape.inputWidth) {
        let columns = PhaseTaps(
          phase: x, kernelSize: shape.kernelWidth, dilation: shape.dilation, stride: shape.stride,
          before: shape.extentWidth - 1 - shape.paddingWidth)
        var part = product
        part.rowCount = (shape.inputWidth - x + shape.stride - 1) / shape.stride
        part.groupCount = (shape.inputHeight - y + shape.stride - 1) / shape.stride
        part.a += y * product.aGroupStride + x * product.aRowStride
        part.aRowStride *= shape.stride
        part.aGroupStride *= shape.stride
        // Groups of rows are counted in rows, which are now further apart.
        part.c += (y * product.cGroupRows + x) * product.cRowStride
        part.cRowStride *= shape.stride
        multiply(part, shape.flippedTaps(map), rows: rows, columns: columns)
      }
    }
  }

  /// One phase. Where no tap counts, its pixels have no gradient.
  private func multiply(
    _ product: MatrixProduct, _ taps: KernelTaps, rows: PhaseTaps, columns: PhaseTaps
  ) {
    let firstTap = rows.first * taps.width + columns.first
    forEachPanel(product.columnCount) { panel, range in
      var part = product
      part.columnCount = range.count
      part.depth = columns.extent * taps.channels
      part.segmentCount = columns.count == 0 ? 0 : rows.count
      part.a += rows.first * taps.lineStride + columns.first * taps.pixelStride
      part.aSegmentStride = rows.step * taps.lineStride
      part.b += range.lowerBound * taps.patchCount + firstTap * taps.channels * range.count
      part.bSegmentRows = rows.step * taps.width * taps.channels
      part.c += panel * product.cPanelStride
      kernels.multiply(part)
    }
  }
}
