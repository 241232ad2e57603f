// The convolutions of the preset cnn together with the max-pooling that follows, and the pooling by itself.

import Compute
import KernelInterface

extension ConvolutionWork {
  // MARK: - Pooling

  private var window: PoolingWindow {
    PoolingWindow(
      size: 2, stride: 2, outWidth: side / 2, channels: channels, inputRowStride: side * channels,
      inputPixelStride: channels, outputRowStride: side / 2 * channels)
  }

  private func memoryBound(
    _ operation: String, floats: Int, _ body: @escaping (_ image: Int, _ worker: Int) -> Void
  ) -> Benchmark {
    Benchmark(
      operation: operation, shape: [Self.images, side, channels], byteCount: 4 * Self.images * floats
    ) { [engine] in engine.workers.forEach(Self.images, body) }
  }

  /// Reads the map, and writes a quarter of it and a byte for each maximum.
  var pooling: Benchmark {
    let results = FloatBuffer(count: Self.images * pooledCount)
    let found = RandomBytes(Self.images * pooledCount, below: 4)
    return memoryBound("max-pooling", floats: outputCount + pooledCount) { image, _ in
      engine.pool(
        window, rowCount: side / 2, input: part(outputs, image, outputCount),
        output: part(results, image, pooledCount), places: found.from(image * pooledCount))
    }
  }

  var poolingGradient: Benchmark {
    let spread = FloatBuffer(count: Self.images * outputCount)
    // Each run adds less than 1 to the sums, so that a Float lasts longer than anyone waits.
    return memoryBound("max-pooling gradient", floats: outputCount + pooledCount) { image, _ in
      engine.addPoolGradient(
        window, rowCount: side / 2, outputGradient: part(pooled, image, pooledCount),
        places: places.from(image * pooledCount), inputGradient: part(spread, image, outputCount))
    }
  }

  // MARK: - Forward, with the pooling

  /// Computes two rows at a time and the windows over them, as in a network.
  var pooledForward: Benchmark {
    let bands = FloatBuffer(count: engine.workers.count * 2 * side * channels)
    let found = RandomBytes(Self.images * pooledCount, below: 4)
    return benchmark("convolution and pooling") { image, worker in
      let band = part(bands, worker, 2 * side * channels)
      for row in 0..<side / 2 {
        engine.convolve(
          shape, input: part(inputs, image, shape.inputCount), weights: weights.floats, bias: bias.floats,
          rows: 2 * row..<2 * row + 2, output: band, outputRowStride: side * channels, rectifies: true)
        let place = image * pooledCount + row * (side / 2) * channels
        engine.pool(
          window, rowCount: 1, input: band, output: outputs.floats.from(place), places: found.from(place))
      }
    }
  }

  var winogradForward: Benchmark {
    let convolution = WinogradConvolution(shape, pools: true, size: .two)
    let transformed = FloatBuffer(count: convolution.weightCount)
    let scratch = FloatBuffer(count: engine.workers.count * convolution.scratchCount)
    let found = RandomBytes(Self.images * pooledCount, below: 4)
    engine.transformWinogradWeights(convolution, weights: weights.floats, transformed: transformed.floats)
    return benchmark("Winograd convolution and pooling") { image, worker in
      engine.convolveWinograd(
        convolution, input: part(inputs, image, shape.inputCount), transformedWeights: transformed.floats,
        bias: bias.floats, scratch: part(scratch, worker, convolution.scratchCount),
        output: part(outputs, image, pooledCount), outputRowStride: side / 2 * channels, rectifies: true,
        places: found.from(image * pooledCount))
    }
  }

  // MARK: - Backward, over the nonzero values after the pooling

  private func pooledGradient(_ image: Int) -> PooledGradient {
    PooledGradient(
      gradient: part(pooled, image, pooledCount), places: places.from(image * pooledCount), height: side / 2,
      width: side / 2, rowStride: side / 2 * channels, poolSize: 2, poolStride: 2)
  }

  var listing: Benchmark {
    memoryBound("list of the pooled gradient", floats: 2 * pooledCount) { image, worker in
      engine.listGradient(shape, pooledGradient(image), into: lists[worker])
    }
  }

  var sparseWeightGradient: Benchmark {
    benchmark("sparse convolution weight gradient") { image, worker in
      engine.listGradient(shape, pooledGradient(image), into: lists[worker])
      engine.addSparseWeightGradient(
        shape, lists[worker], pooled: pooledGradient(image), input: part(inputs, image, shape.inputCount),
        weightGradient: part(weightGradients, worker, shape.weightCount),
        biasGradient: part(biasGradients, worker, channels))
    }
  }

  /// Uses the list that the weight gradient made, as in training.
  var sparseInputGradient: Benchmark {
    for list in lists { engine.listGradient(shape, pooledGradient(0), into: list) }
    return benchmark("sparse convolution input gradient") { image, worker in
      engine.sparseInputGradient(
        shape, lists[worker], weights: weights.floats,
        inputGradient: part(inputGradients, image, shape.inputCount))
    }
  }

  /// The weight gradient of the first convolution, which has too few channels for lists.
  var pooledWeightGradient: Benchmark {
    benchmark("sparse convolution weight gradient") { image, worker in
      engine.addPooledWeightGradient(
        shape, pooled: pooledGradient(image), input: part(inputs, image, shape.inputCount),
        weightGradient: part(weightGradients, worker, shape.weightCount),
        biasGradient: part(biasGradients, worker, channels))
    }
  }
}
