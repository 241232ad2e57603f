// The protocols of steps, and the network's methods that steps use. A step is an outline with its memory laid out. Each
// kind has a file, with its forward and its backward pass side by side.

import Compute
import KernelInterface
import Networks

/// A step that works on one image at a time.
protocol ImageStep: Sendable {
  /// The node's name, for messages.
  var name: String { get }
  /// Its output; `nil` if it only computes sums.
  var output: ValuePlan? { get }
  /// Whether it has anything to do in the backward pass.
  var goesBackward: Bool { get }

  /// Writes the output for an image.
  func forward(_ place: ImagePlace, _ network: Network)
  /// Called after the last image of a batch, before the next segment.
  func finishForward(batch: Int, _ network: Network)
  /// Reads the gradient of the output, adds up those of the parameters, and gives the inputs their shares.
  func backward(_ place: ImagePlace, _ network: Network)
  /// Called before the first image of a chunk.
  func beginChunk(_ chunk: Int, _ network: Network)
  /// Writes the gradients of the parameters after the backward pass of all images. `chunks` are those of this process.
  func finishBackward(batch: Int, chunks: Range<Int>, _ network: Network)
  /// Folds the normalisation that follows into the weights, if the step has one.
  func foldNormalization(_ network: Network)
  /// Recomputes what is derived from the parameters. Called whenever they change.
  func updateDerived(_ network: Network)
}

extension ImageStep {
  func finishForward(batch: Int, _ network: Network) {}
  func beginChunk(_ chunk: Int, _ network: Network) {}
  func finishBackward(batch: Int, chunks: Range<Int>, _ network: Network) {}
  func foldNormalization(_ network: Network) {}
  func updateDerived(_ network: Network) {}

  /// Whether it has anything to do in the backward pass now: not if it is before the first layer that still learns.
  func goesBackward(_ network: Network) -> Bool {
    goesBackward && output.map(network.learns) ?? true
  }
}

/// A step that works on several images at a time, and divides the batch among the threads itself.
protocol BatchStep: Sendable {
  /// Its output.
  var output: ValuePlan { get }

  /// Writes the output for a batch.
  func forward(batch: Int, _ network: Network)
  /// Reads the gradient of the output, writes those of the parameters, and gives the inputs their shares.
  func backward(batch: Int, _ network: Network)
  /// Folds the normalisation that follows into the weights, if the step has one.
  func foldNormalization(_ network: Network)
  /// Recomputes what is derived from the parameters. Called whenever they change.
  func updateDerived(_ network: Network)
}

extension Network {
  // MARK: - Values

  /// Returns a value for one image, with its margin.
  func image(_ value: ValuePlan, _ place: ImagePlace) -> Floats {
    Floats(rebasing: memory.floats(value.array, place)[..<value.layout.paddedCount])
  }

  /// Returns a value for the whole batch.
  func rows(_ value: ValuePlan) -> Rows {
    Rows(memory.floats(value.array).all, stride: value.layout.imageStride)
  }

  /// Returns the rows of this process's images.
  func ownRows(_ value: ValuePlan) -> Rows { own(rows(value)) }
  func ownGradientRows(_ value: ValuePlan) -> Rows { own(gradientRows(value)) }

  private func own(_ rows: Rows) -> Rows {
    Rows(rows.floats.from(share.own.lowerBound * rows.stride), stride: rows.stride)
  }

  /// target ← the sum of the parts in `own`, added to the sum of the processes before this one.
  func sum(_ parts: Parts<Float>, _ own: Range<Int>, to target: Floats) {
    let all = parts.all.from(own.lowerBound * parts.partCount)
    share.passOn(target) { piece, begins in
      engine.sumParts(all, count: own.count, to: target, piece: piece, begins: begins)
    }
  }

  /// Returns the gradient of a value for one image, with its margin.
  func gradientImage(_ value: ValuePlan, _ place: ImagePlace) -> Floats {
    guard let gradient = value.gradient else { preconditionFailure("\(value.name) has no gradient") }
    return Floats(rebasing: memory.floats(gradient, place)[..<value.layout.paddedCount])
  }

  /// Returns the gradient of a value for the whole batch.
  func gradientRows(_ value: ValuePlan) -> Rows {
    guard let gradient = value.gradient else { preconditionFailure("\(value.name) has no gradient") }
    return Rows(memory.floats(gradient).all, stride: value.layout.imageStride)
  }

  /// Returns the pixels of a value's map for one image.
  func map(_ value: ValuePlan, _ place: ImagePlace) -> FeatureMap { value.layout.map(image(value, place)) }

  /// Returns the pixels of the map of a value's gradient for one image.
  func gradientMap(_ value: ValuePlan, _ place: ImagePlace) -> FeatureMap {
    value.layout.map(gradientImage(value, place))
  }

  // MARK: - In place

  /// Applies a value's dropouts to one image.
  func dropOut(_ value: ValuePlan, _ place: ImagePlace) {
    let masks = masks(value)
    guard !masks.isEmpty else { return }
    let stride = value.layout.imageStride
    let image = image(value, place)
    for mask in masks {
      engine.drop(
        Rows(image, stride: stride), rowCount: 1, columns: image.count, firstIndex: place.position * stride,
        mask: mask)
    }
  }

  /// Completes a reader's share of a value's gradient for one image. The last reader passes the gradient back through
  /// the value's ReLU and dropouts.
  func finish(_ input: Input, _ place: ImagePlace) {
    guard let share = share(of: input), share.finishes else { return }
    let (value, stride) = (input.value, input.value.layout.imageStride)
    let gradient = gradientImage(value, place)
    let result = value.rectifies ? image(value, place) : gradient
    undo(
      value, Rows(gradient, stride: stride), result: Rows(result, stride: stride), rowCount: 1,
      columns: gradient.count, firstIndex: place.position * stride)
  }

  /// Passes a part of a value's gradient back through the value's ReLU and dropouts.
  func undo(
    _ value: ValuePlan, _ gradient: Rows, result: Rows, rowCount: Int, columns: Int, firstIndex: Int
  ) {
    let masks = masks(value)
    if value.rectifies {
      let scale = masks.reduce(1) { $0 * $1.scale }
      engine.rectifyBackward(gradient, result: result, rowCount: rowCount, columns: columns, scale: scale)
    } else {
      for mask in masks {
        engine.drop(gradient, rowCount: rowCount, columns: columns, firstIndex: firstIndex, mask: mask)
      }
    }
  }

  // MARK: - Parameters

  func weights(_ slices: ParameterSlices) -> Floats {
    slices.learnsWeights ? parameters[slices.weights] : constants[slices.weights]
  }

  func bias(_ slices: ParameterSlices) -> Floats {
    slices.learnsBias ? parameters[slices.bias] : constants[slices.bias]
  }
}

// MARK: - Padded channels

extension FeatureMap {
  /// Sets the channels from `first` on to 0: those that only fill up a lane. They hold zeros, so the weights that read
  /// them learn nothing.
  func clearChannels(from first: Int) {
    for y in 0..<height {
      for x in 0..<width {
        let pixel = y * rowStride + x * pixelStride
        floats[pixel + first..<pixel + channels].update(repeating: 0)
      }
    }
  }
}
