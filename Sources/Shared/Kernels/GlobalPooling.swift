// Pooling of a whole map to one value a channel, and its gradients.

import KernelInterface

extension KernelTable {
  /// The sum of a row is a block of the sum of all.
  public static func globalAverageForward(_ map: MapRegion, output: UnsafeMutablePointer<Float>) {
    output.update(repeating: 0, count: map.channels)
    for y in 0..<map.height {
      for channel in vectorStarts(map.channels) {
        var sum = Vector.zero
        var pixel = map.pixel(y, 0) + channel
        for _ in 0..<map.width {
          sum += load(pixel)
          pixel += map.pixelStride
        }
        store(load(output + channel) + sum, output + channel)
      }
    }
    let pixelCount = Float(map.height &* map.width)
    for channel in vectorStarts(map.channels) { store(load(output + channel) / pixelCount, output + channel) }
  }

  public static func globalAverageBackward(
    outputGradient: UnsafePointer<Float>, map: MapRegion, accumulates: Bool
  ) {
    if accumulates {
      shareOut(outputGradient, map) { load($0) + $1 }
    } else {
      shareOut(outputGradient, map) { $1 }
    }
  }

  /// The first of equal values is the maximum; a NaN is larger than any number.
  public static func globalMaximumForward(
    _ map: MapRegion, output: UnsafeMutablePointer<Float>, places: UnsafeMutablePointer<UInt32>?
  ) {
    for channel in vectorStarts(map.channels) {
      var best = load(map.start + channel)
      var bestPlace = IntegerVector.zero
      var place: UInt32 = 0
      for y in 0..<map.height {
        var pixel = map.pixel(y, 0) + channel
        for _ in 0..<map.width {
          let value = load(pixel)
          let isNew = isLarger(value, best)
          best = select(best, value, by: isNew)
          bestPlace = (bestPlace & ~isNew) | (IntegerVector(repeating: place) & isNew)
          place &+= 1
          pixel += map.pixelStride
        }
      }
      store(best, output + channel)
      if let places {
        UnsafeMutableRawPointer(places + channel).storeBytes(of: bestPlace, as: IntegerVector.self)
      }
    }
  }

  public static func globalMaximumBackward(
    outputGradient: UnsafePointer<Float>, places: UnsafePointer<UInt32>, map: MapRegion, accumulates: Bool
  ) {
    if !accumulates { clear(map) }
    for channel in 0..<map.channels {
      let place = Int(places[channel])
      map.pixel(place / map.width, place % map.width)[channel] += outputGradient[channel]
    }
  }
}

/// Each pixel is put together of what it was and its share of the gradient.
@inline(__always)
private func shareOut(
  _ outputGradient: UnsafePointer<Float>, _ map: MapRegion,
  _ combine: (_ pixel: UnsafePointer<Float>, _ share: Vector) -> Vector
) {
  let pixelCount = Float(map.height &* map.width)
  for y in 0..<map.height {
    for channel in vectorStarts(map.channels) {
      let share = load(outputGradient + channel) / pixelCount
      var pixel = map.pixel(y, 0) + channel
      for _ in 0..<map.width {
        store(combine(pixel, share), pixel)
        pixel += map.pixelStride
      }
    }
  }
}

private func clear(_ map: MapRegion) {
  for y in 0..<map.height {
    for x in 0..<map.width { map.pixel(y, x).update(repeating: 0, count: map.channels) }
  }
}
