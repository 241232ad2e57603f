// Synthetic pictures to learn.

import RandomNumbers
import TensorStream
import Training

extension Dataset {
  /// All pixels, [count, height, width, channels]. Reading a test's data set cannot fail.
  package var images: [UInt8] {
    do {
      return try imageBytes()
    } catch {
      preconditionFailure("\(error)")
    }
  }

  /// Soft shapes on black, with some noise. Each kind has three blobs, which move and fade a little from picture to
  /// picture. By default, there is one kind for each class. `strayLabels` is the share of pictures with a random label,
  /// which a network can only memorise.
  package static func pictures(
    _ count: Int, shape: ImageShape = ImageShape(height: 12, width: 12, channels: 1), classCount: Int = 4,
    kinds: Int? = nil, noise: Double = 0.1, strayLabels: Double = 0, seed: UInt64 = 1
  ) -> Dataset {
    var random = SplitMix64(seed: seed)
    var images: [UInt8] = []
    var labels: [UInt8] = []
    for record in 0..<count {
      let kind = record % (kinds ?? classCount)
      let blobs = Blob.blobs(of: kind, moving: &random)
      for y in 0..<shape.height {
        for x in 0..<shape.width {
          let place = (Double(y) / Double(shape.height), Double(x) / Double(shape.width))
          for channel in 0..<shape.channels {
            let light = blobs.reduce(0) { $0 + $1.light(at: place, channel: channel) }
            images.append(UInt8(255 * min(1, light + noise * random.uniform())))
          }
        }
      }
      let isStray = random.uniform() < strayLabels
      labels.append(UInt8(isStray ? random.next(below: classCount) : kind % classCount))
    }
    return Dataset(shape: shape, images: images, labels: labels, classes: nil, history: [])
  }

  private struct Blob {
    let y, x, width, brightness: Double

    static func blobs(of kind: Int, moving: inout SplitMix64) -> [Blob] {
      var random = SplitMix64(seed: 99, UInt64(kind))
      return (0..<3).map { _ in
        Blob(
          y: 0.2 + 0.6 * random.uniform() + 0.08 * (moving.uniform() - 0.5),
          x: 0.2 + 0.6 * random.uniform() + 0.08 * (moving.uniform() - 0.5),
          width: 0.08 + 0.1 * random.uniform(), brightness: 0.6 + 0.4 * moving.uniform())
      }
    }

    func light(at place: (y: Double, x: Double), channel: Int) -> Double {
      let distance = (place.y - y) * (place.y - y) + (place.x - x) * (place.x - x)
      // Brightest in the middle, and 0 beyond three widths. The blob is narrower in later channels.
      return brightness * max(0, 1 - distance / (width * width * Double(9 - channel)))
    }
  }
}
