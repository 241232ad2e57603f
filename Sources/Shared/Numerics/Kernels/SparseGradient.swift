// The gradients of a convolution, if a ReLU and a max-pooling follow; see
// KernelInterface/PooledConvolutionGradients.swift.
//
//     weight gradient   W′[o, patch] += Σ over the entries of o of value · x[offset + patch]
//     input gradient    x′[offset + patch] += value · W[o, patch]     for each entry of o
//
// Registers keep as much of a patch as they hold while the loop runs over the list: sums of the weight gradient,
// weights for the input gradient. That is the whole patch with AVX-512 and 16 or 32 channels, otherwise a row or
// a part of one.

import KernelInterface

extension KernelTable {
  /// Lists the nonzero values of a pooled map's gradient. `window` describes the pooling with the strides of the
  /// convolution's *input*, from one of its output pixels to the next, so that offsets are those of patches.
  ///
  /// Entries are written whether or not they count. Half of them do, at random, so that a branch would be mispredicted
  /// half of the time.
  public static func listGradient(
    outputGradient: UnsafePointer<Float>, places: UnsafePointer<UInt8>, window: PoolingWindow, rowCount: Int,
    list: SparseGradient
  ) {
    list.counts.update(repeating: 0, count: list.channels)
    var placeOffsets: (Int32, Int32, Int32, Int32, Int32, Int32, Int32, Int32, Int32) = (
      0, 0, 0, 0, 0, 0, 0, 0, 0
    )
    withUnsafeMutableBytes(of: &placeOffsets) { bytes in
      let offsets = bytes.baseAddress!.assumingMemoryBound(to: Int32.self)
      for place in 0..<window.size &* window.size {
        offsets[place] = Int32(
          truncatingIfNeeded: place / window.size &* window.inputRowStride &+ place % window.size
            &* window.inputPixelStride)
      }
      for y in 0..<rowCount {
        for x in 0..<window.outWidth {
          let gradients = outputGradient + (y &* window.outputRowStride &+ x &* window.channels)
          let pixelPlaces = places + (y &* window.outWidth &+ x) &* window.channels
          let start = Int32(
            truncatingIfNeeded: window.stride &* (y &* window.inputRowStride &+ x &* window.inputPixelStride))
          for channel in 0..<window.channels {
            let value = gradients[channel]
            let count = list.counts[channel]
            let entry = channel &* list.capacity &+ Int(count)
            list.values[entry] = value
            list.offsets[entry] = start &+ offsets[Int(pixelPlaces[channel])]
            list.counts[channel] = count &+ (value != 0 ? 1 : 0)
          }
        }
      }
    }
  }

  /// weightGradient [channels, patch] += …
  public static func addSparseWeightGradient(
    _ list: SparseGradient, input: UnsafePointer<Float>, patch: Patch,
    weightGradient: UnsafeMutablePointer<Float>
  ) {
    forEachRun(list, patch) { run, channel, inputOffset, weightOffset in
      let sums = weightGradient + (channel &* patch.count &+ weightOffset)
      let entries = Entries(list, channel)
      let source = input + inputOffset
      switch run {
      #if AVX512
        case (3, 3): Run<3, 3>.addWeightGradient(entries, source, patch, sums)
        case (3, 6): Run<3, 6>.addWeightGradient(entries, source, patch, sums)
      #endif
      case (_, 1): Run<1, 1>.addWeightGradient(entries, source, patch, sums)
      case (_, 2): Run<1, 2>.addWeightGradient(entries, source, patch, sums)
      case (_, 3): Run<1, 3>.addWeightGradient(entries, source, patch, sums)
      case (_, 4): Run<1, 4>.addWeightGradient(entries, source, patch, sums)
      case (_, 5): Run<1, 5>.addWeightGradient(entries, source, patch, sums)
      default: Run<1, 6>.addWeightGradient(entries, source, patch, sums)
      }
    }
  }

  /// inputGradient, laid out like the padded input, += …
  public static func addSparseInputGradient(
    _ list: SparseGradient, weights: UnsafePointer<Float>, patch: Patch,
    inputGradient: UnsafeMutablePointer<Float>
  ) {
    forEachRun(list, patch) { run, channel, inputOffset, weightOffset in
      let factors = weights + (channel &* patch.count &+ weightOffset)
      let entries = Entries(list, channel)
      let target = inputGradient + inputOffset
      switch run {
      #if AVX512
        case (3, 3): Run<3, 3>.addInputGradient(entries, factors, patch, target)
        case (3, 6): Run<3, 6>.addInputGradient(entries, factors, patch, target)
      #endif
      case (_, 1): Run<1, 1>.addInputGradient(entries, factors, patch, target)
      case (_, 2): Run<1, 2>.addInputGradient(entries, factors, patch, target)
      case (_, 3): Run<1, 3>.addInputGradient(entries, factors, patch, target)
      case (_, 4): Run<1, 4>.addInputGradient(entries, factors, patch, target)
      case (_, 5): Run<1, 5>.addInputGradient(entries, factors, patch, target)
      default: Run<1, 6>.addInputGradient(entries, factors, patch, target)
      }
    }
  }
}

