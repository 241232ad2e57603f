// Winograd's convolutions of some layers that occur in networks, and the parts of their gradients. GFLOP/s count the
// work of a direct convolution.

import Compute
import KernelInterface

extension Stopwatch {
  /// `Winograd …` [images, side of the map, input channels, output channels].
  func winogradConvolutions() -> [Benchmark] {
    [(28, 32, 32), (28, 32, 64), (14, 64, 64), (14, 64, 128), (7, 128, 256), (3, 256, 256)].flatMap {
      let work = WinogradWork(side: $0, inputChannels: $1, outputChannels: $2, engine: engine)
      return [work.forward, work.transforms, work.inputGradient, work.products]
    }
  }
}

/// A convolution of a usual batch with 3 × 3 kernels.
private struct WinogradWork {
  let engine: Engine
  let convolution: WinogradConvolution
  let inputs: FloatBuffer
  let outputs: FloatBuffer
  let weights: FloatBuffer
  let scratch: FloatBuffer
  let sums: FloatBuffer
  let block: WinogradGradientBlock
  /// The memory that `block` points to.
  let tiles: FloatBuffer

  static let images = 128

  init(side: Int, inputChannels: Int, outputChannels: Int, engine: Engine) {
    self.engine = engine
    let shape = ConvolutionShape(
      inputHeight: side, inputWidth: side, inputChannels: inputChannels, outputChannels: outputChannels,
      kernelSize: 3, stride: 1, padding: 1)
    convolution = WinogradConvolution(shape)
    inputs = randomBuffer(Self.images * shape.inputCount, seed: 1)
    outputs = randomBuffer(Self.images * side * side * outputChannels, seed: 2)
    weights = randomBuffer(convolution.weightCount, seed: 3)
    scratch = FloatBuffer(
      count: engine.workers.count * max(convolution.scratchCount, convolution.inputGradientScratchCount))
    sums = FloatBuffer(count: convolution.sumCount)
    let count = min(Self.images, convolution.gradientImagesPerBlock)
    tiles = randomBuffer(convolution.gradientTileCount(imageCount: count), seed: 4)
    block = WinogradGradientBlock(convolution, imageCount: count, memory: tiles.floats)
  }

  private var shape: ConvolutionShape { convolution.shape }
  private var outputCount: Int { shape.outputHeight * shape.outputWidth * shape.outputChannels }

  private func part(_ buffer: FloatBuffer, _ worker: Int) -> Floats {
    let count = buffer.count / engine.workers.count
    return buffer[worker * count..<(worker + 1) * count]
  }

  private func benchmark(_ part: String, images: Int, _ run: @escaping () -> Void) -> Benchmark {
    Benchmark(
      operation: "Winograd \(part)",
      shape: [images, shape.inputHeight, shape.inputChannels, shape.outputChannels],
      operations: images * 2 * shape.outputHeight * shape.outputWidth * shape.weightCount, run: run)
  }

  /// Calls `body` for runs of images that are best taken together.
  private func forEachRun(_ images: Int, _ body: @escaping (_ images: Range<Int>, _ worker: Int) -> Void) {
    let length = min(convolution.imagesPerBlock, max(1, images / engine.workers.count))
    engine.workers.forEach((images + length - 1) / length) { task, worker in
      body(task * length..<min((task + 1) * length, images), worker)
    }
  }

  var forward: Benchmark {
    benchmark("forward", images: Self.images) {
      forEachRun(Self.images) { images, worker in
        engine.convolveWinograd(
          convolution,
          images: ImageRun(count: images.count, inputStride: shape.inputCount, outputStride: outputCount),
          input: inputs.floats.from(images.lowerBound * shape.inputCount), transformedWeights: weights.floats,
          bias: nil, scratch: part(scratch, worker),
          output: outputs.floats.from(images.lowerBound * outputCount),
          outputRowStride: shape.outputWidth * shape.outputChannels, rectifies: false)
      }
    }
  }

  var transforms: Benchmark {
    benchmark("gradients' transforms", images: block.imageCount) {
      forEachRun(block.imageCount) { images, _ in
        for image in images {
          engine.transformWinogradGradient(
            block, image: image, input: inputs.floats.from(image * shape.inputCount),
            outputGradient: outputs.floats.from(image * outputCount),
            gradientRowStride: shape.outputWidth * shape.outputChannels)
        }
      }
    }
  }

  var inputGradient: Benchmark {
    let count = shape.inputHeight * shape.inputWidth * shape.inputChannels
    return benchmark("input gradient", images: block.imageCount) {
      forEachRun(block.imageCount) { images, worker in
        engine.winogradInputGradient(
          block, firstImage: images.lowerBound,
          images: ImageRun(count: images.count, inputStride: count, outputStride: 0),
          transposedWeights: weights.floats, scratch: part(scratch, worker),
          inputGradient: inputs.floats.from(images.lowerBound * count),
          rowStride: shape.inputWidth * shape.inputChannels, accumulates: false)
      }
    }
  }

  var products: Benchmark {
    benchmark("weight gradient's sums", images: block.imageCount) {
      engine.workers.forEach(convolution.size.componentCount) { component, _ in
        engine.sumWinogradProducts(block, component: component, sums: sums.floats, accumulates: false)
      }
    }
  }
}
