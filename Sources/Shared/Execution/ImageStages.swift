// The per-image stages: every image goes through all of them before the next, so that its maps stay in the cache.

import Compute
import KernelInterface

extension Network {
  /// The forward pass of the per-image stages for a batch.
  func forwardImages(_ batch: ImageBatch) {
    // Where there is only the conversion of pixels to do, one image is too little to share out.
    let imagesPerTask = plan.imageStageCount > 1 ? 1 : 16
    engine.workers.forEach((batch.count + imagesPerTask - 1) / imagesPerTask) { task, worker in
      for position in task * imagesPerTask..<min((task + 1) * imagesPerTask, batch.count) {
        forwardImage(batch, position: position, worker: worker)
      }
    }
  }

  private func forwardImage(_ batch: ImageBatch, position: Int, worker: Int) {
    for index in 0..<plan.imageStageCount {
      let stage = plan.stages[index]
      let output = activations.image(index, position: position, worker: worker)
      switch stage.core {
      case .input:
        fillInput(batch.image(position, byteCount: architecture.input.byteCount), stage.output, output)
      case .convolution(let convolution):
        forwardConvolution(
          index, convolution, input: activations.image(index - 1, position: position, worker: worker),
          output: output, places: training?.places[index]?[position], worker: worker)
      case .pooling(let pool):
        let input = activations.image(index - 1, position: position, worker: worker)
        engine.pool(
          window(pool, from: plan.stages[index - 1].output, to: stage.output), rowCount: stage.output.height,
          input: input.from(plan.stages[index - 1].output.origin), output: output.from(stage.output.origin),
          places: training?.places[index]?[position])
        if stage.rectifies { engine.rectify(output) }
      case .dense: preconditionFailure("dense stages work on batches")
      }
      let rows = Rows(output, stride: stage.output.imageStride)
      for mask in masks(index) {
        engine.drop(
          rows, rowCount: 1, columns: output.count, firstIndex: position * stage.output.imageStride,
          mask: mask)
      }
    }
  }

  private func fillInput(_ pixels: UnsafeBufferPointer<UInt8>, _ layout: FeatureLayout, _ output: Floats) {
    if layout.isPatched {
      return engine.scalePatches(
        pixels, height: layout.height, width: layout.width, channels: layout.channels,
        scale: Self.pixelScale, to: output)
    }
    // What lies without a gap in both is converted at once: the whole image, a row, or the channels of a pixel.
    let isDense = layout.channelStride == layout.channels
    let runCount =
      !isDense ? layout.channels : layout.width * layout.channels * (layout.margin > 0 ? 1 : layout.height)
    for start in stride(from: 0, to: pixels.count, by: runCount) {
      let pixel = start / layout.channels
      let offset = layout.offset(channel: 0, y: pixel / layout.width, x: pixel % layout.width)
      engine.scaleBytes(
        UnsafeBufferPointer(rebasing: pixels[start..<start + runCount]), scale: Self.pixelScale,
        to: output.from(offset))
    }
  }

  private func forwardConvolution(
    _ index: Int, _ convolution: ConvolutionPlan, input: Floats, output: Floats,
    places: UnsafeMutableBufferPointer<UInt8>?, worker: Int
  ) {
    let stage = plan.stages[index]
    if let transformed = convolution.transformed {
      engine.convolveWinograd(
        convolution.shape, input: input, transformedWeights: transformedWeights[transformed],
        bias: parameters[convolution.parameters.bias], scratch: activations.scratch(index, worker: worker),
        output: output.from(stage.output.origin), outputRowStride: stage.output.rowStride,
        rectifies: stage.rectifies, pools: convolution.pool != nil, places: places)
    } else if let pool = convolution.pool {
      let band = activations.scratch(index, worker: worker)
      convolveAndPool(convolution, pool, stage, input: input, band: band, output: output, places: places)
    } else {
      engine.convolve(
        convolution.shape, input: input, weights: parameters[convolution.parameters.weights],
        bias: parameters[convolution.parameters.bias], rows: 0..<convolution.shape.outputHeight,
        output: output.from(stage.output.origin), outputRowStride: stage.output.rowStride,
        rectifies: stage.rectifies)
    }
  }

  private func convolveAndPool(
    _ convolution: ConvolutionPlan, _ pool: PoolPlan, _ stage: Stage, input: Floats, band: Floats,
    output: Floats, places: UnsafeMutableBufferPointer<UInt8>?
  ) {
    let bandPlan = stage.band!
    let isWhole = pool.stride < pool.size
    let pooledRowsPerBand = isWhole ? stage.output.height : 1
    let window = PoolingWindow(
      size: pool.size, stride: pool.stride, outWidth: stage.output.width,
      channels: stage.output.channelStride,
      inputRowStride: bandPlan.rowStride, inputPixelStride: stage.output.channelStride,
      outputRowStride: stage.output.rowStride)
    for bandIndex in 0..<(isWhole ? 1 : stage.output.height) {
      let firstRow = bandIndex * pool.stride
      engine.convolve(
        convolution.shape, input: input, weights: parameters[convolution.parameters.weights],
        bias: parameters[convolution.parameters.bias], rows: firstRow..<firstRow + bandPlan.rowCount,
        output: band,
        outputRowStride: bandPlan.rowStride, rectifies: stage.rectifies)
      let placesPerRow = stage.output.width * stage.output.channelStride
      engine.pool(
        window, rowCount: pooledRowsPerBand, input: band,
        output: output.from(stage.output.origin + bandIndex * stage.output.rowStride),
        places: places.map { UnsafeMutableBufferPointer(rebasing: $0[(bandIndex * placesPerRow)...]) })
    }
  }

