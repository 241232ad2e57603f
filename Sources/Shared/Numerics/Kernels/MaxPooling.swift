// Max-pooling over maps with the channels innermost.
//
//     out[y, x, c] = max over r, q < size of in[y · stride + r, x · stride + q, c]
//
// A byte keeps the place r · size + q of the first maximum for the backward pass, as PyTorch keeps an index.

import KernelInterface

extension KernelTable {
  public static func poolForward(
    input: UnsafePointer<Float>, window: PoolingWindow, rowCount: Int, output: UnsafeMutablePointer<Float>,
    places: UnsafeMutablePointer<UInt8>?
  ) {
    for y in 0..<rowCount {
      let inputRow = input + y &* window.stride &* window.inputRowStride
      let outputRow = output + y &* window.outputRowStride
      let placeRow = places.map { $0 + y &* window.outWidth &* window.channels }
      for x in 0..<window.outWidth {
        let source = inputRow + x &* window.stride &* window.inputPixelStride
        let target = outputRow + x &* window.channels
        let place = placeRow.map { $0 + x &* window.channels }
        switch (window.size, place) {
        case (2, let place?): poolFour(source, window, target, place)
        case (2, nil): poolFour(source, window, target)
        case (_, let place?): poolPixel(source, window, target, place)
        case (_, nil): poolPixel(source, window, target)
        }
      }
    }
  }
}

/// Returns the larger of two, element by element. A NaN wins, and later numbers do not displace it, so that it
/// shows in the loss.
@inline(__always)
func larger(_ first: Vector, _ second: Vector) -> Vector {
  select(first, second, by: isLarger(second, first))
}

/// Returns the largest values of four vectors, element by element, and stores their places. Two comparisons find the
/// winners of both rows, and a third the winner of the two. A place consists of two bits, column and row.
@inline(__always)
func storePlaces(
  _ y00: Vector, _ y01: Vector, _ y10: Vector, _ y11: Vector, _ target: UnsafeMutablePointer<UInt8>
) -> Vector {
  let isRightAbove = isLarger(y01, y00)
  let isRightBelow = isLarger(y11, y10)
  let above = select(y00, y01, by: isRightAbove)
  let below = select(y10, y11, by: isRightBelow)
  let isBelow = isLarger(below, above)
  let isRight = (isRightAbove & ~isBelow) | (isRightBelow & isBelow)
  let one = IntegerVector(repeating: 1)
  store((isRight & one) | (isBelow & (one &+ one)), target)
  return select(above, below, by: isBelow)
}

@inline(__always)
func store(_ places: IntegerVector, _ target: UnsafeMutablePointer<UInt8>) {
  UnsafeMutableRawPointer(target).storeBytes(of: bytes(places), as: ByteVector.self)
}

@inline(__always)
private func poolPixel(
  _ source: UnsafePointer<Float>, _ window: PoolingWindow, _ target: UnsafeMutablePointer<Float>
) {
  for channel in vectorStarts(window.channels) {
    var best = load(source + channel)
    for row in 0..<window.size {
      for column in 0..<window.size {
        let value = load(
          source + (row &* window.inputRowStride &+ column &* window.inputPixelStride &+ channel))
        best = larger(best, value)
      }
    }
    store(best, target + channel)
  }
}

/// Pools the commonest window, 2 × 2, without a loop over its pixels.
@inline(__always)
private func poolFour(
  _ source: UnsafePointer<Float>, _ window: PoolingWindow, _ target: UnsafeMutablePointer<Float>
) {
  let below = source + window.inputRowStride
  for channel in vectorStarts(window.channels) {
    let upper = larger(load(source + channel), load(source + (window.inputPixelStride &+ channel)))
    let lower = larger(load(below + channel), load(below + (window.inputPixelStride &+ channel)))
    store(larger(upper, lower), target + channel)
  }
}

