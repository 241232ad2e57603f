// Products of bfloat16 in the convolutions and dense layers of networks for small pictures. An image is a task, as in
// training. The products use tile registers if the processor has them.

import Compute
import KernelInterface

extension Stopwatch {
  /// `bfloat16 convolution …` [images, side of the map, input channels, output channels], `bfloat16 dense …` [batch, inputs,
  /// outputs].
  func bfloat16Products() -> [Benchmark] {
    [(28, 64, 64), (14, 128, 128), (7, 256, 256)].flatMap { side, inputs, outputs in
      let work = BFloat16Work(side: side, inputChannels: inputs, outputChannels: outputs, engine: engine)
      return [work.forward, work.inputGradient, work.packing, work.weightGradient]
    } + [20, 128].flatMap { BFloat16DenseWork(batch: $0, inputs: 1568, outputs: 512, engine: engine).all }
  }
}

/// Random numbers, so that products are not trivial.
private final class BFloat16Memory {
  let numbers: BFloats

  init(_ count: Int, seed: UInt64) {
    numbers = .allocate(capacity: count)
    let floats = randomBuffer(count, seed: seed)
    for index in 0..<count { numbers.initializeElement(at: index, to: BFloat16(floats.floats[index])) }
  }

  deinit { numbers.deallocate() }
}

/// A convolution of some images with 3 × 3 kernels. Each worker has an image, as if the step before had
/// just written it.
private final class BFloat16Work {
  private let engine: Engine
  private let shape: ConvolutionShape
  private let convolution: BFloat16Convolution
  private let rounded: [BFloat16Memory]
  private let gradients: [BFloat16Memory]
  private let transposed: [BFloat16Memory]
  private let pairs: [BFloat16Memory]
  private let weights: BFloat16Memory
  private let flipped: BFloat16Memory
  private let bias: FloatBuffer
  private let maps: [FloatBuffer]
  private let inputs: [FloatBuffer]
  private let sums: [FloatBuffer]

  private static let images = 32

  init(side: Int, inputChannels: Int, outputChannels: Int, engine: Engine) {
    self.engine = engine
    shape = ConvolutionShape(
      inputHeight: side, inputWidth: side, inputChannels: inputChannels, outputChannels: outputChannels,
      kernelSize: 3, stride: 1, padding: 1)
    let sizes = BFloat16Convolution(shape)
    convolution = sizes
    let workers = 0..<engine.workers.count
    rounded = workers.map { _ in BFloat16Memory(sizes.roundedCount, seed: 1) }
    gradients = workers.map { _ in BFloat16Memory(sizes.gradientCount, seed: 2) }
    transposed = workers.map { _ in BFloat16Memory(sizes.transposedCount, seed: 3) }
    pairs = workers.map { _ in BFloat16Memory(sizes.gradientPairCount, seed: 4) }
    weights = BFloat16Memory(sizes.pairCount, seed: 5)
    flipped = BFloat16Memory(sizes.flippedPairCount, seed: 6)
    bias = randomBuffer(outputChannels, seed: 7)
    maps = workers.map { _ in FloatBuffer(count: side * side * max(inputChannels, outputChannels)) }
    let inputCount = shape.inputCount
    inputs = workers.map { _ in randomBuffer(inputCount, seed: 8) }
    let weightCount = shape.weightCount
    sums = workers.map { _ in FloatBuffer(count: weightCount) }
  }

  private func benchmark(
    _ operation: String, byteCount: Int = 0, _ body: @escaping (_ image: Int, _ worker: Int) -> Void
  ) -> Benchmark {
    Benchmark(
      operation: "bfloat16 convolution \(operation)",
      shape: [Self.images, shape.outputWidth, shape.inputChannels, shape.outputChannels],
      operations: byteCount == 0 ? Self.images * imageOperations : 0, byteCount: byteCount
    ) { [engine] in engine.workers.forEach(Self.images, body) }
  }

  private var imageOperations: Int { 2 * shape.outputWidth * shape.outputHeight * shape.weightCount }

  var forward: Benchmark {
    benchmark("forward") { [self] _, worker in
      engine.convolve(
        convolution, roundedInput: rounded[worker].numbers, pairedWeights: weights.numbers, bias: bias.floats,
        output: maps[worker].floats, outputRowStride: shape.outputWidth * shape.outputChannels,
        rectifies: true)
    }
  }

  var inputGradient: Benchmark {
    benchmark("input gradient") { [self] _, worker in
      engine.convolutionInputGradient(
        convolution, roundedGradient: gradients[worker].numbers, flippedPairs: flipped.numbers,
        inputGradient: maps[worker].floats, rowStride: shape.inputWidth * shape.inputChannels,
        accumulates: false)
    }
  }

