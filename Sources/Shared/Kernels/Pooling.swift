// Max-pooling over maps with the channels innermost.
//
//     out[y, x, c] = max over r, q < size of in[y · stride + r, x · stride + q, c]
//
// The place r · size + q of the first maximum is kept in a byte for the backward pass, as PyTorch keeps an index.

import KernelInterface

func poolForward(
  _ input: UnsafePointer<Float>, _ window: PoolingWindow, _ rowCount: Int,
  _ output: UnsafeMutablePointer<Float>,
  _ places: UnsafeMutablePointer<UInt8>?
) {
  for y in 0..<rowCount {
    let inputRow = input + y &* window.stride &* window.inputRowStride
    let outputRow = output + y &* window.outputRowStride
    let placeRow = places.map { $0 + y &* window.outWidth &* window.channels }
    for x in 0..<window.outWidth {
      let source = inputRow + x &* window.stride &* window.inputPixelStride
      let target = outputRow + x &* window.channels
      if let placeRow {
        poolPixel(source, window, target, placeRow + x &* window.channels)
      } else {
        poolPixel(source, window, target)
      }
    }
  }
}

/// The larger of two, element by element. A NaN wins and is not displaced by numbers after it, so that it is seen in the
/// loss.
@inline(__always)
func larger(_ first: Vector, _ second: Vector) -> Vector {
  first.replacing(with: second, where: isLarger(second, first))
}

/// The larger of both, and its place, element by element.
@inline(__always)
func larger(
  _ best: (value: Vector, place: IntegerVector), _ candidate: Vector, at place: UInt32
) -> (value: Vector, place: IntegerVector) {
  let isNew = isLarger(candidate, best.value)
  return (
    best.value.replacing(with: candidate, where: isNew), best.place.replacing(with: place, where: isNew)
  )
}

@inline(__always)
func store(_ places: IntegerVector, _ target: UnsafeMutablePointer<UInt8>) {
  UnsafeMutableRawPointer(target).storeBytes(of: bytes(places), as: ByteVector.self)
}

@inline(__always)
private func isLarger(_ value: Vector, _ best: Vector) -> SIMDMask<Vector.MaskStorage> {
  (value .> best) .| (value .!= value)
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

@inline(__always)
private func poolPixel(
  _ source: UnsafePointer<Float>, _ window: PoolingWindow, _ target: UnsafeMutablePointer<Float>,
  _ places: UnsafeMutablePointer<UInt8>
) {
  for channel in vectorStarts(window.channels) {
    let best = window.size == 2 ? maximumOfFour(source + channel, window) : maximum(source + channel, window)
    store(best.value, target + channel)
    store(best.place, places + channel)
  }
}

/// The largest of a window, and its place.
private func maximum(
  _ source: UnsafePointer<Float>, _ window: PoolingWindow
) -> (value: Vector, place: IntegerVector) {
  var best = (value: load(source), place: IntegerVector.zero)
  var place: UInt32 = 0
  for row in 0..<window.size {
    for column in 0..<window.size {
      let value = load(source + (row &* window.inputRowStride &+ column &* window.inputPixelStride))
      best = larger(best, value, at: place)
      place &+= 1
    }
  }
  return best
}

/// The same for the commonest window, without loops.
@inline(__always)
private func maximumOfFour(
  _ source: UnsafePointer<Float>, _ window: PoolingWindow
) -> (value: Vector, place: IntegerVector) {
  let below = source + window.inputRowStride
  var best = (value: load(source), place: IntegerVector.zero)
  best = larger(best, load(source + window.inputPixelStride), at: 1)
  best = larger(best, load(below), at: 2)
  return larger(best, load(below + window.inputPixelStride), at: 3)
}

func poolBackward(
  _ outputGradient: UnsafePointer<Float>, _ places: UnsafePointer<UInt8>, _ window: PoolingWindow,
  _ rowCount: Int,
  _ inputGradient: UnsafeMutablePointer<Float>
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

/// A vector of channels at a time: every place of the window gets the gradient where it was the maximum, and 0
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
