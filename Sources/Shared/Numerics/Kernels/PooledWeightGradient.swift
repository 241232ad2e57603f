// The weight gradient of a first convolution, if a max-pooling follows; see
// KernelInterface/PooledConvolutionGradients.swift.
//
//     W′[r, q, c, o] += Σ over windows of y′[o] · x[window + place(o) + (r, q), c]
//
// The 16 pixels that a window's four pixels read are broadcast. Each channel selects the pixel of its maximum, by
// column first and then by row, so that taps above each other share the first selection. That is 21 selections and 9
// multiply-adds for a window if one pass computes all rows of the kernel, and 27 and 9 if each row has its own pass.

import KernelInterface

private let kernelSize = PooledWeightGradient.kernelSize

#if AVX512 || arch(arm64)
  // Nine sums and twelve selected vectors fit into 32 registers: one pass over the windows.
  private typealias Taps = KernelRows<3>
#else
  // With 16 registers: three passes, with three sums and six selected vectors each.
  private typealias Taps = KernelRows<1>
#endif

extension KernelTable {
  /// weightGradient, in panels [panel][r, q, c][width], += …
  public static func addPooledWeightGradient(
    _ problem: PooledWeightGradient, weightGradient: UnsafeMutablePointer<Float>
  ) {
    let taps = kernelSize &* kernelSize &* problem.inputChannels
    for column in vectorStarts(problem.outputChannels) {
      let panelStart = column / panelWidth &* panelWidth
      let width = min(panelWidth, problem.outputChannels &- panelStart)
      let panel = weightGradient + (panelStart &* taps &+ column &- panelStart)
      for channel in 0..<problem.inputChannels {
        for firstRow in stride(from: 0, to: kernelSize, by: Taps.count) {
          let firstTap = firstRow &* kernelSize &* problem.inputChannels &+ channel
          Taps.add(
            problem, column: column, problem.input + (firstRow &* problem.inputRowStride &+ channel),
            panel + firstTap &* width, tapStride: problem.inputChannels &* width)
        }
      }
    }
  }
}

/// The taps of some rows of the kernel, for one input channel and a vector of output channels.
private enum KernelRows<let rows: Int> {
  static var count: Int { rows }

  /// `input` is what the first row's first tap reads for the first window's first pixel.
  @inline(__always)
  static func add(
    _ problem: PooledWeightGradient, column: Int, _ input: UnsafePointer<Float>,
    _ target: UnsafeMutablePointer<Float>, tapStride: Int
  ) {
    // The sums of a block of rows begin at 0 and are added to the earlier values, so that no sum is long.
    let blockHeight = max(1, blockTerms / max(1, problem.width))
    for start in stride(from: 0, to: problem.height, by: blockHeight) {
      addRows(
        start..<min(start &+ blockHeight, problem.height), problem, column: column, input, target,
        tapStride: tapStride)
    }
  }

  @inline(__always)
  private static func addRows(
    _ range: Range<Int>, _ problem: PooledWeightGradient, column: Int, _ input: UnsafePointer<Float>,
    _ target: UnsafeMutablePointer<Float>, tapStride: Int
  ) {
    withVectors { sums in
      for y in range {
        var pixel = input + 2 &* y &* problem.inputRowStride
        var gradient = problem.gradient + (y &* problem.gradientRowStride &+ column)
        var places = problem.places + (y &* problem.width &* problem.outputChannels &+ column)
        for _ in 0..<problem.width {
          addWindow(problem, pixel, load(gradient), places, sums)
          pixel += 2 &* problem.inputChannels
          gradient += problem.outputChannels
          places += problem.outputChannels
        }
      }
      for tap in 0..<rows &* kernelSize {
        let place = target + tap &* tapStride
        store(load(place) + sums[tap], place)
      }
    }
  }

  @inline(__always)
  private static func addWindow(
    _ problem: PooledWeightGradient, _ pixel: UnsafePointer<Float>, _ gradient: Vector,
    _ places: UnsafePointer<UInt8>, _ sums: UnsafeMutablePointer<Vector>
  ) {
    let place = words(UnsafeRawPointer(places).loadUnaligned(as: ByteVector.self))
    let isRight = place & IntegerVector(repeating: 1)
    let isBelow = place & IntegerVector(repeating: 2)
    withVectors { chosen in
      for row in 0..<rows &+ 1 {
        for tap in 0..<kernelSize {
          let left = pixel + (row &* problem.inputRowStride &+ tap &* problem.inputChannels)
          chosen[row &* kernelSize &+ tap] = select(
            Vector(repeating: left[0]), Vector(repeating: left[problem.inputChannels]), by: isRight)
        }
      }
      for row in 0..<rows {
        for tap in 0..<kernelSize {
          let value = select(
            chosen[row &* kernelSize &+ tap], chosen[(row &+ 1) &* kernelSize &+ tap], by: isBelow)
          multiplyAdd(&sums[row &* kernelSize &+ tap], gradient, value)
        }
      }
    }
  }
}
