// The weight gradient of a first convolution behind which a max-pooling stands; see KernelInterface/PooledPatches.swift.
//
//     W′[r, q, c, o] += Σ over windows of y′[o] · x[window + place(o) + (r, q), c]
//
// The 16 pixels that a window's four look at are broadcast once; that of a lane's maximum is selected column first, then
// row, so that neighbouring taps share the first choice: 21 selections and 9 multiply-adds a window.

import KernelInterface

private let kernelSize = PooledPatches.kernelSize
private let patchSize = PooledPatches.patchSize

/// weightGradient, in panels [panel][r, q, c][width], += …
func addPooledPatches(_ problem: PooledPatches, _ weightGradient: UnsafeMutablePointer<Float>) {
  let taps = kernelSize &* kernelSize &* problem.inputChannels
  for column in vectorStarts(problem.outputChannels) {
    let panelStart = column / panelWidth &* panelWidth
    let width = min(panelWidth, problem.outputChannels &- panelStart)
    let panel = weightGradient + (panelStart &* taps &+ column &- panelStart)
    for channel in 0..<problem.inputChannels {
      addChannel(
        problem, column: column, channel, panel + channel &* width, tapStride: problem.inputChannels &* width)
    }
  }
}

/// The nine taps of one input channel for a vector of output channels.
@inline(__always)
private func addChannel(
  _ problem: PooledPatches, column: Int, _ channel: Int, _ target: UnsafeMutablePointer<Float>, tapStride: Int
) {
  withVectors { sums in
    for tap in 0..<kernelSize &* kernelSize { sums[tap] = load(target + tap &* tapStride) }
    for y in 0..<problem.height {
      var pixel = problem.input + (2 &* y &* problem.inputRowStride &+ channel)
      var gradient = problem.gradient + (y &* problem.gradientRowStride &+ column)
      var places = problem.places + (y &* problem.width &* problem.outputChannels &+ column)
      for _ in 0..<problem.width {
        addWindow(problem, pixel, load(gradient), places, sums)
        pixel += 2 &* problem.inputChannels
        gradient += problem.outputChannels
        places += problem.outputChannels
      }
    }
    for tap in 0..<kernelSize &* kernelSize { store(sums[tap], target + tap &* tapStride) }
  }
}

@inline(__always)
private func addWindow(
  _ problem: PooledPatches, _ pixel: UnsafePointer<Float>, _ gradient: Vector, _ places: UnsafePointer<UInt8>,
  _ sums: UnsafeMutablePointer<Vector>
) {
  let place = words(UnsafeRawPointer(places).loadUnaligned(as: ByteVector.self))
  let isRight = place & IntegerVector(repeating: 1)
  let isBelow = place & IntegerVector(repeating: 2)
  withVectors { chosen in
    for row in 0..<patchSize {
      for tap in 0..<kernelSize {
        let left = pixel + (row &* problem.inputRowStride &+ tap &* problem.inputChannels)
        chosen[row &* kernelSize &+ tap] = select(
          Vector(repeating: left[0]), Vector(repeating: left[problem.inputChannels]), by: isRight)
      }
    }
    for row in 0..<kernelSize {
      for tap in 0..<kernelSize {
        let value = select(
          chosen[row &* kernelSize &+ tap], chosen[(row &+ 1) &* kernelSize &+ tap], by: isBelow)
        multiplyAdd(&sums[row &* kernelSize &+ tap], gradient, value)
      }
    }
  }
}
