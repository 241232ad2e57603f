// A network in Double, value by value and image by image, in PyTorch's layouts: what ours is compared with.
// It shares nothing with ours but the architecture and which values dropout drops.

import Networks
import Testing

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

struct NaiveNetwork {
  let architecture: Architecture
  /// Weights and biases in the architecture's order.
  var parameters: [[Double]]
  /// For each dropout layer, by its place in the architecture, and each image: what each value is multiplied by.
  var dropoutFactors: [Int: [[Double]]] = [:]

  init(_ architecture: Architecture, parameters: [Parameter]) {
    self.architecture = architecture
    self.parameters = parameters.map { $0.values.map(Double.init) }
  }

  /// What a ReLU or a pooling decided for each value it puts out: 1 where it passes, and which value was largest.
  typealias Decisions = [[Int]]

  /// One image's way through the network.
  struct Pass {
    var logits: [Double] = []
    var decisions: Decisions = []
    /// How far the closest decision behind a learned layer is from being another one. Exact zeros, which only ReLU and
    /// dropout leave, are no decisions: they stay what they are and pass no gradient.
    var margin = Double.infinity
  }

  /// The forward pass of image `position`, pixels [height, width, channels] in 0…1. Where decisions are given they are
  /// followed, so that every logit is a sum of products of parameters and pixels.
  func forward(_ pixels: [Double], position: Int, following given: Decisions? = nil) -> Pass {
    var pass = Pass()
    var values = channelsFirst(pixels)
    var nextParameter = 0
    for (index, placed) in architecture.layers.enumerated() {
      let learned = nextParameter > 0
      let decided = pass.decisions.count
      switch (placed.layer, placed.input, placed.output) {
      case (.convolution(let layer), .map(let height, let width, let channels), _):
        values = convolution(
          values, height, width, channels, layer, weights: parameters[nextParameter],
          bias: parameters[nextParameter + 1])
        nextParameter += 2
      case (.linear(let outputs), _, _):
        let (weights, bias) = (parameters[nextParameter], parameters[nextParameter + 1])
        let inputs = values.count
        values = (0..<outputs).map { output in
          (0..<inputs).reduce(bias[output]) { $0 + weights[output * inputs + $1] * values[$1] }
        }
        nextParameter += 2
      case (.relu, _, _):
        let passes = given?[decided] ?? values.map { $0 > 0 ? 1 : 0 }
        if learned { for value in values where value != 0 { pass.margin = min(pass.margin, abs(value)) } }
        values = zip(values, passes).map { $0 * Double($1) }
        pass.decisions.append(passes)
      case (
        .maxPool(let size, let stride), .map(let height, let width, _), .map(let outHeight, let outWidth, _)
      ):
        let windows = (0..<placed.output.count).map { output in
          let channel = output / (outHeight * outWidth)
          let top = output / outWidth % outHeight * stride
          let left = output % outWidth * stride
          return (0..<size * size).map {
            (channel * height + top + $0 / size) * width + left + $0 % size
          }
        }
        let largest = given?[decided] ?? windows.map { indexOfLargest(of: $0, in: values) }
        if learned, given == nil {
          for (window, winner) in zip(windows, largest) {
            pass.margin = min(pass.margin, lead(of: winner, over: window, in: values))
          }
        }
        values = largest.map { values[$0] }
        pass.decisions.append(largest)
      case (.dropout, _, _):
        if let factors = dropoutFactors[index] { values = zip(values, factors[position]).map { $0 * $1 } }
      case (.convolution, _, _), (.maxPool, _, _): preconditionFailure("\(placed.name) without a map")
      }
    }
    pass.logits = values
    return pass
  }

  /// [height, width, channels] → [channels, height, width]
  private func channelsFirst(_ pixels: [Double]) -> [Double] {
    let channels = architecture.input.channels
    return (0..<channels).flatMap { channel in
      stride(from: channel, to: pixels.count, by: channels).map { pixels[$0] }
    }
  }

  /// [channels, height, width] → [outChannels, outHeight, outWidth]; weights [out, in, kernel, kernel].
  private func convolution(
    _ input: [Double], _ height: Int, _ width: Int, _ channels: Int, _ layer: ConvolutionLayer,
    weights: [Double], bias: [Double]
  ) -> [Double] {
    let kernel = layer.kernelSize
    let outHeight = (height + 2 * layer.padding - kernel) / layer.stride + 1
    let outWidth = (width + 2 * layer.padding - kernel) / layer.stride + 1
    var output: [Double] = []
    for out in 0..<layer.channels {
      for y in 0..<outHeight {
        for x in 0..<outWidth {
          var sum = bias[out]
          for channel in 0..<channels {
            for r in 0..<kernel {
              let row = y * layer.stride + r - layer.padding
              guard row >= 0, row < height else { continue }
              for q in 0..<kernel {
                let column = x * layer.stride + q - layer.padding
                guard column >= 0, column < width else { continue }
                sum +=
                  weights[((out * channels + channel) * kernel + r) * kernel + q]
                  * input[(channel * height + row) * width + column]
              }
            }
          }
          output.append(sum)
        }
      }
    }
    return output
  }

  /// The first of the largest.
  private func indexOfLargest(of window: [Int], in values: [Double]) -> Int {
    window.dropFirst().reduce(window[0]) { values[$1] > values[$0] ? $1 : $0 }
  }

  private func lead(of winner: Int, over window: [Int], in values: [Double]) -> Double {
    window.filter { $0 != winner && !(values[$0] == 0 && values[winner] == 0) }
      .reduce(.infinity) { min($0, values[winner] - values[$1]) }
  }
}

/// The cross-entropy of logits, in nats, and what it is made of.
struct NaiveCrossEntropy {
  let loss: Double
  let probabilities: [Double]
  let targets: [Double]

  init(_ logits: [Double], label: UInt8, smoothing: Double) {
    self.init(
      logits,
      targets: logits.indices.map {
        smoothing / Double(logits.count) + ($0 == Int(label) ? 1 - smoothing : 0)
      })
  }

  /// `targets` sum up to 1.
  init(_ logits: [Double], targets: [Double]) {
    let largest = logits.max()!
    let exponentials = logits.map { exp($0 - largest) }
    let sum = exponentials.reduce(0, +)
    probabilities = exponentials.map { $0 / sum }
    self.targets = targets
    loss = largest + log(sum) - zip(targets, logits).reduce(0) { $0 + $1.0 * $1.1 }
  }
}
