// A convolution by Winograd's F(m×m, 3×3), for the whole batch: several images at a time, so that the weights of all its
// components are read once for them (Compute/WinogradConvolution.swift).
//
//     forward    with the max-pooling after it, if there is one
//     backward   block by block: first transforms and input gradients, then the sums of the weight gradient. Where those
//                are few, each chunk of the batch has sums and blocks of its own. Otherwise the batch has one array of
//                sums, and threads share out the images of each block first, and then the components

import Compute
import KernelInterface

struct WinogradConvolutionStep: BatchStep {
  let plan: ConvolutionPlan
  let convolution: WinogradConvolution
  /// The place, among the transformed weights, of the forward pass's.
  let weights: Range<Int>
  /// For each worker.
  let scratch: ArrayID
  /// For each image, where in its window each maximum was.
  let places: ArrayID?
  /// `nil` outside of training.
  let gradient: Gradient?

  /// The memory of the backward pass.
  struct Gradient {
    /// The transforms of a block of images; for each worker where chunks have sums.
    let tiles: ArrayID
    /// The sums of all components; for each chunk, or for the batch.
    let sums: ArrayID
    /// For each worker, the products of input gradients.
    let products: ArrayID?
    /// For each image, its share of the bias gradient.
    let biases: ArrayID?
    /// The place, among the derived weights, of what the input gradient multiplies by.
    let transposed: Range<Int>?
  }

  var output: ValuePlan { plan.output }

  // MARK: - Weights

  func updateDerived(_ network: Network) {
    derive(network) { count, body in network.engine.workers.forEach(count) { task, _ in body(task) } }
  }

  /// Transforms the weights, panel by panel; `forEach` calls its argument for each of them.
  func derive(_ network: Network, forEach: (_ count: Int, _ body: (Int) -> Void) -> Void) {
    let (engine, source) = (network.engine, network.weights(plan.slices))
    let transformed = network.transformedWeights[weights]
    forEach(engine.panelCount(plan.shape.outputChannels)) { panel in
      engine.transformWinogradWeights(
        convolution, panels: panel..<panel + 1, weights: source, transformed: transformed)
    }
    guard let gradient, let flipped = plan.derived, let transposed = gradient.transposed else { return }
    let derived = network.training!.derived
    forEach(engine.panelCount(plan.shape.inputChannels)) { panel in
      let panels = panel..<panel + 1
      engine.flipWeights(plan.shape, panels: panels, weights: source, flipped: derived[flipped])
      engine.transposeWinogradWeights(
        convolution, panels: panels, flippedWeights: derived[flipped], transposed: derived[transposed])
    }
  }

  func foldNormalization(_ network: Network) { plan.foldNormalization(network) }

  // MARK: - Forward

  func forward(batch: Int, _ network: Network) {
    let length = imagesPerTask(batch, network)
    network.engine.workers.forEach((batch + length - 1) / length) { task, worker in
      let first = ImagePlace(position: task * length, chunk: 0, worker: worker)
      let end = min(first.position + length, batch)
      convolve(first, count: end - first.position, network)
      for position in first.position..<end {
        network.dropOut(output, ImagePlace(position: position, chunk: 0, worker: worker))
      }
    }
  }

  /// As many as are best taken together, but no more than leave images for every thread.
  private func imagesPerTask(_ batch: Int, _ network: Network) -> Int {
    min(convolution.imagesPerBlock, max(1, batch / network.engine.workers.count))
  }

  /// The output of some images in a row; of one image only, where its input or its output is not kept for each.
  func convolve(_ first: ImagePlace, count: Int, _ network: Network) {
    let (input, memory) = (plan.input.value, network.memory)
    network.engine.convolveWinograd(
      convolution,
      images: ImageRun(
        count: count, inputStride: memory.floats(input.array).partCount,
        outputStride: memory.floats(output.array).partCount),
      input: memory.floats(input.array, from: first),
      transformedWeights: network.transformedWeights[weights], bias: network.bias(plan.slices),
      scratch: memory.floats(scratch, first),
      output: memory.floats(output.array, from: first).from(output.layout.origin),
      outputRowStride: output.layout.rowStride, rectifies: output.rectifies,
      places: places.map { memory.bytes($0, from: first) })
  }

  // MARK: - Backward