  private func window(_ pool: PoolPlan, from input: FeatureLayout, to output: FeatureLayout) -> PoolingWindow
  {
    PoolingWindow(
      size: pool.size, stride: pool.stride, outWidth: output.width, channels: output.channelStride,
      inputRowStride: input.rowStride, inputPixelStride: input.channelStride,
      outputRowStride: output.rowStride)
  }

  // MARK: - Backward

  /// The backward pass of the per-image stages: the gradient of the last one's output is given, those of all their
  /// parameters result. A batch is cut into chunks that depend on its size only; each sums up its own images in their
  /// order, and the chunks' sums are added in theirs.
  func backwardImages(batch: Int, memory: TrainingMemory) {
    let learning = plan.stages[..<plan.imageStageCount].indices.filter { memory.chunkGradients[$0] != nil }
    guard !learning.isEmpty else { return }
    let imagesPerChunk = (batch + TrainingMemory.maximumChunks - 1) / TrainingMemory.maximumChunks
    let chunks = (batch + imagesPerChunk - 1) / imagesPerChunk
    engine.workers.forEach(chunks) { chunk, worker in
      for stage in learning { memory.chunkGradients[stage]![chunk].update(repeating: 0) }
      for position in chunk * imagesPerChunk..<min((chunk + 1) * imagesPerChunk, batch) {
        backwardImage(position: position, chunk: chunk, worker: worker, memory: memory)
      }
    }
    for stage in learning {
      guard case .convolution(let convolution) = plan.stages[stage].core else { continue }
      sumChunks(convolution, memory.chunkGradients[stage]!, count: chunks, memory)
    }
  }

  private func sumChunks(
    _ convolution: ConvolutionPlan, _ parts: PartedBuffer, count: Int, _ memory: TrainingMemory
  ) {
    let slices = convolution.parameters
    let gradient = memory.gradient[slices.weights.lowerBound..<slices.bias.upperBound]
    guard convolution.backward == .listed else {
      return engine.sumParts(parts.floats, count: count, to: gradient)
    }
    let sum = parts[TrainingMemory.maximumChunks]
    engine.sumParts(parts.floats, count: count, to: sum)
    let weightCount = convolution.shape.weightCount
    engine.packWeights(convolution.shape, rows: sum, weights: gradient)
    (gradient.baseAddress! + weightCount)
      .update(from: sum.baseAddress! + weightCount, count: gradient.count - weightCount)
  }

  private func backwardImage(position: Int, chunk: Int, worker: Int, memory: TrainingMemory) {
    var index = plan.imageStageCount - 1
    while index > 0 {
      let stage = plan.stages[index]
      let gradient = imageGradient(index, position: position, worker: worker, memory: memory)
      let inputGradient =
        stage.passesGradient
        ? imageGradient(index - 1, position: position, worker: worker, memory: memory) : nil
      switch stage.core {
      case .convolution(let convolution):
        let image = ImagePlace(position: position, chunk: chunk, worker: worker)
        switch convolution.backward {
        case .listed:
          backwardListed(index, convolution, image, memory, gradient: gradient, inputGradient: inputGradient)
        case .pooled: backwardPooled(index, convolution, image, memory, gradient: gradient)
        case .spread:
          backwardSpread(index, convolution, image, memory, gradient: gradient, inputGradient: inputGradient)
        }
      case .pooling(let pool):
        if let inputGradient {
          inputGradient.update(repeating: 0)
          let input = plan.stages[index - 1].output
          engine.addPoolGradient(
            window(pool, from: input, to: stage.output), rowCount: stage.output.height,
            outputGradient: gradient.from(stage.output.origin), places: memory.places[index]![position],
            inputGradient: inputGradient.from(input.origin))
        }
      case .input, .dense: preconditionFailure("neither is behind the image and before the dense stages")
      }
      guard let inputGradient else { return }
      index -= 1
      maskImageGradient(index, inputGradient, position: position, worker: worker)
    }
  }

  /// The gradient of a per-image stage's output for one image, with its margin.
  private func imageGradient(_ index: Int, position: Int, worker: Int, memory: TrainingMemory) -> Floats {
    if let whole = memory.outputGradients[index] {
      return Floats(rebasing: whole[position][..<plan.stages[index].output.paddedCount])
    }
    return memory.imageGradients[index]![worker]
  }

