// A convolution and the max-pooling after it, one image at a time: the map between them never leaves the cache.
//
//     forward    with Winograd's F(2×2, 3×3), whose tiles are the windows; or one row of windows at a time, then pooled
//     backward   only the maximum of each window has a gradient. The gradients are sums over a list of these pixels;
//                over the windows, for a convolution of the image; or over the whole output gradient, spread out

import Compute
import KernelInterface

struct PooledConvolutionStep: ImageStep {
  let plan: ConvolutionPlan
  let pool: PoolPlan
  /// For each worker, the tiles of Winograd's convolution, or the rows that are pooled next.
  let scratch: ArrayID
  /// For each image, the position of each maximum in its window.
  let places: ArrayID?
  /// `nil` outside training, and if the weights are fixed.
  let gradients: Gradients?

  /// The method of the backward pass, and its memory for each worker.
  enum Gradients {
    /// Sums over a list of the nonzero values.
    case listed(ArrayID)
    /// Sums over the windows of the pooling.
    case pooled
    /// Sums over the whole output gradient, spread out.
    case spread(SpreadGradient)
  }

  var name: String { plan.slices.name }
  var output: ValuePlan? { plan.output }
  var goesBackward: Bool { plan.learns }

  /// Returns the number of rows of the convolution's output that are computed at a time: a row of windows if windows do
  /// not overlap, or else all rows, so that none is computed twice.
  static func bandRowCount(_ pool: PoolPlan, _ shape: ConvolutionShape) -> Int {
    pool.stride >= pool.size ? pool.size : shape.outputHeight
  }

  // MARK: - Forward

  func forward(_ place: ImagePlace, _ network: Network) {
    let output = plan.output
    let places = places.map { network.memory.bytes($0, place) }
    let result = network.image(output, place).from(output.layout.origin)
    if let winograd = plan.winograd {
      network.engine.convolveWinograd(
        winograd.convolution, input: network.image(plan.input.value, place),
        transformedWeights: network.transformedWeights[winograd.weights], bias: network.bias(plan.slices),
        scratch: network.memory.floats(scratch, place), output: result,
        outputRowStride: output.layout.rowStride, rectifies: output.rectifies, places: places)
    } else {
      convolveAndPool(place, result, places, network)
    }
  }

  private func convolveAndPool(
    _ place: ImagePlace, _ result: Floats, _ places: UnsafeMutableBufferPointer<UInt8>?, _ network: Network
  ) {
    let (shape, layout) = (plan.shape, plan.output.layout)
    let input = network.image(plan.input.value, place)
    let band = network.memory.floats(scratch, place)
    let bandRows = Self.bandRowCount(pool, shape)
    let isWhole = pool.stride < pool.size
    let rowStride = shape.outputWidth * shape.outputChannels
    let window = PoolingWindow(
      size: pool.size, stride: pool.stride, outWidth: layout.width, channels: layout.channelStride,
      inputRowStride: rowStride, inputPixelStride: layout.channelStride, outputRowStride: layout.rowStride)
    let placesPerRow = layout.width * layout.channelStride
    for index in 0..<(isWhole ? 1 : layout.height) {
      let firstRow = index * pool.stride
      network.engine.convolve(
        shape, input: input, weights: network.weights(plan.slices), bias: network.bias(plan.slices),
        rows: firstRow..<firstRow + bandRows, output: band, outputRowStride: rowStride,
        rectifies: plan.output.rectifies)
      network.engine.pool(
        window, rowCount: isWhole ? layout.height : 1, input: band,
        output: result.from(index * layout.rowStride),
        places: places.map { UnsafeMutableBufferPointer(rebasing: $0[(index * placesPerRow)...]) })
    }
  }

  // MARK: - Backward

  func backward(_ place: ImagePlace, _ network: Network) {
    guard let gradients else { return plan.addBiasGradient(place, network) }
    switch gradients {
    case .listed(let list): backwardListed(network.memory.sparseGradient(list, place), place, network)
    case .spread(let gradient):
      gradient.backward(plan, place, network) { spread in
        spread.update(repeating: 0)
        addPoolGradient(to: spread, gradient.map, place, network)
      }
    case .pooled:
      let sums = plan.sums(place, network)
      network.engine.addPooledWeightGradient(
        plan.shape, pooled: pooledGradient(place, network), input: network.image(plan.input.value, place),
        weightGradient: sums.weights, biasGradient: sums.bias)
    }
  }

  private func pooledGradient(_ place: ImagePlace, _ network: Network) -> PooledGradient {
    let layout = plan.output.layout
    return PooledGradient(
      gradient: network.gradientImage(plan.output, place).from(layout.origin),
      places: network.memory.bytes(places!, place), height: layout.height, width: layout.width,
      rowStride: layout.rowStride, poolSize: pool.size, poolStride: pool.stride)
  }

  private func backwardListed(_ list: SparseGradientMemory, _ place: ImagePlace, _ network: Network) {
    let shape = plan.shape
    let pooled = pooledGradient(place, network)
    network.engine.listGradient(shape, pooled, into: list)
    let sums = plan.sums(place, network)
    network.engine.addSparseWeightGradient(
      shape, list, pooled: pooled, input: network.image(plan.input.value, place),
      weightGradient: sums.weights, biasGradient: sums.bias)
    guard let share = network.share(of: plan.input), let derived = plan.derived else { return }
    // The margin gets its share, too, but nothing reads it.
    network.engine.sparseInputGradient(
      shape, list, weights: network.training!.derived[derived],
      inputGradient: network.gradientImage(plan.input.value, place), accumulates: share.adds)
    network.finish(plan.input, place)
  }

  private func addPoolGradient(
    to spread: Floats, _ map: GradientMap, _ place: ImagePlace, _ network: Network
  ) {
    let layout = plan.output.layout
    network.engine.addPoolGradient(
      PoolingWindow(
        size: pool.size, stride: pool.stride, outWidth: layout.width, channels: layout.channelStride,
        inputRowStride: map.lineStride, inputPixelStride: map.pixelStride, outputRowStride: layout.rowStride),
      rowCount: layout.height,
      outputGradient: network.gradientImage(plan.output, place).from(layout.origin),
      places: network.memory.bytes(places!, place), inputGradient: spread.from(map.origin))
  }

  func beginChunk(_ chunk: Int, _ network: Network) { plan.beginChunk(chunk, network) }

  func finishBackward(batch: Int, chunks: Range<Int>, _ network: Network) {
    plan.sumChunks(chunks, network)
  }

  func foldNormalization(_ network: Network) { plan.foldNormalization(network) }

  func updateDerived(_ network: Network) { plan.updateDerived(network) }
}