/// Does the same, and stores the places of the maxima.
@inline(__always)
private func poolFour(
  _ source: UnsafePointer<Float>, _ window: PoolingWindow, _ target: UnsafeMutablePointer<Float>,
  _ places: UnsafeMutablePointer<UInt8>
) {
  let below = source + window.inputRowStride
  for channel in vectorStarts(window.channels) {
    let largest = storePlaces(
      load(source + channel), load(source + (window.inputPixelStride &+ channel)), load(below + channel),
      load(below + (window.inputPixelStride &+ channel)), places + channel)
    store(largest, target + channel)
  }
}

@inline(__always)
private func poolPixel(
  _ source: UnsafePointer<Float>, _ window: PoolingWindow, _ target: UnsafeMutablePointer<Float>,
  _ places: UnsafeMutablePointer<UInt8>
) {
  for channel in vectorStarts(window.channels) {
    var best = load(source + channel)
    // The bits of a place are held in a vector of floats, since they are only selected.
    var bestPlace = Vector.zero
    var place: UInt32 = 0
    for row in 0..<window.size {
      for column in 0..<window.size {
        let value = load(
          source + (row &* window.inputRowStride &+ column &* window.inputPixelStride &+ channel))
        let isNew = isLarger(value, best)
        best = select(best, value, by: isNew)
        let here = unsafeBitCast(IntegerVector(repeating: place), to: Vector.self)
        bestPlace = select(bestPlace, here, by: isNew)
        place &+= 1
      }
    }
    store(best, target + channel)
    store(unsafeBitCast(bestPlace, to: IntegerVector.self), places + channel)
  }
}

extension KernelTable {
  public static func poolBackward(
    outputGradient: UnsafePointer<Float>, places: UnsafePointer<UInt8>, window: PoolingWindow, rowCount: Int,
    inputGradient: UnsafeMutablePointer<Float>
  ) {
    for y in 0..<rowCount {
      for x in 0..<window.outWidth {
        let gradients = outputGradient + (y &* window.outputRowStride &+ x &* window.channels)
        let pixelPlaces = places + (y &* window.outWidth &+ x) &* window.channels
        let target =
          inputGradient
          + (y &* window.stride &* window.inputRowStride &+ x &* window.stride &* window.inputPixelStride)
        if window.size <= 3 {
          addToEveryPlace(gradients, pixelPlaces, window, target)
        } else {
          addToOnePlace(gradients, pixelPlaces, window, target)
        }
      }
    }
  }
}

/// Takes a vector of channels at a time: adds the gradient to each place of the window where it was the maximum, and 0
/// elsewhere. Up to nine vectors for sixteen channels are fewer steps than sixteen places.
@inline(__always)
private func addToEveryPlace(
  _ gradients: UnsafePointer<Float>, _ places: UnsafePointer<UInt8>, _ window: PoolingWindow,
  _ target: UnsafeMutablePointer<Float>
) {
  for channel in vectorStarts(window.channels) {
    let gradient = load(gradients + channel)
    let place = words(UnsafeRawPointer(places + channel).loadUnaligned(as: ByteVector.self))
    var candidate: UInt32 = 0
    for row in 0..<window.size {
      for column in 0..<window.size {
        let pixel = target + (row &* window.inputRowStride &+ column &* window.inputPixelStride &+ channel)
        let share = Vector.zero.replacing(
          with: gradient, where: place .== IntegerVector(repeating: candidate))
        store(load(pixel) + share, pixel)
        candidate &+= 1
      }
    }
  }
}

@inline(__always)
private func addToOnePlace(
  _ gradients: UnsafePointer<Float>, _ places: UnsafePointer<UInt8>, _ window: PoolingWindow,
  _ target: UnsafeMutablePointer<Float>
) {
  for channel in 0..<window.channels {
    let place = Int(places[channel])
    let offset =
      place / window.size &* window.inputRowStride &+ place % window.size &* window.inputPixelStride
      &+ channel
    target[offset] += gradients[channel]
  }
}
