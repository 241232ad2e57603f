// Normalised pixels: networks see the values that PyTorch computes.

import Compute
import Networks
import TensorStream
import Testing

@testable import Execution

@Suite struct PixelScalingTests {
  @Test func theTableHasTheValuesThatPyTorchComputes() throws {
    let scaling = try PixelScaling(means: [0.286], deviations: [0.353])
    let table = scaling.table(channels: 1)
    for byte in 0..<256 { #expect(table[byte] == (Float(byte) / 255 - 0.286) / 0.353) }
    let colours = try PixelScaling(means: [0.1, 0.2, 0.3], deviations: [0.5])
    #expect(colours.table(channels: 3)[512 + 255] == (Float(255) / 255 - Float(0.3)) / Float(0.5))
  }

  @Test func invalidScalingsAreRefused() {
    #expect(throws: PixelScalingError.notNumbers) { try PixelScaling(means: [.nan], deviations: [1]) }
    #expect(throws: PixelScalingError.notNumbers) { try PixelScaling(means: [0], deviations: [0]) }
    #expect(throws: PixelScalingError.notNumbers) { try PixelScaling(means: [], deviations: [1]) }
    #expect(throws: PixelScalingError.wrongCount(what: "mean", count: 2, channels: 1)) {
      try PixelScaling(means: [0, 0], deviations: [1]).check(channels: 1)
    }
  }

  /// Images that a dense layer reads, and convolutions with a margin, of plain and of padded channels. The expected
  /// logits are those of the naive network for pixels that are scaled here.
  @Test(
    arguments: [
      "linear:5 relu", "conv:4", "pool conv:4", "residual( conv:3 | conv:3 ) relu", "relu",
      "dropout:0.2 relu conv:4",
      "relu residual( conv:1 | conv:1,bias=no )",
    ], [1, 3])
  func scaledPixelsGiveTheLogitsOfTheNaiveNetwork(_ specification: String, _ channels: Int) throws {
    let input = ImageShape(height: 6, width: 5, channels: channels)
    let architecture = try Architecture(specification: specification, input: input, classCount: 3)
    let scaling = try PixelScaling(
      means: channels == 1 ? [0.25] : [0.25, 0.5, 0], deviations: channels == 1 ? [0.5] : [0.5, 0.25, 1])
    let parameters = Initialization.kaiming.parameters(for: architecture, seed: 7)
    let images = (0..<2 * input.byteCount).map { UInt8(truncatingIfNeeded: $0 &* 37 &+ 11) }
    func network(_ scaling: PixelScaling) -> Network {
      let network = Network(
        architecture, batchCapacity: 2, forTraining: false, engine: Engine(instructionSet: .best, jobs: 1),
        scaling: scaling)
      network.importParameters(parameters)
      return network
    }
    let scaled = images.withUnsafeBufferPointer { network(scaling).logits(ImageBatch(bytes: $0, count: 2)) }
    let plain = images.withUnsafeBufferPointer { network(.none).logits(ImageBatch(bytes: $0, count: 2)) }
    #expect(scaled != plain)
    let pixels = images.enumerated().map { index, byte in
      let (mean, deviation) = scaling.channel(index % channels)
      return (Double(byte) / 255 - Double(mean)) / Double(deviation)
    }
    let expected = NaiveNetwork<Double>(architecture, parameters: parameters).forward(pixels, batch: 2).logits
    #expect(scaled.count == expected.count)
    // Sums of at most 120 products of the order of 1 in Float are off by far less.
    for (value, exact) in zip(scaled, expected) { #expect(abs(Double(value) - exact) <= 1e-4) }
    #expect(
      images.withUnsafeBufferPointer {
        network(try! PixelScaling(means: [0], deviations: [1])).logits(ImageBatch(bytes: $0, count: 2))
      } == plain)
  }
}