  /// An image of a batch: its position, the chunk it is summed up in, and the worker that is at it.
  private struct ImagePlace {
    let position: Int
    let chunk: Int
    let worker: Int
  }

  /// A convolution's pooled gradient for one image.
  private func pooledGradient(
    _ index: Int, _ convolution: ConvolutionPlan, _ image: ImagePlace, _ memory: TrainingMemory,
    _ gradient: Floats
  ) -> PooledGradient {
    let output = plan.stages[index].output
    return PooledGradient(
      gradient: gradient.from(output.origin), places: memory.places[index]![image.position],
      height: output.height, width: output.width, rowStride: output.rowStride,
      poolSize: convolution.pool!.size, poolStride: convolution.pool!.stride)
  }

  private func backwardPooled(
    _ index: Int, _ convolution: ConvolutionPlan, _ image: ImagePlace, _ memory: TrainingMemory,
    gradient: Floats
  ) {
    let sums = memory.chunkGradients[index]![image.chunk]
    let weightCount = convolution.shape.weightCount
    engine.addPooledWeightGradient(
      convolution.shape, pooled: pooledGradient(index, convolution, image, memory, gradient),
      input: activations.image(index - 1, position: image.position, worker: image.worker),
      weightGradient: Floats(rebasing: sums[..<weightCount]), biasGradient: sums.from(weightCount))
  }

  private func backwardListed(
    _ index: Int, _ convolution: ConvolutionPlan, _ image: ImagePlace, _ memory: TrainingMemory,
    gradient: Floats, inputGradient: Floats?
  ) {
    let shape = convolution.shape
    let list = memory.gradientLists[index][image.worker]
    let pooled = pooledGradient(index, convolution, image, memory, gradient)
    engine.listGradient(shape, pooled, into: list)
    let sums = memory.chunkGradients[index]![image.chunk]
    engine.addSparseWeightGradient(
      shape, list, pooled: pooled,
      input: activations.image(index - 1, position: image.position, worker: image.worker),
      weightGradient: Floats(rebasing: sums[..<shape.weightCount]), biasGradient: sums.from(shape.weightCount)
    )
    if let inputGradient, let derived = convolution.derived {
      // The margin gets its share too; nobody reads it.
      engine.sparseInputGradient(shape, list, weights: memory.derived[derived], inputGradient: inputGradient)
    }
  }

  private func backwardSpread(
    _ index: Int, _ convolution: ConvolutionPlan, _ image: ImagePlace, _ memory: TrainingMemory,
    gradient: Floats, inputGradient: Floats?
  ) {
    let stage = plan.stages[index]
    let shape = convolution.shape
    let map = stage.gradientMap!
    let spread = memory.gradientMaps[index]![image.worker]
    if let pool = convolution.pool {
      spread.update(repeating: 0)
      let window = PoolingWindow(
        size: pool.size, stride: pool.stride, outWidth: stage.output.width,
        channels: stage.output.channelStride,
        inputRowStride: map.lineStride, inputPixelStride: map.pixelStride,
        outputRowStride: stage.output.rowStride)
      engine.addPoolGradient(
        window, rowCount: stage.output.height, outputGradient: gradient.from(stage.output.origin),
        places: memory.places[index]![image.position], inputGradient: spread.from(map.origin))
    } else {
      copy(gradient, stage.output, to: spread, map)
    }
    let sums = memory.chunkGradients[index]![image.chunk]
    engine.addConvolutionWeightGradient(
      shape, input: activations.image(index - 1, position: image.position, worker: image.worker),
      outputGradient: spread,
      map: map, weightGradient: Floats(rebasing: sums[..<shape.weightCount]),
      biasGradient: sums.from(shape.weightCount))
    if let inputGradient, let derived = convolution.derived {
      let input = plan.stages[index - 1].output
      engine.convolutionInputGradient(
        shape, outputGradient: spread, map: map, flippedWeights: memory.derived[derived],
        inputGradient: inputGradient.from(input.origin), rowStride: input.rowStride)
    }
  }

  /// Copies an output gradient to where the convolution's backward pass wants it; the margin there stays 0.
  private func copy(_ gradient: Floats, _ layout: FeatureLayout, to spread: Floats, _ map: GradientMap) {
    for y in 0..<layout.height {
      for x in 0..<layout.width {
        let source = layout.offset(channel: 0, y: y, x: x)
        let target = map.origin + y * map.lineStride + x * map.pixelStride
        (spread.baseAddress! + target).update(
          from: gradient.baseAddress! + source, count: layout.channelStride)
      }
    }
  }

  /// What a stage's ReLU and dropouts did to its output, done to the gradient of its output.
  private func maskImageGradient(_ index: Int, _ gradient: Floats, position: Int, worker: Int) {
    let layout = plan.stages[index].output
    maskGradient(
      index, Rows(gradient, stride: layout.imageStride),
      result: Rows(activations.image(index, position: position, worker: worker), stride: layout.imageStride),
      rowCount: 1, columns: layout.paddedCount, firstIndex: position * layout.imageStride)
  }
}
