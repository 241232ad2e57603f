// Max-pooling over maps with the channels innermost.
//
//     out[y, x, c] = max over r, q < size of in[y · stride + r, x · stride + q, c]
//
// The place r · size + q of the first maximum is kept in a byte for the backward pass, as PyTorch keeps an index.

import KernelInterface

#if AVX512
  typealias PlaceVector = SIMD16<UInt8>
#elseif AVX2
  typealias PlaceVector = SIMD8<UInt8>
#else
  typealias PlaceVector = SIMD4<UInt8>
#endif

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

/// A NaN wins and is not displaced by numbers after it, so that it is seen in the loss.
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
        best.replace(with: value, where: isLarger(value, best))
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
    var best = load(source + channel)
    var bestPlace = IntegerVector.zero
    var place: UInt32 = 0
    for row in 0..<window.size {
      for column in 0..<window.size {
        let value = load(
          source + (row &* window.inputRowStride &+ column &* window.inputPixelStride &+ channel))
        let isNew = isLarger(value, best)
        best.replace(with: value, where: isNew)
        bestPlace.replace(with: IntegerVector(repeating: place), where: isNew)
        place &+= 1
      }
    }
    store(best, target + channel)
    UnsafeMutableRawPointer(places + channel)
      .storeBytes(of: PlaceVector(truncatingIfNeeded: bestPlace), as: PlaceVector.self)
  }
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
    let place = IntegerVector(
      truncatingIfNeeded: UnsafeRawPointer(places + channel).loadUnaligned(as: PlaceVector.self))
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