  /// Transposes the input and pairs the gradient, for the weight gradient.
  var packing: Benchmark {
    let pixels = shape.inputHeight * shape.inputWidth
    let bytes = pixels * (6 * shape.inputChannels + 4 * shape.outputChannels)
    return benchmark("packing", byteCount: Self.images * bytes) { [self] image, worker in
      engine.packWeightGradient(
        convolution, number: image % convolution.imagesPerBlock, imageCount: convolution.imagesPerBlock,
        input: inputs[worker].floats, roundedGradient: gradients[worker].numbers,
        transposed: transposed[worker].numbers, pairs: pairs[worker].numbers)
    }
  }

  /// The weight gradient of whole blocks of images.
  var weightGradient: Benchmark {
    let length = convolution.imagesPerBlock
    return benchmark("weight gradient") { [self] image, worker in
      guard image % length == 0 else { return }
      engine.addWeightGradient(
        convolution, imageCount: length, transposed: transposed[worker].numbers,
        pairs: pairs[worker].numbers, weightGradient: sums[worker].floats)
    }
  }
}

/// The largest layer of the preset `cnn`.
private final class BFloat16DenseWork {
  private let engine: Engine
  private let shape: DenseShape
  private let batch: Int
  private let input: FloatBuffer
  private let output: FloatBuffer
  private let weights: FloatBuffer
  private let bias: FloatBuffer
  private let gradient: FloatBuffer
  private let transposedWeights: FloatBuffer
  private let roundedInput: BFloat16Memory
  private let roundedGradient: BFloat16Memory
  private let paired: BFloat16Memory
  private let transposedInput: BFloat16Memory
  private let pairs: BFloat16Memory
  private let transposedPairs: BFloat16Memory

  init(batch: Int, inputs: Int, outputs: Int, engine: Engine) {
    self.engine = engine
    self.batch = batch
    shape = DenseShape(inputs: inputs, outputs: outputs)
    input = randomBuffer(batch * inputs, seed: 1)
    output = randomBuffer(batch * outputs, seed: 2)
    weights = randomBuffer(shape.weightCount, seed: 3)
    bias = randomBuffer(outputs, seed: 4)
    gradient = FloatBuffer(count: shape.weightCount)
    transposedWeights = FloatBuffer(count: engine.workers.count * shape.transposedWeightCount)
    roundedInput = BFloat16Memory(
      DenseShape.roundedCount(batch: batch, columns: shape.roundedInputs), seed: 5)
    roundedGradient = BFloat16Memory(
      DenseShape.roundedCount(batch: batch, columns: shape.roundedOutputs), seed: 6)
    paired = BFloat16Memory(shape.pairCount, seed: 7)
    transposedInput = BFloat16Memory(shape.transposedCount(batch: batch), seed: 8)
    pairs = BFloat16Memory(BFloat16Tile.paddedDepth(batch) * outputs, seed: 9)
    transposedPairs = BFloat16Memory(engine.workers.count * shape.transposedPairCount, seed: 10)
  }

  var all: [Benchmark] {
    [
      benchmark("forward") { [self] in
        engine.roundRows(rows(input), batch: batch, columns: shape.inputs, rounded: roundedInput.numbers)
        engine.denseForward(
          shape, batch: batch, roundedInput: roundedInput.numbers, pairedWeights: paired.numbers,
          bias: bias.floats, output: rows(output), rectifies: true)
      },
      benchmark("input gradient") { [self] in
        engine.denseInputGradient(
          shape, batch: batch, roundedOutputGradient: roundedGradient.numbers, weights: weights.floats,
          transposed: transposedWeights.floats, pairs: transposedPairs.numbers, inputGradient: rows(input))
      },
      benchmark("weight gradient") { [self] in
        engine.denseWeightGradient(
          shape, batch: batch, input: rows(input), outputGradient: rows(output),
          roundedOutputGradient: roundedGradient.numbers, transposed: transposedInput.numbers,
          pairs: pairs.numbers, weightGradient: gradient.floats, biasGradient: bias.floats)
      },
    ]
  }

  private func rows(_ buffer: FloatBuffer) -> Rows { Rows(buffer.floats, stride: buffer.count / batch) }

  private func benchmark(_ operation: String, _ run: @escaping () -> Void) -> Benchmark {
    Benchmark(
      operation: "bfloat16 dense \(operation)", shape: [batch, shape.inputs, shape.outputs],
      operations: 2 * batch * shape.weightCount, run: run)
  }
}
