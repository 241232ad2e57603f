// The naive network's layer normalisation: a function of each pixel's channels.

import Networks

extension NaiveNetwork {
  /// The indices of a pixel's values in [batch, channels, height, width], their statistics, and the normalised values.
  private struct Pixel {
    let places: [Int]
    let mean: Scalar
    let deviation: Scalar
    let normals: [Scalar]

    init(_ values: [Scalar], _ places: [Int], epsilon: Double) {
      self.places = places
      let count = Scalar(places.count)
      let mean = places.reduce(0) { $0 + values[$1] } / count
      let variance = places.reduce(0) { $0 + (values[$1] - mean) * (values[$1] - mean) } / count
      let deviation = (variance + Scalar(epsilon)).squareRoot()
      (self.mean, self.deviation) = (mean, deviation)
      normals = places.map { (values[$0] - mean) / deviation }
    }
  }

  private func pixels(
    _ values: [Scalar], _ index: Int, _ normalization: LayerNormalization, batch: Int
  ) -> [Pixel] {
    let extents = Extents(architecture.nodes[index].input)
    let area = extents.height * extents.width
    return (0..<batch * area).map { number in
      let (image, pixel) = number.quotientAndRemainder(dividingBy: area)
      let places = (0..<extents.channels).map { (image * extents.channels + $0) * area + pixel }
      return Pixel(values, places, epsilon: normalization.epsilon)
    }
  }

  func normalizePixels(
    _ input: [Scalar], _ index: Int, _ normalization: LayerNormalization, _ pass: inout Pass
  ) -> [Scalar] {
    let (scale, bias) = (parameters[firstParameter[index]], parameters[firstParameter[index] + 1])
    var output = input
    for pixel in pixels(input, index, normalization, batch: pass.batch) {
      // With a smaller variance, differences and rounding errors are too large. A single channel is always its own
      // mean.
      if pixel.places.count > 1, Double(pixel.deviation * pixel.deviation) < Self.leastVariance {
        pass.margin = 0
      }
      pass.condition = max(pass.condition, 1 + Double(abs(pixel.mean / pixel.deviation)))
      for (channel, place) in pixel.places.enumerated() {
        output[place] = scale[channel] * pixel.normals[channel] + bias[channel]
      }
    }
    if pass.condition > Self.largestCondition { pass.margin = 0 }
    return output
  }

  func normalizePixelsBackward(
    _ gradient: [Scalar], _ input: [Scalar], _ index: Int, _ normalization: LayerNormalization, _ batch: Int,
    _ gradients: inout Gradients
  ) -> [Scalar] {
    let first = firstParameter[index]
    let scale = parameters[first]
    var share = gradient
    for pixel in pixels(input, index, normalization, batch: batch) {
      var (sum, productSum): (Scalar, Scalar) = (0, 0)
      for (channel, place) in pixel.places.enumerated() {
        let term = gradient[place] * pixel.normals[channel]
        if normalization.learnsScale { gradients.add(term, first, channel) }
        gradients.add(gradient[place], first + 1, channel)
        sum += scale[channel] * gradient[place]
        productSum += scale[channel] * term
      }
      let count = Scalar(pixel.places.count)
      let throughMean = mistakenFactor(index, .throughMean) * sum / count
      let throughVariance = mistakenFactor(index, .throughVariance) * productSum / count
      for (channel, place) in pixel.places.enumerated() {
        share[place] =
          (scale[channel] * gradient[place] - throughMean - pixel.normals[channel] * throughVariance)
          / pixel.deviation
      }
    }
    return share
  }
}
