// The two transforms that only the weight gradient of the convolution F(2×2, 3×3) has. With those of Winograd.swift, what
// was Y = Aᵀ [ (G g Gᵀ) ⊙ (Bᵀ d B) ] A in the forward pass is now, summed over all tiles,
//
//     g′ = Gᵀ [ Σ (Bᵀ d B) ⊙ (A y′ Aᵀ) ] G
//
//         ⎡1  0⎤
//     A = ⎢1  1⎥    Gᵀ = ⎡1  ½  ½  0⎤
//         ⎢1 −1⎥         ⎢0  ½ −½  0⎥
//         ⎣0 −1⎦         ⎣0  ½  ½  1⎦
//
// The sums between them are products of matrices, one for each component. A vector holds channels.

import KernelInterface

private let patchSize = WinogradTiles.patchSize

// MARK: - Output gradient

extension KernelTable {
  /// transformed [component, tile, channels], in the strides of `gradient`, ← A y′ Aᵀ of each tile.
  public static func winogradGradient(_ gradient: WinogradGradient, transformed: UnsafeMutablePointer<Float>)
  {
    var target = transformed
    for tileRow in gradient.tileRows {
      let y = 2 &* tileRow
      let above = gradient.values + y &* gradient.rowStride
      let below = y &+ 1 < gradient.height ? above + gradient.rowStride : nil
      for x in stride(from: 0, to: gradient.width, by: 2) {
        let offset = x &* gradient.channels
        transformTile(
          gradient, above + offset, below.map { $0 + offset }, hasRight: x &+ 1 < gradient.width, target)
        target += gradient.tileStride
      }
    }
  }
}

/// One tile; `below` is `nil` and `hasRight` false at edges that cut it.
@inline(__always)
private func transformTile(
  _ gradient: WinogradGradient, _ above: UnsafePointer<Float>, _ below: UnsafePointer<Float>?, hasRight: Bool,
  _ target: UnsafeMutablePointer<Float>
) {
  let right = gradient.channels
  for channel in vectorStarts(gradient.channels) {
    let y00 = load(above + channel)
    let y01 = hasRight ? load(above + (right &+ channel)) : Vector.zero
    var (y10, y11) = (Vector.zero, Vector.zero)
    if let below {
      y10 = load(below + channel)
      y11 = hasRight ? load(below + (right &+ channel)) : Vector.zero
    }
    let line = target + channel
    writeRow(gradient, y00, y01, line)
    writeRow(gradient, y00 + y10, y01 + y11, line + patchSize &* gradient.componentStride)
    writeRow(gradient, y00 - y10, y01 - y11, line + 2 &* patchSize &* gradient.componentStride)
    writeRow(
      gradient, Vector.zero - y10, Vector.zero - y11, line + 3 &* patchSize &* gradient.componentStride)
  }
}

/// A row of two times Aᵀ.
@inline(__always)
private func writeRow(
  _ gradient: WinogradGradient, _ left: Vector, _ right: Vector, _ target: UnsafeMutablePointer<Float>
) {
  store(left, target)
  store(left + right, target + gradient.componentStride)
  store(left - right, target + 2 &* gradient.componentStride)
  store(Vector.zero - right, target + 3 &* gradient.componentStride)
}

// MARK: - Weight gradient

extension KernelTable {
  /// weightGradient, in panels [panel][tap, inputChannel][width], ← Gᵀ m G of the sums [panel][component, inputChannel]
  /// [width].
  public static func winogradWeightGradient(
    inputChannels: Int, outputChannels: Int, sums: UnsafePointer<Float>,
    weightGradient: UnsafeMutablePointer<Float>
  ) {
    for column in stride(from: 0, to: outputChannels, by: panelWidth) {
      let runLength = inputChannels &* min(panelWidth, outputChannels &- column)
      let source = sums + column &* WinogradTiles.componentCount &* inputChannels
      let target = weightGradient + column &* 9 &* inputChannels
      for offset in vectorStarts(runLength) {
        transformSums(source + offset, target + offset, stride: runLength)
      }
    }
  }
}

/// `stride` is from one component, and from one tap, to the next.
@inline(__always)
private func transformSums(
  _ source: UnsafePointer<Float>, _ target: UnsafeMutablePointer<Float>, stride: Int
) {
  withVectors { rows in
    // Gᵀ m: three rows of four.
    for column in 0..<patchSize {
      let line = source + column &* stride
      let (top, middle, bottom) = combine(
        load(line), load(line + patchSize &* stride), load(line + 2 &* patchSize &* stride),
        load(line + 3 &* patchSize &* stride))
      rows[column] = top
      rows[patchSize &+ column] = middle
      rows[2 &* patchSize &+ column] = bottom
    }
    for row in 0..<3 {
      let values = rows + row &* patchSize
      let (left, middle, right) = combine(values[0], values[1], values[2], values[3])
      let line = target + 3 &* row &* stride
      store(left, line)
      store(middle, line + stride)
      store(right, line + 2 &* stride)
    }
  }
}

/// Gᵀ times a column of four.
@inline(__always)
private func combine(_ m0: Vector, _ m1: Vector, _ m2: Vector, _ m3: Vector) -> (Vector, Vector, Vector) {
  let half = Vector(repeating: 0.5)
  var (top, bottom) = (m0, m3)
  multiplyAdd(&top, m1 + m2, half)
  multiplyAdd(&bottom, m1 + m2, half)
  return (top, (m1 - m2) * half, bottom)
}
