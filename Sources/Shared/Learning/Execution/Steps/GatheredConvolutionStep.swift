// A convolution of a small map with many channels, to which Winograd's algorithm does not apply. It takes the whole
// batch, several images at a time, so that its weights are read once for all of them
// (Compute/GatheredConvolution.swift).

import Compute
import KernelInterface

struct GatheredConvolutionStep: BatchStep {
  let plan: ConvolutionPlan
  /// For each worker, the patches of several images. `rows` has the rows of a product's result.
  let patches: ArrayID
  let rows: ArrayID
  let gradient: Gradient?

  /// The memory of the backward pass, for each worker.
  struct Gradient {
    let map: GradientMap
    /// The output gradient of an image, spread out with a margin.
    let spread: ArrayID
    /// The output gradients of several images, as rows.
    let rows: ArrayID
  }

  /// The images of one product. With nine pixels each, their patches fill half of a second-level cache of 2 MiB.
  static let imageCount = 8

  var output: ValuePlan { plan.output }

  func foldNormalization(_ network: Network) { plan.foldNormalization(network) }

  func updateDerived(_ network: Network) { plan.updateDerived(network) }

  // MARK: - Forward

  func forward(batch: Int, _ network: Network) {
    let images = network.share.own
    let tasks = (images.count + Self.imageCount - 1) / Self.imageCount
    network.engine.workers.forEach(tasks) { task, worker in
      let first = images.lowerBound + task * Self.imageCount
      let positions = first..<min(first + Self.imageCount, images.upperBound)
      forward(positions.map { ImagePlace(position: $0, chunk: 0, worker: worker) }, network)
    }
  }

  private func forward(_ places: [ImagePlace], _ network: Network) {
    let (shape, layout) = (plan.shape, output.layout)
    let patches = gather(places, network)
    let rows = network.memory.floats(self.rows, places[0])
    network.engine.convolveGathered(
      shape, pixelCount: places.count * shape.outputPixels, patches: patches,
      weights: network.weights(plan.slices), bias: network.bias(plan.slices), output: rows,
      rectifies: output.rectifies)
    for (index, place) in places.enumerated() {
      network.engine.copyMap(
        map(rows.from(index * shape.outputPixels * shape.outputChannels), like: layout),
        to: network.map(output, place))
      network.dropOut(output, place)
    }
  }

  /// Gathers and returns the patches of some images, one image after another.
  private func gather(_ places: [ImagePlace], _ network: Network) -> Floats {
    let patches = network.memory.floats(self.patches, places[0])
    let count = plan.shape.outputPixels * plan.shape.patchLength
    for (index, place) in places.enumerated() {
      network.engine.gatherPatches(
        plan.shape, input: network.image(plan.input.value, place), patches: patches.from(index * count))
    }
    return patches
  }

  /// Returns the rows of a product as the map of an image.
  private func map(_ rows: Floats, like layout: FeatureLayout) -> FeatureMap {
    FeatureMap(rows, height: layout.height, width: layout.width, channels: layout.channelStride)
  }

  // MARK: - Backward

  func backward(batch: Int, _ network: Network) {
    let chunks = network.plan.chunks(ofBatch: batch)
    let own = network.share.numbers(ofChunks: chunks)
    network.engine.workers.forEach(own.count) { task, worker in
      let chunk = own.lowerBound + task
      plan.beginChunk(chunk, network)
      let images = chunks[chunk]
      for first in stride(from: images.lowerBound, to: images.upperBound, by: Self.imageCount) {
        let positions = first..<min(first + Self.imageCount, images.upperBound)
        backward(positions.map { ImagePlace(position: $0, chunk: chunk, worker: worker) }, network)
      }
    }
    plan.sumChunks(own, network)
  }

  private func backward(_ places: [ImagePlace], _ network: Network) {
    guard let gradient else { return }
    let (shape, layout) = (plan.shape, output.layout)
    let rows = network.memory.floats(gradient.rows, places[0])
    for (index, place) in places.enumerated() {
      network.engine.copyMap(
        network.gradientMap(output, place),
        to: map(rows.from(index * shape.outputPixels * shape.outputChannels), like: layout))
    }
    let sums = plan.sums(places[0], network)
    network.engine.addGatheredWeightGradient(
      shape, pixelCount: places.count * shape.outputPixels, patches: gather(places, network),
      outputGradient: rows, weightGradient: sums.weights, biasGradient: sums.bias)
    guard let share = network.share(of: plan.input), let derived = plan.derived else { return }
    giveInputGradient(places, gradient, share, network.training!.derived[derived], network)
  }

  private func giveInputGradient(
    _ places: [ImagePlace], _ gradient: Gradient, _ share: GradientShare, _ flipped: Floats,
    _ network: Network
  ) {
    let (shape, map) = (plan.shape, gradient.map)
    let patches = network.memory.floats(self.patches, places[0])
    let rows = network.memory.floats(self.rows, places[0])
    let spread = network.memory.floats(gradient.spread, places[0])
    for (index, place) in places.enumerated() {
      network.engine.copyMap(
        network.gradientMap(output, place),
        to: map.pixels(spread, shape))
      network.engine.gatherGradientPatches(
        shape, outputGradient: spread, map: map,
        patches: patches.from(index * shape.inputPixels * shape.gradientPatchLength))
    }
    network.engine.gatheredInputGradient(
      shape, pixelCount: places.count * shape.inputPixels, patches: patches, flippedWeights: flipped,
      inputGradient: rows)
    for (index, place) in places.enumerated() {
      network.give(
        self.map(rows.from(index * shape.inputPixels * shape.inputChannels), like: plan.input.value.layout),
        share, of: plan.input.value, place)
      network.finish(plan.input, place)
    }
  }
}
