// The data that the two halves of a batch normalisation share: its parameters, and the numbers for each channel that
// make the normalisation an affine function.
//
//     x̂ = (x − mean) / √(variance + ε)        y = scale · x̂ + bias
//     x′ = scale / √(variance + ε) · (y′ − mean of y′ − x̂ · mean of y′·x̂)
//
// Ioffe & Szegedy 2015, "Batch Normalization", §3. Training uses the mean and variance of the batch, and keeps running
// ones, which predictions use. Sums within an image are in Float, those over images in Double, in the order of the
// images.

import Compute
import KernelInterface
import Networks

/// A normalisation's parameters and arrays.
struct NormalizationPlan: Sendable {
  let slices: NormalizationSlices
  let momentum: Double
  /// The channels of the network. `paddedChannels` is their number in memory.
  let channels: Int
  let paddedChannels: Int
  /// The pixels of an image; 1 for vectors.
  let pixelCount: Int
  /// Seven numbers for each channel; see ``Coefficients``. `nil` if the normalisation is folded.
  let coefficients: ArrayID?
  /// For each image, each channel's mean and its sum of squared deviations.
  let moments: ArrayID?
  /// For each image, each channel's Σ y′ and Σ y′·x̂.
  let gradientSums: ArrayID?

  /// The numbers for each channel, in rows of `count`.
  struct Coefficients {
    private let floats: Floats
    private let count: Int

    init(_ floats: Floats, count: Int) {
      self.floats = floats
      self.count = count
    }

    static let rowCount = 7

    private func row(_ index: Int) -> Floats { Floats(rebasing: floats[index * count..<(index + 1) * count]) }

    /// y = scale · x + shift
    var scale: Floats { row(0) }
    var shift: Floats { row(1) }
    var mean: Floats { row(2) }
    var inverseDeviation: Floats { row(3) }
    /// x′ = gradientFactor · y′ + inputFactor · x + constant
    var gradientFactor: Floats { row(4) }
    var inputFactor: Floats { row(5) }
    var constant: Floats { row(6) }
  }

  func coefficients(_ network: Network) -> Coefficients {
    Coefficients(network.memory.floats(coefficients!).all, count: paddedChannels)
  }

  func scale(_ network: Network) -> Floats {
    slices.learnsScale ? network.parameters[slices.scale] : network.constants[slices.scale]
  }

  // MARK: - Forward

  /// Computes the coefficients of the forward pass from the batch's statistics. In a training step, the running
  /// statistics are updated later, once the loss is known to be finite. If statistics are estimated, there is no loss
  /// to wait for.
  func takeBatchStatistics(batch: Int, _ network: Network) {
    network.share.gather(network.memory.floats(moments!))
    let sums = batchMoments(batch: batch, network)
    setCoefficients(network) { channel in
      (sums.means[channel], sums.variance(channel))
    }
    if network.statisticsShare != nil { follow(sums, network) }
  }

  /// Updates the running statistics with those of the current batch. Its moments are combined a second time, which
  /// costs little compared with the passes over its maps.
  func followBatch(batch: Int, _ network: Network) {
    guard network.usesBatchStatistics else { return }
    follow(batchMoments(batch: batch, network), network)
  }

  private func batchMoments(batch: Int, _ network: Network) -> ChannelMoments {
    let parts = network.memory.floats(moments!)
    var sums = ChannelMoments(channels: paddedChannels)
    for position in 0..<batch {
      let image = parts[position]
      sums.add(
        mean: Floats(rebasing: image[..<paddedChannels]), squaredDeviations: image.from(paddedChannels),
        count: pixelCount)
    }
    return sums
  }

  private func follow(_ sums: ChannelMoments, _ network: Network) {
    let (mean, variance) = (network.constants[slices.mean], network.constants[slices.variance])
    let share = network.statisticsShare ?? momentum
    for channel in 0..<channels {
      mean[channel] = Self.followed(mean[channel], sums.means[channel], share)
      // The variance of a sample, which does not exist for one value.
      if sums.count > 1 {
        variance[channel] = Self.followed(variance[channel], sums.unbiasedVariance(channel), share)
      }
    }
    if network.statisticsShare == nil { network.constants[slices.counter][0] += 1 }
  }

  private static func followed(_ running: Float, _ value: Double, _ share: Double) -> Float {
    Float((1 - share) * Double(running) + share * value)
  }

  /// Computes the coefficients of the forward pass from the running statistics.
  func takeRunningStatistics(_ network: Network) {
    let (mean, variance) = (network.constants[slices.mean], network.constants[slices.variance])
    setCoefficients(network) { (Double(mean[$0]), Double(variance[$0])) }
  }

  /// Sets the coefficients of the forward pass. Those of padded channels stay 0, so that these channels do.
  private func setCoefficients(_ network: Network, _ statistics: (Int) -> (mean: Double, variance: Double)) {
    let target = coefficients(network)
    let (scale, bias) = (scale(network), network.parameters[slices.bias])
    for channel in 0..<channels {
      let (mean, variance) = statistics(channel)
      let inverse = 1 / (variance + slices.epsilon).squareRoot()
      target.mean[channel] = Float(mean)
      target.inverseDeviation[channel] = Float(inverse)
      target.scale[channel] = Float(Double(scale[channel]) * inverse)
      target.shift[channel] = Float(Double(bias[channel]) - mean * Double(scale[channel]) * inverse)
    }
  }

  // MARK: - Backward

  /// Computes the gradients of scale and bias, and the coefficients of the input gradient. If the statistics do not
  /// depend on the batch, the input gradient is only scaled.
  func takeGradientSums(batch: Int, usesBatch: Bool, _ network: Network) {
    let parts = network.memory.floats(gradientSums!)
    network.share.gather(parts)
    let sums = summed(parts, batch: batch)
    let target = coefficients(network)
    let gradient = network.training!.gradient
    let scale = scale(network)
    let count = Double(batch * pixelCount)
    for channel in 0..<channels {
      let (sum, productSum) = (sums[channel], sums[paddedChannels + channel])
      gradient[slices.bias][channel] = Float(sum)
      if slices.learnsScale { gradient[slices.scale][channel] = Float(productSum) }
      let inverse = Double(target.inverseDeviation[channel])
      let a = Double(scale[channel]) * inverse
      let b = usesBatch ? -a * inverse * productSum / count : 0
      target.gradientFactor[channel] = Float(a)
      target.inputFactor[channel] = Float(b)
      target.constant[channel] = usesBatch ? Float(-a * sum / count - b * Double(target.mean[channel])) : 0
    }
  }

  /// Returns the images' sums, added in the order of the images.
  private func summed(_ parts: Parts<Float>, batch: Int) -> [Double] {
    var sums = [Double](repeating: 0, count: parts.partCount)
    sums.withUnsafeMutableBufferPointer { sums in
      for position in 0..<batch {
        let part = parts[position]
        for index in sums.indices { sums[index] += Double(part[index]) }
      }
    }
    return sums
  }

  // MARK: - Parameters

  func parameterPlaces() -> [ParameterPlaces] {
    func vector(_ range: Range<Int>, _ count: Int, isConstant: Bool) -> ParameterPlaces {
      ParameterPlaces(vector: range, count: count, isConstant: isConstant)
    }
    return [
      vector(slices.scale, channels, isConstant: !slices.learnsScale),
      vector(slices.bias, channels, isConstant: false),
      vector(slices.mean, channels, isConstant: true), vector(slices.variance, channels, isConstant: true),
      vector(slices.counter, 1, isConstant: true),
    ]
  }
}
