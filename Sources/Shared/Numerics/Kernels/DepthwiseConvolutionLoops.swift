// Convolutions of each channel by itself; see KernelInterface/DepthwiseConvolution.swift.
//
// Each multiply-add reads a vector of the map, and the first-level cache delivers vectors as fast as they can be
// multiplied. So the loops must read little else: several pixels of a row share each weight, and several taps share
// each gradient. Eight independent sums cover the latency of the multiply-adds.

import KernelInterface

/// The pixels that are computed together. Eight sums and a weight fit every register file.
private let tilePixels = 8

extension KernelTable {
  /// target ← start + Σ over the taps.
  public static func convolveDepthwise(_ problem: DepthwiseConvolution) {
    let taps = problem.taps
    let shares = EvenShares(of: taps.width, atMost: tilePixels)
    for y in 0..<taps.height {
      var source = problem.source + y &* taps.lineStride
      var target = problem.target + y &* problem.targetRowStride
      for tile in 0..<shares.count {
        let pixels = shares[tile]
        convolvePixels(pixels, problem, source, target)
        source += pixels &* taps.pixelStride
        target += pixels &* taps.channels
      }
    }
  }

  /// weightGradient += Σ over the pixels.
  public static func addDepthwiseWeightGradient(_ problem: DepthwiseWeightGradient) {
    let taps = problem.taps
    // The sums of a block of rows begin at 0 and are added to the earlier values, so that no sum is long.
    let blockHeight = max(1, blockTerms / max(1, taps.width))
    for y in stride(from: 0, to: taps.height, by: blockHeight) {
      var block = problem
      block.taps.height = min(blockHeight, taps.height &- y)
      block.source += y &* taps.lineStride
      block.gradient += y &* problem.gradientLineStride
      addTaps(block)
    }
  }
}

// MARK: - Pixels

@inline(__always)
private func convolvePixels(
  _ count: Int, _ problem: DepthwiseConvolution, _ source: UnsafePointer<Float>,
  _ target: UnsafeMutablePointer<Float>
) {
  switch count {
  case 1: Pixels<1>.convolve(problem, source, target)
  case 2: Pixels<2>.convolve(problem, source, target)
  case 3: Pixels<3>.convolve(problem, source, target)
  case 4: Pixels<4>.convolve(problem, source, target)
  case 5: Pixels<5>.convolve(problem, source, target)
  case 6: Pixels<6>.convolve(problem, source, target)
  case 7: Pixels<7>.convolve(problem, source, target)
  case 8: Pixels<8>.convolve(problem, source, target)
  default: preconditionFailure("a tile has 1 to \(tilePixels) pixels, not \(count)")
  }
}

/// Some pixels of a row.
private enum Pixels<let count: Int> {
  /// `source` is the value that the first pixel's first tap reads.
  @inline(__always)
  static func convolve(
    _ problem: DepthwiseConvolution, _ source: UnsafePointer<Float>, _ target: UnsafeMutablePointer<Float>
  ) {
    for channel in vectorStarts(problem.taps.channels) {
      withVectors { sums in
        start(sums, problem, target + channel, channel)
        addTaps(to: sums, problem, source + channel, problem.weights + channel)
        if problem.rectifies {
          for pixel in 0..<count { sums[pixel] = rectified(sums[pixel]) }
        }
        for pixel in 0..<count { store(sums[pixel], target + (channel &+ pixel &* problem.taps.channels)) }
      }
    }
  }

  @inline(__always)
  private static func start(
    _ sums: UnsafeMutablePointer<Vector>, _ problem: DepthwiseConvolution, _ target: UnsafePointer<Float>,
    _ channel: Int
  ) {
    switch problem.start {
    case .zero: break
    case .accumulate:
      for pixel in 0..<count { sums[pixel] = load(target + pixel &* problem.taps.channels) }
    case .bias(let bias):
      let bias = load(bias + channel)
      for pixel in 0..<count { sums[pixel] = bias }
    }
  }