/// The longest run of a single row, in vectors. Six sums cover the latency of a multiply-add and fit every
/// register file.
private let longestRun = 6

/// Whether one run can take all rows of a patch.
private func hasRunOfAllRows(_ patch: Patch) -> Bool {
  #if AVX512
    let rowVectors = patch.rowLength / vectorWidth
    return patch.rowCount == 3 && (rowVectors == 3 || rowVectors == 6)
  #else
    return false
  #endif
}

/// Cuts every channel's patch into runs: all rows together if the registers hold them, so that each entry is read only
/// once, or else parts of a row.
@inline(__always)
private func forEachRun(
  _ list: SparseGradient, _ patch: Patch,
  _ body: (_ run: (rows: Int, vectors: Int), _ channel: Int, _ inputOffset: Int, _ weightOffset: Int) -> Void
) {
  let rowVectors = patch.rowLength / vectorWidth
  let rowsOfRun = hasRunOfAllRows(patch) ? patch.rowCount : 1
  for channel in 0..<list.channels where list.counts[channel] > 0 {
    for row in stride(from: 0, to: patch.rowCount, by: rowsOfRun) {
      for start in stride(from: 0, to: rowVectors, by: longestRun) {
        let offset = start &* vectorWidth
        body(
          (rowsOfRun, min(longestRun, rowVectors - start)), channel, row &* patch.rowStride &+ offset,
          row &* patch.rowLength &+ offset)
      }
    }
  }
}

/// One channel's part of the list.
private struct Entries {
  let count: Int
  let offsets: UnsafePointer<Int32>
  let values: UnsafePointer<Float>

  @inline(__always)
  init(_ list: SparseGradient, _ channel: Int) {
    count = Int(list.counts[channel])
    offsets = UnsafePointer(list.offsets + channel &* list.capacity)
    values = UnsafePointer(list.values + channel &* list.capacity)
  }
}

/// Rows × vectors of a patch.
private enum Run<let rows: Int, let vectors: Int> {
  @inline(__always)
  static func addWeightGradient(
    _ entries: Entries, _ input: UnsafePointer<Float>, _ patch: Patch, _ target: UnsafeMutablePointer<Float>
  ) {
    // The sums of a block begin at 0 and are added to the earlier values, so that no sum is long.
    for start in stride(from: 0, to: entries.count, by: blockTerms) {
      addWeightGradient(entries, start..<min(start &+ blockTerms, entries.count), input, patch, target)
    }
  }

  @inline(__always)
  private static func addWeightGradient(
    _ entries: Entries, _ range: Range<Int>, _ input: UnsafePointer<Float>, _ patch: Patch,
    _ target: UnsafeMutablePointer<Float>
  ) {
    withVectors { sums in
      for entry in range {
        let source = input + Int(entries.offsets[entry])
        let value = Vector(repeating: entries.values[entry])
        for row in 0..<rows {
          for vector in 0..<vectors {
            multiplyAdd(
              &sums[row &* vectors &+ vector], value,
              load(source + (row &* patch.rowStride &+ vector &* vectorWidth)))
          }
        }
      }
      for row in 0..<rows {
        for vector in 0..<vectors {
          let place = target + (row &* patch.rowLength &+ vector &* vectorWidth)
          store(load(place) + sums[row &* vectors &+ vector], place)
        }
      }
    }
  }

  @inline(__always)
  static func addInputGradient(
    _ entries: Entries, _ weights: UnsafePointer<Float>, _ patch: Patch,
    _ inputGradient: UnsafeMutablePointer<Float>
  ) {
    withVectors { factors in
      for row in 0..<rows {
        for vector in 0..<vectors {
          factors[row &* vectors &+ vector] = load(
            weights + (row &* patch.rowLength &+ vector &* vectorWidth))
        }
      }
      for entry in 0..<entries.count {
        let target = inputGradient + Int(entries.offsets[entry])
        let value = Vector(repeating: entries.values[entry])
        for row in 0..<rows {
          for vector in 0..<vectors {
            let place = target + (row &* patch.rowStride &+ vector &* vectorWidth)
            var sum = load(place)
            multiplyAdd(&sum, value, factors[row &* vectors &+ vector])
            store(sum, place)
          }
        }
      }
    }
  }
}