  func backward(batch: Int, _ network: Network) {
    guard let gradient else { return }
    let engine = network.engine
    let parts = network.memory.floats(gradient.sums)
    var sums = parts[0]
    if convolution.sumsChunks {
      let chunks = network.plan.chunks(ofBatch: batch)
      engine.workers.forEach(chunks.count) { chunk, worker in
        let images = chunks[chunk]
        forEachBlock(images) {
          addGradients(
            $0, to: parts[chunk], isFirst: $0.lowerBound == images.lowerBound, worker: worker, network)
        }
      }
      sums = sumChunks(chunks.count, network)
    } else {
      sumBatch(batch, to: sums, gradient, network)
    }
    writeGradients(sums, batch: batch, gradient, network)
  }

  /// The sum of the chunks' sums, in their order.
  func sumChunks(_ chunks: Int, _ network: Network) -> Floats {
    let parts = network.memory.floats(gradient!.sums)
    network.engine.sumParts(parts.all, count: chunks, to: parts[network.plan.chunkCount])
    return parts[network.plan.chunkCount]
  }

  /// The gradients of the parameters.
  func writeGradients(_ sums: Floats, batch: Int, _ gradient: Gradient, _ network: Network) {
    let (engine, target) = (network.engine, network.training!.gradient)
    engine.winogradWeightGradient(convolution, sums: sums, weightGradient: target[plan.slices.weights])
    if let biases = gradient.biases {
      engine.sumParts(network.memory.floats(biases).all, count: batch, to: target[plan.slices.bias])
    }
  }

  /// The gradients of a block of a chunk, on one thread.
  func addGradients(
    _ images: Range<Int>, to sums: Floats, isFirst: Bool, worker: Int, _ network: Network
  ) {
    let gradient = gradient!
    let block = WinogradGradientBlock(
      convolution, imageCount: images.count, memory: network.memory.floats(gradient.tiles)[worker])
    transform(block, of: images, images, worker: worker, gradient, network)
    for component in 0..<convolution.size.componentCount {
      network.engine.sumWinogradProducts(block, component: component, sums: sums, accumulates: !isFirst)
    }
  }

  /// The sums of a batch, on all threads: each takes one component after another and adds up its terms in their order.
  private func sumBatch(_ batch: Int, to sums: Floats, _ gradient: Gradient, _ network: Network) {
    let engine = network.engine
    forEachBlock(0..<batch) { images in
      let block = WinogradGradientBlock(
        convolution, imageCount: images.count, memory: network.memory.floats(gradient.tiles)[0])
      let length = imagesPerTask(images.count, network)
      engine.workers.forEach((images.count + length - 1) / length) { task, worker in
        let start = images.lowerBound + task * length
        transform(
          block, of: images, start..<min(start + length, images.upperBound), worker: worker, gradient, network
        )
      }
      engine.workers.forEach(convolution.size.componentCount) { component, _ in
        engine.sumWinogradProducts(
          block, component: component, sums: sums, accumulates: images.lowerBound > 0)
      }
    }
  }

  private func forEachBlock(_ images: Range<Int>, _ body: (Range<Int>) -> Void) {
    let length = convolution.gradientImagesPerBlock
    for first in stride(from: images.lowerBound, to: images.upperBound, by: length) {
      body(first..<min(first + length, images.upperBound))
    }
  }

  /// The transforms of some images of a block, and their input gradients.
  private func transform(
    _ block: WinogradGradientBlock, of images: Range<Int>, _ positions: Range<Int>, worker: Int,
    _ gradient: Gradient, _ network: Network
  ) {
    for position in positions {
      let place = ImagePlace(position: position, chunk: 0, worker: worker)
      let map = network.gradientMap(output, place)
      network.engine.transformWinogradGradient(
        block, image: position - images.lowerBound, input: network.image(plan.input.value, place),
        outputGradient: map.floats, gradientRowStride: map.rowStride,
        places: places.map { network.memory.bytes($0, place) })
      if let biases = gradient.biases {
        network.engine.sumPixels(map, to: network.memory.floats(biases, place))
      }
    }
    guard let share = plan.input.share, let products = gradient.products, let transposed = gradient.transposed
    else { return }
    let (value, first) = (
      plan.input.value, ImagePlace(position: positions.lowerBound, chunk: 0, worker: worker)
    )
    let gradients = value.gradient!
    network.engine.winogradInputGradient(
      block, firstImage: positions.lowerBound - images.lowerBound,
      images: ImageRun(
        count: positions.count, inputStride: network.memory.floats(gradients).partCount, outputStride: 0),
      transposedWeights: network.training!.derived[transposed],
      scratch: network.memory.floats(products, first),
      inputGradient: network.memory.floats(gradients, from: first).from(value.layout.origin),
      rowStride: value.layout.rowStride, accumulates: share.adds)
    for position in positions {
      network.finish(plan.input, ImagePlace(position: position, chunk: 0, worker: worker))
    }
  }
}
