// The convolutions of the preset cnn and the max-pooling behind them. An image is a task, as in training.

import Compute
import KernelInterface

extension Stopwatch {
  /// `convolution …` [images, side of the map, input channels, output channels], `max-pooling` [images, side, channels].
  func convolutions() -> [Benchmark] {
    let first = ConvolutionWork(side: 28, inputChannels: 1, outputChannels: 16, engine: engine)
    let second = ConvolutionWork(side: 14, inputChannels: 16, outputChannels: 32, engine: engine)
    return [first.forward, first.weightGradient, first.pooling, first.poolingGradient]
      + [second.forward, second.weightGradient, second.inputGradient, second.pooling, second.poolingGradient]
      + [second.listing, second.sparseWeightGradient, second.sparseInputGradient]
  }
}

/// A convolution of some images by 3 × 3 kernels, with a pooling of 2 × 2 behind it.
private struct ConvolutionWork {
  let engine: Engine
  let shape: ConvolutionShape
  let map: GradientMap
  let inputs: FloatBuffer
  let outputs: FloatBuffer
  let outputGradients: FloatBuffer
  let inputGradients: FloatBuffer
  let weights: FloatBuffer
  let bias: FloatBuffer
  /// A gradient for each worker: sums over a chunk's images.
  let weightGradients: FloatBuffer
  let biasGradients: FloatBuffer
  let pooled: FloatBuffer
  let places: RandomBytes
  let lists: [SparseGradientMemory]

  /// A quarter of a usual batch.
  private static let images = 32
  /// Windows whose maximum the ReLU let pass, so that they have a gradient: measured in training.
  private static let shareOfGradients = 0.46

  init(side: Int, inputChannels: Int, outputChannels: Int, engine: Engine) {
    self.engine = engine
    shape = ConvolutionShape(
      inputHeight: side, inputWidth: side, inputChannels: inputChannels, outputChannels: outputChannels,
      kernelSize: 3, stride: 1, padding: 1)
    map = GradientMap(shape, forInputGradient: true)
    let (images, workers) = (Self.images, engine.workers.count)
    let windows = side / 2 * (side / 2)
    inputs = randomBuffer(images * shape.inputCount, seed: 1)
    outputs = FloatBuffer(count: images * side * side * outputChannels)
    outputGradients = randomBuffer(images * map.count, seed: 2)
    inputGradients = FloatBuffer(count: images * shape.inputCount)
    weights = randomBuffer(max(shape.weightCount, shape.flippedWeightCount), seed: 3)
    bias = randomBuffer(outputChannels, seed: 4)
    weightGradients = FloatBuffer(count: workers * shape.weightCount)
    biasGradients = FloatBuffer(count: workers * outputChannels)
    pooled = randomBuffer(images * windows * outputChannels, seed: 5)
    places = RandomBytes(images * windows * outputChannels, below: 4)
    for index in pooled.floats.indices where pooled.floats[index] > Float(2 * Self.shareOfGradients - 1) {
      pooled.floats[index] = 0
    }
    lists = (0..<workers).map { _ in SparseGradientMemory(channels: outputChannels, windows: windows) }
  }

  private var side: Int { shape.outputWidth }
  private var channels: Int { shape.outputChannels }
  private var outputCount: Int { side * side * channels }
  private var pooledCount: Int { outputCount / 4 }

  private func part(_ buffer: FloatBuffer, _ index: Int, _ count: Int) -> Floats {
    buffer[index * count..<(index + 1) * count]
  }

  private func benchmark(_ operation: String, _ body: @escaping (_ image: Int, _ worker: Int) -> Void)
    -> Benchmark
  {
    Benchmark(
      operation: operation, shape: [Self.images, side, shape.inputChannels, channels],
      operations: Self.images * 2 * side * side * shape.weightCount
    ) { [engine] in engine.workers.forEach(Self.images, body) }
  }

  var forward: Benchmark {
    benchmark("convolution forward") { image, _ in
      engine.convolve(
        shape, input: part(inputs, image, shape.inputCount), weights: weights.floats, bias: bias.floats,
        rows: 0..<side, output: part(outputs, image, outputCount), outputRowStride: side * channels,
        rectifies: true)
    }
  }

  var weightGradient: Benchmark {
    benchmark("convolution weight gradient") { image, worker in
      engine.addConvolutionWeightGradient(
        shape, input: part(inputs, image, shape.inputCount),
        outputGradient: part(outputGradients, image, map.count), map: map,
        weightGradient: part(weightGradients, worker, shape.weightCount),
        biasGradient: part(biasGradients, worker, channels))
    }
  }

  var inputGradient: Benchmark {
    benchmark("convolution input gradient") { image, _ in
      engine.convolutionInputGradient(
        shape, outputGradient: part(outputGradients, image, map.count), map: map,
        flippedWeights: weights.floats, inputGradient: part(inputGradients, image, shape.inputCount),
        rowStride: side * shape.inputChannels)
    }
  }

  // MARK: - Over what is not 0 behind the pooling

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

  /// With the list that the weight gradient made, as in training.
  var sparseInputGradient: Benchmark {
    for list in lists { engine.listGradient(shape, pooledGradient(0), into: list) }
    return benchmark("sparse convolution input gradient") { image, worker in
      engine.sparseInputGradient(
        shape, lists[worker], weights: weights.floats,
        inputGradient: part(inputGradients, image, shape.inputCount))
    }
  }

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

  /// Reads the map, writes a quarter of it, and a byte for each maximum.
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
    // The sums grow with every run, by less than 1: a Float holds out longer than anyone waits.
    return memoryBound("max-pooling gradient", floats: outputCount + pooledCount) { image, _ in
      engine.addPoolGradient(
        window, rowCount: side / 2, outputGradient: part(pooled, image, pooledCount),
        places: places.from(image * pooledCount), inputGradient: part(spread, image, outputCount))
    }
  }
}
