// Pooling of a whole map to one value for each channel, and its gradients.

import KernelInterface

extension KernelTable {
  /// The sum of a row is a block of the whole sum.
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
    var channel = 0
    while channel < map.channels {
      let left = (map.channels &- channel) / vectorWidth
      if left >= 4 {
        Maximum<4>.find(map, channel, output, places)
        channel &+= 4 &* vectorWidth
      } else {
        Maximum<1>.find(map, channel, output, places)
        channel &+= vectorWidth
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

/// Combines the previous value of each pixel with its share of the gradient.
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

/// Finds the maxima of several vectors of channels together, since each comparison waits for that of the pixel before.
private enum Maximum<let vectors: Int> {
  static func find(
    _ map: MapRegion, _ channel: Int, _ output: UnsafeMutablePointer<Float>,
    _ places: UnsafeMutablePointer<UInt32>?
  ) {
    withVectors { best in
      withVectors { bestPlace in
        for vector in 0..<vectors { best[vector] = load(map.start + (channel &+ vector &* vectorWidth)) }
        var place: UInt32 = 0
        for y in 0..<map.height {
          var pixel = map.pixel(y, 0) + channel
          for _ in 0..<map.width {
            // The bits of a place are held in a vector of floats, since they are only selected.
            let here = unsafeBitCast(IntegerVector(repeating: place), to: Vector.self)
            for vector in 0..<vectors {
              let value = load(pixel + vector &* vectorWidth)
              let isNew = isLarger(value, best[vector])
              best[vector] = select(best[vector], value, by: isNew)
              bestPlace[vector] = select(bestPlace[vector], here, by: isNew)
            }
            place &+= 1
            pixel += map.pixelStride
          }
        }
        for vector in 0..<vectors {
          let target = channel &+ vector &* vectorWidth
          store(best[vector], output + target)
          if let places {
            UnsafeMutableRawPointer(places + target).storeBytes(of: bestPlace[vector], as: Vector.self)
          }
        }
      }
    }
  }
}
