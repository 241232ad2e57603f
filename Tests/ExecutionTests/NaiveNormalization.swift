// The naive network's batch normalisation: a function of the whole batch, not of an image.

import Networks

extension NaiveNetwork {
  /// If a channel has less variance than this, differences and rounding errors are too large to compare.
  static var leastVariance: Double { 1e-3 }
  /// The largest `condition` of a pass that can be compared: no mean may exceed 10 standard deviations.
  static var largestCondition: Double { 11 }

  /// The mean and variance of a channel's values over the batch. The variance divides by their number.
  func moments(_ input: [Scalar], _ extents: Extents, channel: Int, batch: Int) -> (
    mean: Scalar, variance: Scalar
  ) {
    var values: [Scalar] = []
    forEachValue(extents, channel, batch) { values.append(input[$0]) }
    let mean = values.reduce(0, +) / Scalar(values.count)
    return (mean, values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Scalar(values.count))
  }

  private func forEachValue(_ extents: Extents, _ channel: Int, _ batch: Int, _ body: (Int) -> Void) {
    let pixels = extents.height * extents.width
    for image in 0..<batch {
      for pixel in 0..<pixels { body((image * extents.channels + channel) * pixels + pixel) }
    }
  }

  /// The mean that the normalisation subtracts from a channel, and the variance that it divides by.
  private func statistics(
    _ input: [Scalar], _ index: Int, channel: Int, batch: Int
  ) -> (mean: Scalar, variance: Scalar) {
    let first = firstParameter[index]
    guard usesBatchStatistics else { return (parameters[first + 2][channel], parameters[first + 3][channel]) }
    return moments(input, Extents(architecture.nodes[index].input), channel: channel, batch: batch)
  }

  func normalize(
    _ input: [Scalar], _ index: Int, _ normalization: BatchNormalization, _ pass: inout Pass, learned: Bool
  ) -> [Scalar] {
    let extents = Extents(architecture.nodes[index].input)
    let (scale, bias) = (parameters[firstParameter[index]], parameters[firstParameter[index] + 1])
    var output = input
    for channel in 0..<extents.channels {
      let (mean, variance) = statistics(input, index, channel: channel, batch: pass.batch)
      if Double(variance) < Self.leastVariance { pass.margin = 0 }
      let deviation = (variance + Scalar(normalization.epsilon)).squareRoot()
      pass.condition = max(pass.condition, 1 + Double(abs(mean / deviation)))
      forEachValue(extents, channel, pass.batch) {
        output[$0] = scale[channel] * (input[$0] - mean) / deviation + bias[channel]
      }
    }
    if pass.condition > Self.largestCondition { pass.margin = 0 }
    return output
  }

  func normalizeBackward(
    _ gradient: [Scalar], _ input: [Scalar], _ index: Int, _ normalization: BatchNormalization, _ batch: Int,
    _ gradients: inout Gradients
  ) -> [Scalar] {
    let extents = Extents(architecture.nodes[index].input)
    let first = firstParameter[index]
    let count = Scalar(batch * extents.height * extents.width)
    var share = gradient
    for channel in 0..<extents.channels {
      let (mean, variance) = statistics(input, index, channel: channel, batch: batch)
      let deviation = (variance + Scalar(normalization.epsilon)).squareRoot()
      var (sum, productSum): (Scalar, Scalar) = (0, 0)
      forEachValue(extents, channel, batch) { place in
        let normal = (input[place] - mean) / deviation
        sum += gradient[place]
        productSum += gradient[place] * normal
        if normalization.learnsScale { gradients.add(gradient[place] * normal, first, channel) }
        gradients.add(gradient[place], first + 1, channel)
      }
      let throughMean = usesBatchStatistics ? mistakenFactor(index, .throughMean) * sum / count : 0
      let throughVariance =
        usesBatchStatistics ? mistakenFactor(index, .throughVariance) * productSum / count : 0
      forEachValue(extents, channel, batch) { place in
        let normal = (input[place] - mean) / deviation
        share[place] =
          parameters[first][channel] / deviation * (gradient[place] - throughMean - normal * throughVariance)
      }
    }
    return share
  }
}
