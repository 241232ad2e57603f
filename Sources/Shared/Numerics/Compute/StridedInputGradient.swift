// The input gradient of a convolution with a stride. Spread by a stride s, only one pixel in s² of the output gradient
// is nonzero. The taps of the kernel that fall on these depend only on the position of an input pixel modulo s, its
// *phase*. Each of the s² phases is a separate product over its pixels, with the taps that count.
//
//     kernel 3, stride 2    taps of a phase's rows: the first and the third, or the second
//                           the same for its columns: 2 · 2 + 2 + 2 + 1 taps instead of 4 · 9
//
// A kernel row's taps are read from the first that counts to the last, with the zeros between them, so that they are
// one run, which makes 12 taps of the 9 above. Terms that are left out are products of 0, and the others keep their
// order. So results equal those of the whole kernel, bit for bit, unless a sum has more terms than one block.

import KernelInterface

/// The taps that count for a phase, along one axis.
private struct PhaseTaps {
  /// The first tap, the number of taps, and the distance from each to the next.
  let first: Int
  let count: Int
  let step: Int

  /// `before` is the position of the first output pixel in the spread gradient.
  init(phase: Int, kernelSize: Int, dilation: Int, stride: Int, before: Int) {
    let taps = (0..<kernelSize).filter { (phase + $0 * dilation - before) % stride == 0 }
    first = taps.first ?? 0
    count = taps.count
    step = count > 1 ? taps[1] - taps[0] : 1
  }

  /// The taps from the first to the last, inclusive.
  var extent: Int { count == 0 ? 0 : (count - 1) * step + 1 }
}

extension Engine {
  /// Computes the product of `multiplyPatches` over the spread output gradient and the flipped weights, phase by phase.
  /// `product` is that of all pixels; the taps of a kernel row are runs.
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
        // Strides of groups are in rows, which are now further apart.
        part.c += (y * product.cGroupRows + x) * product.cRowStride
        part.cRowStride *= shape.stride
        multiply(part, shape.flippedTaps(map), rows: rows, columns: columns)
      }
    }
  }

  /// Multiplies one phase. If no tap counts, its pixels have no gradient.
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
      part.b += range.lowerBound * taps.patchLength + firstTap * taps.channels * range.count
      part.bSegmentRows = rows.step * taps.width * taps.channels
      part.c += panel * product.cPanelStride
      kernels.multiply(part)
    }
  }
}