  @inline(__always)
  private static func addTaps(
    to sums: UnsafeMutablePointer<Vector>, _ problem: DepthwiseConvolution, _ source: UnsafePointer<Float>,
    _ weights: UnsafePointer<Float>
  ) {
    let taps = problem.taps
    var weight = weights
    var line = source
    for _ in 0..<taps.kernelHeight {
      var tap = line
      for _ in 0..<taps.kernelWidth {
        let factor = load(weight)
        for pixel in 0..<count { multiplyAdd(&sums[pixel], factor, load(tap + pixel &* taps.pixelStride)) }
        tap += taps.tapStride
        weight += problem.weightStride
      }
      line += taps.tapLineStride
    }
  }
}

// MARK: - Taps

/// Cuts the taps into groups whose sums stay in registers while the loop runs over all pixels: three rows of three,
/// two of five, or up to seven taps of one row.
@inline(__always)
private func addTaps(_ problem: DepthwiseWeightGradient) {
  let (height, width) = (problem.taps.kernelHeight, problem.taps.kernelWidth)
  for column in stride(from: 0, to: width, by: longestRun) {
    let columns = min(longestRun, width &- column)
    var row = 0
    while row < height {
      let rows = min(rowsTogether(columns), height &- row)
      addTaps(problem, rows: rows, columns: columns, row: row, column: column)
      row &+= rows
    }
  }
}

private let longestRun = 7

@inline(__always)
private func rowsTogether(_ columns: Int) -> Int {
  switch columns {
  case 3: 3
  case 5: 2
  default: 1
  }
}

@inline(__always)
private func addTaps(_ problem: DepthwiseWeightGradient, rows: Int, columns: Int, row: Int, column: Int) {
  let taps = problem.taps
  let source = problem.source + (row &* taps.tapLineStride &+ column &* taps.tapStride)
  let target = problem.weightGradient + (row &* taps.kernelWidth &+ column) &* taps.channels
  switch (rows, columns) {
  case (3, 3): TapGroup<3, 3>.add(problem, source, target)
  case (2, 3): TapGroup<2, 3>.add(problem, source, target)
  case (2, 5): TapGroup<2, 5>.add(problem, source, target)
  case (_, 1): TapGroup<1, 1>.add(problem, source, target)
  case (_, 2): TapGroup<1, 2>.add(problem, source, target)
  case (_, 3): TapGroup<1, 3>.add(problem, source, target)
  case (_, 4): TapGroup<1, 4>.add(problem, source, target)
  case (_, 5): TapGroup<1, 5>.add(problem, source, target)
  case (_, 6): TapGroup<1, 6>.add(problem, source, target)
  default: TapGroup<1, 7>.add(problem, source, target)
  }
}

/// Rows × columns of taps.
private enum TapGroup<let rows: Int, let columns: Int> {
  /// `source` is the value that the first pixel reads for the group's first tap, `target` that tap's gradient.
  @inline(__always)
  static func add(
    _ problem: DepthwiseWeightGradient, _ source: UnsafePointer<Float>, _ target: UnsafeMutablePointer<Float>
  ) {
    let taps = problem.taps
    for channel in vectorStarts(taps.channels) {
      withVectors { sums in
        for y in 0..<taps.height {
          addPixels(
            to: sums, problem, source + (y &* taps.lineStride &+ channel),
            problem.gradient + (y &* problem.gradientLineStride &+ channel))
        }
        for row in 0..<rows {
          for column in 0..<columns {
            let place = target + ((row &* taps.kernelWidth &+ column) &* taps.channels &+ channel)
            store(load(place) + sums[row &* columns &+ column], place)
          }
        }
      }
    }
  }

  /// Adds one row of pixels.
  @inline(__always)
  private static func addPixels(
    to sums: UnsafeMutablePointer<Vector>, _ problem: DepthwiseWeightGradient, _ source: UnsafePointer<Float>,
    _ gradient: UnsafePointer<Float>
  ) {
    let taps = problem.taps
    var pixel = source
    var place = gradient
    for _ in 0..<taps.width {
      let factor = load(place)
      for row in 0..<rows {
        for column in 0..<columns {
          multiplyAdd(
            &sums[row &* columns &+ column], factor,
            load(pixel + (row &* taps.tapLineStride &+ column &* taps.tapStride)))
        }
      }
      pixel += taps.pixelStride
      place += problem.gradientPixelStride
    }
  }
}
