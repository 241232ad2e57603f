// The work on one image's map between convolutions: activations, normalisation, pooling of the whole map.

import Compute
import KernelInterface

extension Stopwatch {
  /// Maps [height, width, channels] of a network for small pictures, on one thread, since workers take an image each.
  func maps() -> [Benchmark] {
    [(28, 64), (7, 256)].flatMap { side, channels in
      let problem = MapProblem(engine: engine, side: side, channels: channels)
      let activations = [Activation.relu, .gelu, .silu, .tanh].flatMap(problem.activation)
      let normalizations = problem.normalization() + problem.pixelNormalization()
      return activations + normalizations + problem.wholeMap() + problem.pooling()
    }
  }
}

/// Maps, and values for each of their channels.
private final class MapProblem {
  private let engine: Engine
  private let side: Int
  private let channels: Int
  private let memory: [FloatBuffer]
  private let perChannel: [FloatBuffer]

  init(engine: Engine, side: Int, channels: Int) {
    self.engine = engine
    self.side = side
    self.channels = channels
    memory = (1...3).map { randomBuffer(side * side * channels, seed: UInt64($0)) }
    perChannel = (4...9).map { randomBuffer(channels, seed: UInt64($0)) }
  }

  private func map(_ index: Int) -> FeatureMap {
    FeatureMap(memory[index].floats, height: side, width: side, channels: channels)
  }

  /// `passes` is the number of times that the map's values are read or written.
  private func benchmark(_ operation: String, passes: Int, _ run: @escaping () -> Void) -> Benchmark {
    Benchmark(
      operation: operation, shape: [side, side, channels], byteCount: 4 * passes * memory[0].count, run: run)
  }

  func activation(_ activation: Activation) -> [Benchmark] {
    [
      benchmark("\(activation)", passes: 2) { [self] in
        engine.activate(activation, input: map(0), output: map(1))
      },
      // Each run starts from a copy of the gradient. Multiplied again and again, it would become subnormal.
      benchmark("\(activation) backward", passes: 3) { [self] in
        engine.copyMap(map(0), to: map(2))
        engine.activationBackward(activation, gradient: map(2), values: map(1))
      },
    ]
  }

  func normalization() -> [Benchmark] {
    ([nil, .relu, .gelu] as [Activation?]).flatMap { activation in
      let function = NormalizationFunction(
        scale: perChannel[0].floats, shift: perChannel[1].floats, activation: activation)
      let name = activation.map { "normalization and \($0)" } ?? "normalization"
      return [
        benchmark(name, passes: 2) { [self] in engine.normalize(map(0), function, output: map(1)) },
        benchmark("\(name) backward", passes: 3) { [self] in
          engine.copyMap(map(0), to: map(2))
          engine.normalizeBackward(
            map(1), function, gradient: map(2), mean: perChannel[2].floats,
            inverseDeviation: perChannel[3].floats, gradientSum: perChannel[4].floats,
            productSum: perChannel[5].floats)
        },
      ]
    }
  }

  /// The statistics come from a forward pass before the first measurement.
  func pixelNormalization() -> [Benchmark] {
    let function = PixelNormalizationFunction(
      channelCount: channels, epsilon: 1e-5, scale: perChannel[0].floats, bias: perChannel[1].floats)
    let statistics = FloatBuffer(count: 2 * side * side)
    engine.normalizePixels(map(0), function, output: map(1), statistics: statistics.floats)
    return [
      benchmark("layer normalisation", passes: 2) { [self] in
        engine.normalizePixels(map(0), function, output: map(1), statistics: statistics.floats)
      },
      benchmark("layer normalisation backward", passes: 3) { [self] in
        engine.normalizePixelsBackward(
          map(0), function, statistics: statistics.floats, gradient: map(1),
          scaleGradient: perChannel[4].floats, biasGradient: perChannel[5].floats, inputGradient: map(2))
      },
    ]
  }

  func wholeMap() -> [Benchmark] {
    [
      benchmark("moments", passes: 2) { [self] in
        engine.channelMoments(
          map(0), mean: perChannel[4].floats, squaredDeviations: perChannel[5].floats)
      },
      benchmark("normalisation input gradient", passes: 3) { [self] in
        engine.normalizeInputGradient(
          gradient: map(0), input: map(1), gradientFactor: perChannel[0].floats,
          inputFactor: perChannel[1].floats, constant: perChannel[2].floats, output: map(2))
      },
      benchmark("copy of a map", passes: 2) { [self] in engine.copyMap(map(0), to: map(2)) },
      benchmark("sum of maps and relu", passes: 3) { [self] in
        engine.sumMaps(map(0), map(1), activation: .relu, output: map(2))
      },
      benchmark("global average", passes: 1) { [self] in
        engine.globalAverage(map(0), output: perChannel[4].floats)
      },
      benchmark("global maximum", passes: 1) { [self] in
        engine.globalMaximum(map(0), output: perChannel[4].floats, places: nil)
      },
    ]
  }

  /// Windows of 3 × 3 with stride 2, with a row and a column to spare.
  func pooling() -> [Benchmark] {
    let outSide = (side - 3) / 2 + 1
    let window = PoolingWindow(
      size: 3, stride: 2, outWidth: outSide, channels: channels, inputRowStride: side * channels,
      inputPixelStride: channels, outputRowStride: outSide * channels)
    let places = RandomBytes(outSide * outSide * channels, below: 9)
    return [
      benchmark("3×3 pooling by maximum", passes: 1) { [self] in
        engine.pool(
          window, rowCount: outSide, input: memory[0].floats, output: memory[1].floats, places: places.bytes)
      },
      benchmark("3×3 pooling by maximum backward", passes: 2) { [self] in
        engine.scaleMap(map(2), by: 0)
        engine.addPoolGradient(
          window, rowCount: outSide, outputGradient: memory[1].floats, places: places.bytes,
          inputGradient: memory[2].floats)
      },
      benchmark("3×3 pooling by mean", passes: 1) { [self] in
        engine.averagePool(window, rowCount: outSide, input: memory[0].floats, output: memory[1].floats)
      },
    ]
  }
}
