// The backward pass of layer normalisation, for one image's map; see KernelInterface/PixelNormalization.swift.
//
// The gradients of scale and bias are sums over pixels. Their loops run along a row with a vector of channels, whose
// sums stay in registers. The input's gradient has sums over channels, and its loops run over the channels of a pixel.

import KernelInterface

extension KernelTable {
  /// scaleGradient[c] += Σ g · x̂ and biasGradient[c] += Σ g
  public static func addPixelNormalizationSums(_ problem: PixelNormalizationGradient) {
    let channels = CountedChannels(problem.channelCount)
    for y in 0..<problem.input.height {
      for channel in vectorStarts(channels.last) {
        let sums = rowSums(problem, y, channel)
        addBlock(sums.products, to: problem.scaleGradient + channel)
        addBlock(sums.gradients, to: problem.biasGradient + channel)
      }
      let sums = rowSums(problem, y, channels.last)
      addBlock(channels.counted(sums.products), to: problem.scaleGradient + channels.last)
      addBlock(channels.counted(sums.gradients), to: problem.biasGradient + channels.last)
    }
  }

  /// output ← inverseDeviation · (ĝ − mean of ĝ − x̂ · mean of ĝ · x̂), or output += that.
  public static func pixelNormalizationInputGradient(
    _ problem: PixelNormalizationGradient, output: MapRegion, accumulates: Bool
  ) {
    if accumulates {
      writeInputGradient(problem, output) { load($0) }
    } else {
      writeInputGradient(problem, output) { _ in Vector.zero }
    }
  }
}

/// Returns Σ g · x̂ and Σ g of a vector of channels over a row, which is a block of the whole sum.
@inline(__always)
private func rowSums(
  _ problem: PixelNormalizationGradient, _ y: Int, _ channel: Int
) -> (products: Vector, gradients: Vector) {
  let width = problem.input.width
  var source = problem.input.pixel(y, 0) + channel
  var gradient = problem.gradient.pixel(y, 0) + channel
  var (products, gradients) = (Vector.zero, Vector.zero)
  for index in y &* width..<(y &+ 1) &* width {
    let g = load(gradient)
    let mean = Vector(repeating: problem.statistics.mean[index])
    let inverse = Vector(repeating: problem.statistics.inverseDeviation[index])
    gradients += g
    multiplyAdd(&products, g, (load(source) - mean) * inverse)
    source += problem.input.pixelStride
    gradient += problem.gradient.pixelStride
  }
  return (products, gradients)
}

@inline(__always)
private func addBlock(_ sum: Vector, to target: UnsafeMutablePointer<Float>) {
  store(load(target) + sum, target)
}

@inline(__always)
private func writeInputGradient(
  _ problem: PixelNormalizationGradient, _ output: MapRegion, _ start: (UnsafePointer<Float>) -> Vector
) {
  let (input, channels) = (problem.input, CountedChannels(problem.channelCount))
  for y in 0..<input.height {
    for x in 0..<input.width {
      let target = output.pixel(y, x)
      let share = PixelShare(problem, y, x, channels)
      for channel in vectorStarts(channels.last) {
        store(start(target + channel) + share.gradient(channel), target + channel)
      }
      let last = channels.counted(start(target + channels.last) + share.gradient(channels.last))
      store(last, target + channels.last)
      channels.clearPadding(of: target, channels: input.channels)
    }
  }
}

/// The input gradient of a pixel as a linear function of ĝ and x − mean:
///
///     inverse · ĝ − inverse³ · (mean of ĝ · (x − mean)) · (x − mean) − inverse · mean of ĝ
private struct PixelShare {
  private let products: GradientProducts
  private let gradientFactor: Vector
  private let deviationFactor: Vector
  private let constant: Vector

  @inline(__always)
  init(_ problem: PixelNormalizationGradient, _ y: Int, _ x: Int, _ channels: CountedChannels) {
    let index = y &* problem.input.width &+ x
    let gradients = ScaledGradients(gradient: problem.gradient.pixel(y, x), scale: problem.scale)
    products = GradientProducts(
      gradients: gradients, pixel: problem.input.pixel(y, x),
      mean: Vector(repeating: problem.statistics.mean[index]))
    let inverse = problem.statistics.inverseDeviation[index]
    let product = channels.mean(of: products) * inverse
    gradientFactor = Vector(repeating: inverse)
    deviationFactor = Vector(repeating: -(product * inverse) * inverse)
    constant = Vector(repeating: -(channels.mean(of: gradients) * inverse))
  }

  @inline(__always)
  func gradient(_ channel: Int) -> Vector {
    var sum = constant
    multiplyAdd(&sum, products.deviation(channel), deviationFactor)
    multiplyAdd(&sum, products.gradients.scaled(channel), gradientFactor)
    return sum
  }
}

/// ĝ = scale[c] · g
private struct ScaledGradients: PixelTerms {
  let gradient: UnsafePointer<Float>
  let scale: UnsafePointer<Float>

  @inline(__always)
  func scaled(_ channel: Int) -> Vector { load(gradient + channel) * load(scale + channel) }

  @inline(__always)
  func add(_ channel: Int, to sum: inout Vector) {
    multiplyAdd(&sum, load(gradient + channel), load(scale + channel))
  }
}

/// ĝ · (x − mean)
private struct GradientProducts: PixelTerms {
  let gradients: ScaledGradients
  let pixel: UnsafePointer<Float>
  let mean: Vector

  @inline(__always)
  func deviation(_ channel: Int) -> Vector { load(pixel + channel) - mean }

  @inline(__always)
  func add(_ channel: Int, to sum: inout Vector) {
    multiplyAdd(&sum, gradients.scaled(channel), deviation(channel))
  }
}
