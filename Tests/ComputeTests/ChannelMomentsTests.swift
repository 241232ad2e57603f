// Moments of a batch from those of its images.

import Compute
import Testing

@Suite struct ChannelMomentsTests {
  /// An image's moments. The last channel has no variance, and a mean far from 0.
  private struct Image {
    let count: Int
    let means: [Float]
    let squares: [Float]

    init(count: Int, seed: Int) {
      self.count = count
      means = randomFloats(5, seed: seed, scale: 3) + [1e6]
      squares =
        (count == 1 ? [Float](repeating: 0, count: 5) : randomFloats(5, seed: seed + 50).map(abs)) + [0]
    }
  }

  private static let images = [49, 49, 1, 784, 49, 0, 3].enumerated().map {
    Image(count: $0.element, seed: $0.offset)
  }

  private func joined(_ images: [Image]) -> ChannelMoments {
    var moments = ChannelMoments(channels: 6)
    for image in images {
      let (means, squares) = (GuardedFloats(image.means), GuardedFloats(image.squares))
      moments.add(mean: means.floats, squaredDeviations: squares.floats, count: image.count)
      expectUntouched(means, squares, what: "moments of an image")
    }
    return moments
  }

  /// Each of k joins rounds a few times: the mean relative to the largest mean, and squares relative to those about 0.
  private func check(_ moments: ChannelMoments, are images: [Image]) {
    let count = images.reduce(0) { $0 + $1.count }
    #expect(moments.count == count)
    for channel in 0..<6 {
      let sum = images.reduce(0.0) { $0 + Double($1.count) * Double($1.means[channel]) }
      let mean = count == 0 ? 0 : sum / Double(count)
      let largest = images.map { abs(Double($0.means[channel])) }.max() ?? 0
      let unit = 8 * Double(images.count) * 0x1p-53
      #expect(abs(moments.means[channel] - mean) <= unit * largest, "mean of channel \(channel)")
      var (squares, spread) = (0.0, 0.0)
      for image in images where image.count > 0 {
        let difference = Double(image.means[channel]) - mean
        squares += Double(image.squares[channel]) + Double(image.count) * difference * difference
        // An error of the mean moves every deviation.
        spread += Double(image.count) * (abs(difference) + unit * largest) * unit * largest
      }
      #expect(
        abs(moments.squaredDeviations[channel] - squares) <= unit * squares + 2 * spread,
        "squares of channel \(channel)")
    }
  }

  @Test func joinedImagesHaveTheMomentsOfAllTheirValues() {
    for end in 0...Self.images.count {
      check(joined(Array(Self.images[..<end])), are: Array(Self.images[..<end]))
    }
  }

  @Test func mergedPartsHaveTheMomentsOfTheWhole() {
    for middle in 0...Self.images.count {
      var left = joined(Array(Self.images[..<middle]))
      left.merge(joined(Array(Self.images[middle...])))
      check(left, are: Self.images)
    }
  }

  @Test func variancesDivideByTheCountOrOneLess() {
    var moments = ChannelMoments(channels: 1)
    #expect(moments.variance(0) == 0 && moments.unbiasedVariance(0) == 0)
    let (means, squares) = (GuardedFloats([2, 6]), GuardedFloats([0, 2]))
    moments.add(mean: means.floats, squaredDeviations: squares.floats, count: 1)
    #expect(moments.variance(0) == 0 && moments.unbiasedVariance(0) == 0)
    // 2, then 5 and 7: mean 14/3, squares 38/3.
    moments.add(mean: means.floats.from(1), squaredDeviations: squares.floats.from(1), count: 2)
    expectUntouched(means, squares, what: "moments")
    #expect(abs(moments.means[0] - 14 / 3) <= 0x1p-50)
    #expect(abs(moments.variance(0) - 38 / 9) <= 0x1p-50)
    #expect(abs(moments.unbiasedVariance(0) - 19 / 3) <= 0x1p-49)
  }
}
