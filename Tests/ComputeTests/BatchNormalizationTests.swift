// The pieces of batch normalisation put together for a small batch, against the formula in Double and its central
// differences. Only this test shows that the pieces fit together.

import Compute
import KernelInterface
import Testing

@Suite struct BatchNormalizationTests {
  @Test(arguments: InstructionSet.supported, [nil, .gelu, .tanh] as [Activation?])
  func gradientsOfABatchAreCentralDifferences(instructionSet: InstructionSet, activation: Activation?) {
    let batch = Batch(activation: activation)
    let result = EngineBatch(batch, engine(instructionSet))
    let outputs = batch.outputs(batch.x, batch.scale, batch.shift)
    for (index, output) in outputs.enumerated() {
      #expect(abs(Double(result.outputs[index]) - output) <= batch.bound, "output \(index)")
    }
    for index in stride(from: 0, to: batch.x.count, by: 7) {
      let slope = difference { batch.loss(batch.x.adding($0, at: index), batch.scale, batch.shift) }
      #expect(abs(Double(result.inputGradient[index]) - slope) <= batch.bound, "input \(index)")
    }
    for channel in 0..<batch.channels {
      let scaleSlope = difference { batch.loss(batch.x, batch.scale.adding($0, at: channel), batch.shift) }
      #expect(abs(Double(result.scaleGradient[channel]) - scaleSlope) <= batch.bound, "scale \(channel)")
      let shiftSlope = difference { batch.loss(batch.x, batch.scale, batch.shift.adding($0, at: channel)) }
      #expect(abs(Double(result.shiftGradient[channel]) - shiftSlope) <= batch.bound, "shift \(channel)")
    }
  }

  /// The derivative at 0. The error is 10⁻⁸ times the third derivative, plus 10⁻¹² from rounding in Double.
  private func difference(_ function: (Double) -> Double) -> Double {
    (function(1e-4) - function(-1e-4)) / 2e-4
  }
}

extension [Double] {
  fileprivate func adding(_ difference: Double, at index: Int) -> [Double] {
    var result = self
    result[index] += difference
    return result
  }
}

/// act(γ x̂ + β) for some images, and the weighted sum of the outputs as a loss, in Double from values that are Floats.
private struct Batch {
  let imageCount = 3
  let size = MapSize(height: 4, width: 5, channels: 16)
  let epsilon = 1e-5
  let activation: Activation?
  let x: [Double]
  let scale: [Double]
  let shift: [Double]
  let weights: [Double]

  init(activation: Activation?) {
    self.activation = activation
    // Channels far from 0 and close to it.
    x = randomFloats(imageCount * size.count, seed: 31).enumerated().map { index, value in
      Double(value * 2 + Float(index % 16) - 4)
    }
    scale = randomFloats(size.channels, seed: 32).map { Double($0 + 1.5) }
    shift = randomFloats(size.channels, seed: 33).map { Double($0) }
    weights = randomFloats(imageCount * size.count, seed: 34).map { Double($0) }
  }

  var channels: Int { size.channels }
  /// The number of values of a channel.
  var count: Int { imageCount * size.pixelCount }

  /// Every result consists of sums of `count` products of factors below 4, with some 40 more roundings. The error of x̂
  /// includes that of the mean, which is up to 12.
  var bound: Double { Double(count + 40) * Rounded.unit * 16 + 1e-7 }

  func outputs(_ x: [Double], _ scale: [Double], _ shift: [Double]) -> [Double] {
    var result = x
    for channel in 0..<channels {
      let indices = stride(from: channel, to: x.count, by: channels)
      let mean = indices.reduce(0) { $0 + x[$1] } / Double(count)
      let variance = indices.reduce(0) { $0 + (x[$1] - mean) * (x[$1] - mean) } / Double(count)
      for index in indices {
        let normalized = (x[index] - mean) / (variance + epsilon).squareRoot()
        let linear = scale[channel] * normalized + shift[channel]
        result[index] = activation?.reference(linear) ?? linear
      }
    }
    return result
  }

