// What the entry points for maps refuse. Each refusal ends a separate process.

import Compute
import KernelInterface
import Testing

@Suite struct MapRefusalTests {
  @Test func mapsThatEndTooSoonAreRefused() async {
    await #expect(processExitsWith: .failure) {
      let short = FeatureMap(lastingFloats(6 * 16 - 1), height: 2, width: 3, channels: 16)
      engine(.baseline).scaleMap(short, by: 2)
    }
    await #expect(processExitsWith: .failure) {
      let map = FeatureMap(lastingFloats(32), height: 1, width: 2, channels: 16)
      let short = FeatureMap(lastingFloats(31), height: 1, width: 2, channels: 16)
      engine(.baseline).addMap(map, to: short)
    }
  }

  @Test func pixelsAndRowsThatOverlapAreRefused() async {
    await #expect(processExitsWith: .failure) {
      let floats = lastingFloats(1024)
      let map = FeatureMap(floats, height: 2, width: 2, channels: 16, rowStride: 64, pixelStride: 15)
      engine(.baseline).activate(.relu, input: map, output: map)
    }
    await #expect(processExitsWith: .failure) {
      let floats = lastingFloats(1024)
      let map = FeatureMap(floats, height: 2, width: 2, channels: 16, rowStride: 31)
      engine(.baseline).activate(.relu, input: map, output: map)
    }
  }

  @Test func mapsOfDifferentSizesAreRefused() async {
    await #expect(processExitsWith: .failure) {
      let floats = lastingFloats(1024)
      engine(.baseline).copyMap(
        FeatureMap(floats, height: 2, width: 3, channels: 16),
        to: FeatureMap(floats, height: 3, width: 2, channels: 16))
    }
    await #expect(processExitsWith: .failure) {
      let floats = lastingFloats(1024)
      engine(.baseline).sumMaps(
        FeatureMap(floats, height: 2, width: 3, channels: 16),
        FeatureMap(floats, height: 2, width: 3, channels: 32), activation: nil,
        output: FeatureMap(floats, height: 2, width: 3, channels: 16))
    }
  }

  @Test func channelsBeyondTheMapAreRefused() async {
    await #expect(processExitsWith: .failure) {
      let floats = lastingFloats(1024)
      engine(.baseline).addMap(
        FeatureMap(floats, height: 2, width: 2, channels: 3),
        to: FeatureMap(floats, height: 2, width: 2, channels: 16), channelOffset: 14)
    }
  }

  @Test func channelsThatDoNotFillTheirLaneAreRefused() async {
    await #expect(processExitsWith: .failure) {
      let floats = lastingFloats(1024)
      engine(.baseline).globalAverage(FeatureMap(floats, height: 2, width: 2, channels: 12), output: floats)
    }
    await #expect(processExitsWith: .failure) {
      let floats = lastingFloats(17)
      engine(.baseline).activate(.gelu, input: floats, output: floats)
    }
  }

  @Test func tooFewFactorsForTheChannelsAreRefused() async {
    await #expect(processExitsWith: .failure) {
      let (floats, short) = (lastingFloats(1024), lastingFloats(31))
      let map = FeatureMap(floats, height: 2, width: 2, channels: 32)
      engine(.baseline).normalize(map, NormalizationFunction(scale: floats, shift: short), output: map)
    }
    await #expect(processExitsWith: .failure) {
      let (floats, short) = (lastingFloats(1024), lastingFloats(31))
      let map = FeatureMap(floats, height: 2, width: 2, channels: 32)
      engine(.baseline).channelMoments(map, mean: floats, squaredDeviations: short)
    }
  }

  @Test func invalidNormalizationsOfPixelsAreRefused() async {
    await #expect(processExitsWith: .failure) { normalizePixels(channelCount: 0, epsilon: 1e-5) }
    await #expect(processExitsWith: .failure) { normalizePixels(channelCount: 33, epsilon: 1e-5) }
    // Subnormal numbers are 0 in a kernel.
    await #expect(processExitsWith: .failure) {
      normalizePixels(channelCount: 32, epsilon: .leastNonzeroMagnitude)
    }
    await #expect(processExitsWith: .failure) { normalizePixels(channelCount: 32, epsilon: .nan) }
    await #expect(processExitsWith: .failure) {
      normalizePixels(channelCount: 32, epsilon: 1e-5, statisticsCount: 7)
    }
  }

  /// The calls above are refused only for their numbers.
  @Test func aValidNormalizationOfPixelsIsNotRefused() { normalizePixels(channelCount: 32, epsilon: 1e-5) }

  @Test func placesBeyondTheMapAreRefused() async {
    await #expect(processExitsWith: .failure) {
      let floats = lastingFloats(1024)
      let places = [UInt32](repeating: 4, count: 16)
      places.withUnsafeBufferPointer { buffer in
        engine(.baseline).globalMaximumGradient(
          outputGradient: floats, places: buffer,
          inputGradient: FeatureMap(floats, height: 2, width: 2, channels: 16))
      }
    }
  }

  @Test func momentsOfOtherChannelsAreRefused() async {
    await #expect(processExitsWith: .failure) {
      var moments = ChannelMoments(channels: 16)
      moments.merge(ChannelMoments(channels: 32))
    }
  }

  @Test func averagedWindowsBeyondTheMapAreRefused() async {
    await #expect(processExitsWith: .failure) {
      let window = PoolingWindow(
        size: 2, stride: 2, outWidth: 2, channels: 16, inputRowStride: 64, inputPixelStride: 16,
        outputRowStride: 32)
      engine(.baseline).averagePool(
        window, rowCount: 1, input: lastingFloats(64 + 4 * 16 - 1),
        output: lastingFloats(32))
    }
  }
}

/// Normalises four pixels of 32 channels.
private func normalizePixels(channelCount: Int, epsilon: Float, statisticsCount: Int = 8) {
  let floats = lastingFloats(128)
  engine(.baseline).normalizePixels(
    FeatureMap(floats, height: 2, width: 2, channels: 32),
    PixelNormalizationFunction(channelCount: channelCount, epsilon: epsilon, scale: floats, bias: floats),
    output: FeatureMap(floats, height: 2, width: 2, channels: 32),
    statistics: lastingFloats(statisticsCount))
}
