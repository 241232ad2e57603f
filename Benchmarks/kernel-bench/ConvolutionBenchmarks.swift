// The convolutions of the preset cnn by themselves. An image is a task, as in training.
// PooledConvolutionBenchmarks.swift has them together with the max-pooling that follows.

import Compute
import KernelInterface

extension Stopwatch {
  /// `convolution …` [images, side of the map, input channels, output channels], `max-pooling` [images, side, channels].
  func convolutions() -> [Benchmark] {
    let first = ConvolutionWork(side: 28, inputChannels: 1, outputChannels: 16, engine: engine)
    let second = ConvolutionWork(side: 14, inputChannels: 16, outputChannels: 32, engine: engine)
    return [
      first.forward, first.weightGradient, first.pooledForward, first.pooling, first.poolingGradient,
      first.pooledWeightGradient, second.forward, second.weightGradient, second.inputGradient,
      second.winogradForward, second.pooling, second.poolingGradient, second.listing,
      second.sparseWeightGradient, second.sparseInputGradient,
    ]
  }
}

/// A convolution of some images with 3 × 3 kernels, followed by a pooling of 2 × 2.
struct ConvolutionWork {
  let engine: Engine
  let shape: ConvolutionShape
  let map: GradientMap
  let inputs: FloatBuffer
  let outputs: FloatBuffer
  let outputGradients: FloatBuffer
  let inputGradients: FloatBuffer
  let weights: FloatBuffer
  let bias: FloatBuffer
  /// One gradient for each worker: sums over the images of a chunk.
  let weightGradients: FloatBuffer
  let biasGradients: FloatBuffer
  let pooled: FloatBuffer
  let places: RandomBytes
  let lists: [SparseGradientMemory]

  /// A quarter of a usual batch.
  static let images = 32
  /// The share of windows whose maximum passes the ReLU, so that they have a gradient. It was measured in training.
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

  var side: Int { shape.outputWidth }
  var channels: Int { shape.outputChannels }
  var outputCount: Int { side * side * channels }
  var pooledCount: Int { outputCount / 4 }

  func part(_ buffer: FloatBuffer, _ index: Int, _ count: Int) -> Floats {
    buffer[index * count..<(index + 1) * count]
  }

  func benchmark(_ operation: String, _ body: @escaping (_ image: Int, _ worker: Int) -> Void)
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
}
