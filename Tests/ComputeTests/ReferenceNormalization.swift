// Batch normalisation of a map in Double, naively, with bounds for Float.

import Compute
import KernelInterface

/// The values of a map, [pixels, channels], and the factors that normalise its channels.
struct NormalizationProblem {
  let size: MapSize
  let values: [Float]
  /// [channels]
  let scale: [Float]
  let shift: [Float]
  /// [pixels, channels]
  let addend: [Float]?
  let activation: Activation?

  init(_ size: MapSize, hasAddend: Bool, activation: Activation?) {
    self.size = size
    values = randomFloats(size.count, seed: 11, scale: 2)
    scale = randomFloats(size.channels, seed: 12, scale: 3)
    shift = randomFloats(size.channels, seed: 13)
    addend = hasAddend ? randomFloats(size.count, seed: 14) : nil
    self.activation = activation
  }

  var description: String {
    "\(size), \(activation.map { "\($0)" } ?? "no activation"), \(addend == nil ? "nothing" : "a map") added"
  }

  /// x · scale + shift + addend of each value.
  private var linear: [Rounded] {
    values.indices.map { index in
      let channel = index % size.channels
      let x = Rounded(values[index]) * Rounded(scale[channel]) + Rounded(shift[channel])
      return addend.map { x + Rounded($0[index]) } ?? x
    }
  }

  var output: [Rounded] { linear.map { activation?.rounded($0) ?? $0 } }

  /// gradient · act′ of each value.
  func passed(_ gradient: [Float]) -> [Rounded] {
    zip(linear, gradient).map { x, g in activation.map { Rounded(g) * $0.roundedSlope(x) } ?? Rounded(g) }
  }

  /// start[c] + Σ g · (x − mean[c]) · inverseDeviation[c] over the pixels; without a mean, start[c] + Σ g.
  func sums(
    of passed: [Rounded], mean: [Float]? = nil, inverseDeviation: [Float]? = nil, startingFrom start: [Float]
  ) -> [Rounded] {
    perChannel { channel, indices in
      var terms = [Rounded(start[channel])]
      for index in indices {
        var term = passed[index]
        if let mean, let inverseDeviation {
          term =
            term * (Rounded(values[index]) - Rounded(mean[channel])) * Rounded(inverseDeviation[channel])
        }
        terms.append(term)
      }
      return .sum(terms)
    }
  }

  /// Computes a value for each channel from the indices of its pixels.
  func perChannel(_ body: (_ channel: Int, _ indices: [Int]) -> Rounded) -> [Rounded] {
    (0..<size.channels).map { channel in
      body(channel, (0..<size.pixelCount).map { $0 * size.channels + channel })
    }
  }

  /// The mean of each channel, and Σ (x − mean)².
  var moments: (means: [Rounded], squaredDeviations: [Rounded]) {
    let means = perChannel { _, indices in
      .sum(indices.map { Rounded(values[$0]) }) / Rounded(Float(indices.count))
    }
    let squares = perChannel { channel, indices in
      .sum(
        indices.map { index in
          let deviation = Rounded(values[index]) - means[channel]
          return deviation * deviation
        })
    }
    return (means, squares)
  }
}
