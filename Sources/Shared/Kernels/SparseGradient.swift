// The gradients of a convolution behind which a ReLU and a max-pooling stand; see KernelInterface/SparseGradient.swift.
//
//     weight gradient   W′[o, patch] += Σ over the entries of o of value · x[offset + patch]
//     input gradient    x′[offset + patch] += value · W[o, patch]     for each entry of o
//
// A row of the patch at a time is kept in registers: sums in the first, weights in the second.

import KernelInterface

/// Lists what is not 0 of the gradient of a pooled map. `window` describes the pooling with the strides of the
/// convolution's *input*: from one of its output pixels to the next, so that offsets are those of patches.
///
/// Entries are written whether or not they count: half of them do, at random, and a branch would be wrong as often.
func listGradient(
  _ outputGradient: UnsafePointer<Float>, _ places: UnsafePointer<UInt8>, _ window: PoolingWindow,
  _ rowCount: Int,
  _ list: SparseGradient
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
func addSparseWeightGradient(
  _ list: SparseGradient, _ input: UnsafePointer<Float>, _ patch: Patch,
  _ weightGradient: UnsafeMutablePointer<Float>
) {
  forEachRun(list, patch) { run, channel, inputOffset, weightOffset in
    let sums = weightGradient + (channel &* patch.count &+ weightOffset)
    let entries = Entries(list, channel)
    switch run {
    case 1: Run<1>.addWeightGradient(entries, input + inputOffset, sums)
    case 2: Run<2>.addWeightGradient(entries, input + inputOffset, sums)
    case 3: Run<3>.addWeightGradient(entries, input + inputOffset, sums)
    case 4: Run<4>.addWeightGradient(entries, input + inputOffset, sums)
    case 5: Run<5>.addWeightGradient(entries, input + inputOffset, sums)
    default: Run<6>.addWeightGradient(entries, input + inputOffset, sums)
    }
  }
}

/// inputGradient, laid out like the padded input, += …
func addSparseInputGradient(
  _ list: SparseGradient, _ weights: UnsafePointer<Float>, _ patch: Patch,
  _ inputGradient: UnsafeMutablePointer<Float>
) {
  forEachRun(list, patch) { run, channel, inputOffset, weightOffset in
    let factors = weights + (channel &* patch.count &+ weightOffset)
    let entries = Entries(list, channel)
    switch run {
    case 1: Run<1>.addInputGradient(entries, factors, inputGradient + inputOffset)
    case 2: Run<2>.addInputGradient(entries, factors, inputGradient + inputOffset)
    case 3: Run<3>.addInputGradient(entries, factors, inputGradient + inputOffset)
    case 4: Run<4>.addInputGradient(entries, factors, inputGradient + inputOffset)
    case 5: Run<5>.addInputGradient(entries, factors, inputGradient + inputOffset)
    default: Run<6>.addInputGradient(entries, factors, inputGradient + inputOffset)
    }
  }
}

/// The longest run, in vectors: six sums cover most of the latency of a multiply-add, and fit every register file.
private let longestRun = 6

/// Cuts the rows of every channel's patch into runs of vectors.
@inline(__always)
private func forEachRun(
  _ list: SparseGradient, _ patch: Patch,
  _ body: (_ vectors: Int, _ channel: Int, _ inputOffset: Int, _ weightOffset: Int) -> Void
) {
  let rowVectors = patch.rowLength / vectorWidth
  for channel in 0..<list.channels where list.counts[channel] > 0 {
    for row in 0..<patch.rowCount {
      var done = 0
      while done < rowVectors {
        let vectors = min(longestRun, rowVectors - done)
        let offset = done &* vectorWidth
        body(vectors, channel, row &* patch.rowStride &+ offset, row &* patch.rowLength &+ offset)
        done += vectors
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

private enum Run<let vectors: Int> {
  @inline(__always)
  static func addWeightGradient(
    _ entries: Entries, _ input: UnsafePointer<Float>, _ target: UnsafeMutablePointer<Float>
  ) {
    withVectors { sums in
      for vector in 0..<vectors { sums[vector] = load(target + vector &* vectorWidth) }
      for entry in 0..<entries.count {
        let source = input + Int(entries.offsets[entry])
        let value = Vector(repeating: entries.values[entry])
        for vector in 0..<vectors { multiplyAdd(&sums[vector], value, load(source + vector &* vectorWidth)) }
      }
      for vector in 0..<vectors { store(sums[vector], target + vector &* vectorWidth) }
    }
  }

  @inline(__always)
  static func addInputGradient(
    _ entries: Entries, _ weights: UnsafePointer<Float>, _ inputGradient: UnsafeMutablePointer<Float>
  ) {
    withVectors { factors in
      for vector in 0..<vectors { factors[vector] = load(weights + vector &* vectorWidth) }
      for entry in 0..<entries.count {
        let target = inputGradient + Int(entries.offsets[entry])
        let value = Vector(repeating: entries.values[entry])
        for vector in 0..<vectors {
          var sum = load(target + vector &* vectorWidth)
          multiplyAdd(&sum, value, factors[vector])
          store(sum, target + vector &* vectorWidth)
        }
      }
    }
  }
}
