// A data set that a network learns in seconds: noise with a bright band, whose position is the class.

struct SmallImages {
  let classCount: Int
  let height: Int
  let width: Int
  var labels: [UInt8] = []
  /// [count, height, width].
  var pixels: [UInt8] = []

  init(count: Int, classCount: Int = 3, height: Int = 8, width: Int = 8, seed: UInt64 = 1) {
    (self.classCount, self.height, self.width) = (classCount, height, width)
    var random = Noise(state: seed)
    for _ in 0..<count {
      let label = Int(random.next() % UInt64(classCount))
      labels.append(UInt8(label))
      for row in 0..<height {
        let isBright = row * classCount / height == label
        for _ in 0..<width {
          pixels.append(UInt8(random.next() % 64) + (isBright ? 160 : 0))
        }
      }
    }
  }

  var count: Int { labels.count }

  /// The images as an IDX file: type 08 (bytes), rank 3, sizes big-endian.
  var imageFile: [UInt8] {
    [0, 0, 8, 3] + bigEndian(count) + bigEndian(height) + bigEndian(width) + pixels
  }

  /// The labels as an IDX file.
  var labelFile: [UInt8] { [0, 0, 8, 1] + bigEndian(count) + labels }

  func image(_ index: Int) -> ArraySlice<UInt8> {
    pixels[index * height * width..<(index + 1) * height * width]
  }

  private func bigEndian(_ number: Int) -> [UInt8] {
    [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: number >> $0) }
  }
}

/// Knuth's linear congruential generator; its high bits are random enough for noise.
private struct Noise {
  var state: UInt64

  mutating func next() -> UInt64 {
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return state >> 33
  }
}