  func loss(_ x: [Double], _ scale: [Double], _ shift: [Double]) -> Double {
    zip(outputs(x, scale, shift), weights).reduce(0) { $0 + $1.0 * $1.1 }
  }
}

/// The same, computed by the engine one image at a time.
private struct EngineBatch {
  private(set) var outputs: [Float] = []
  private(set) var inputGradient: [Float] = []
  let scaleGradient: [Float]
  let shiftGradient: [Float]

  init(_ batch: Batch, _ engine: Engine) {
    let (size, channels) = (batch.size, batch.channels)
    func maps(_ values: [Double]) -> [FloatBuffer] {
      (0..<batch.imageCount).map { image in
        buffer(values[image * size.count..<(image + 1) * size.count])
      }
    }
    let (inputs, gradients) = (maps(batch.x), maps(batch.weights))
    func map(_ memory: FloatBuffer) -> FeatureMap {
      FeatureMap(memory.floats, height: size.height, width: size.width, channels: channels)
    }
    let (imageMean, imageSquares) = (FloatBuffer(count: channels), FloatBuffer(count: channels))
    var moments = ChannelMoments(channels: channels)
    for input in inputs {
      engine.channelMoments(map(input), mean: imageMean.floats, squaredDeviations: imageSquares.floats)
      moments.add(mean: imageMean.floats, squaredDeviations: imageSquares.floats, count: size.pixelCount)
    }
    let inverses = (0..<channels).map { 1 / (moments.variance($0) + batch.epsilon).squareRoot() }
    let factors = (0..<channels).map { batch.scale[$0] * inverses[$0] }
    let scale = buffer(factors[...])
    let shift = buffer((0..<channels).map { batch.shift[$0] - moments.means[$0] * factors[$0] }[...])
    let (mean, inverse) = (buffer(moments.means[...]), buffer(inverses[...]))
    let (gradientSum, productSum) = (FloatBuffer(count: channels), FloatBuffer(count: channels))
    let function = NormalizationFunction(
      scale: scale.floats, shift: shift.floats, activation: batch.activation)
    let output = FloatBuffer(count: size.count)
    for (input, gradient) in zip(inputs, gradients) {
      engine.normalize(map(input), function, output: map(output))
      outputs += output.floats
      engine.normalizeBackward(
        map(input), function, gradient: map(gradient), mean: mean.floats, inverseDeviation: inverse.floats,
        gradientSum: gradientSum.floats, productSum: productSum.floats)
    }
    shiftGradient = Array(gradientSum.floats)
    scaleGradient = Array(productSum.floats)
    // x′ = γ / σ · (g − mean of g − x̂ · mean of g x̂), as a function of g and x.
    let shares = productSum.floats.map { Double($0) / Double(batch.count) }
    let inputFactors = (0..<channels).map { -factors[$0] * inverses[$0] * shares[$0] }
    let constants = (0..<channels).map {
      -factors[$0] * Double(gradientSum.floats[$0]) / Double(batch.count) - inputFactors[$0]
        * moments.means[$0]
    }
    let (inputFactor, constant) = (buffer(inputFactors[...]), buffer(constants[...]))
    for (input, gradient) in zip(inputs, gradients) {
      engine.normalizeInputGradient(
        gradient: map(gradient), input: map(input), gradientFactor: scale.floats,
        inputFactor: inputFactor.floats, constant: constant.floats, output: map(gradient))
      inputGradient += gradient.floats
    }
    withExtendedLifetime((shift, mean, inverse, inputFactor, constant)) {}
  }
}

private func buffer(_ values: ArraySlice<Double>) -> FloatBuffer {
  let memory = FloatBuffer(count: values.count)
  for (index, value) in values.enumerated() { memory.floats[index] = Float(value) }
  return memory
}
