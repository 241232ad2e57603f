// Every gradient of small networks of every kind against central differences of a naive network's loss.

import Compute
import NetworkSamples
import Networks
import Testing

@testable import Execution

extension GradientCase {
  /// All of ChainCases.swift and GraphCases.swift.
  static let all =
    activations + normalizations + layerNormalizations + shapesOfConvolutions + otherPoolings + blocks
    + largeBatches + combinations
    + poolings + dropouts + innerConvolutions + firstConvolutions + inputsAndOutputs
}

@Suite struct GradientTests {
  @Test(arguments: GradientCase.all)
  func gradientsAreTheSlopesOfTheLoss(_ specimen: GradientCase) throws {
    try GradientProblem(specimen).expectGradientsToBeSlopes()
  }
}

extension GradientProblem {
  /// Compares the loss and every gradient with the naive network's, with every instruction set; with one thread and with
  /// three, they are the same bytes.
  func expectGradientsToBeSlopes(with instructionSets: [InstructionSet] = InstructionSet.supported) {
    expectGradients(toBe: slopes(), with: instructionSets)
  }

  /// The same by the naive network's own backward pass: for more parameters than differences are taken of.
  func expectGradientsToBeTheNaiveNetworks() {
    let gradients = naive.backward(logitGradient(pass.logits), pass).values
    expectGradients(toBe: learned(gradients), with: InstructionSet.supported)
  }

  private func expectGradients(toBe slopes: [[Double]], with instructionSets: [InstructionSet]) {
    let bounds = gradientBounds()
    for instructionSet in instructionSets {
      let place: Comment = "\(specimen) with \(instructionSet), seed \(seed)"
      let network = makeNetwork(instructionSet, jobs: 3)
      #expect(network.dropoutFactors(key, batch: specimen.batch) == naive.dropoutFactors, place)
      let result = computeGradient(network)
      #expect(abs(result.lossSum / Double(specimen.batch) - meanLoss) <= lossBound, "loss of \(place)")

      let gradients = network.export(network.trainingMemory.gradient)
      #expect(gradients.map(\.values.count) == slopes.map(\.count), place)
      for (gradient, (slope, bound)) in zip(gradients, zip(slopes, bounds)) {
        let difference = Self.firstDifference(gradient.values, slope, bounds: bound)
        #expect(difference == nil, "\(gradient.name) of \(place)")
      }
      expectTheSame(gradients, result, with: instructionSet)
    }
  }

  /// With one thread, in a network that has room for more images and has just learned from them, so that its memory is
  /// full of what no longer counts.
  private func expectTheSame(
    _ gradients: [Parameter], _ result: BatchResult, with instructionSet: InstructionSet
  ) {
    let alone = makeNetwork(instructionSet, jobs: 1, room: 2)
    let count = specimen.batch + 2
    let lit = [UInt8](repeating: 255, count: count * specimen.input.byteCount)
    lit.withUnsafeBufferPointer { images in
      [UInt8](repeating: 0, count: count).withUnsafeBufferPointer { labels in
        _ = alone.computeGradient(
          ImageBatch(bytes: images, count: count), labels: labels, smoothing: 0, dropout: key)
      }
    }
    #expect(computeGradient(alone) == result, "loss of \(specimen) with one thread")
    for (one, other) in zip(alone.export(alone.trainingMemory.gradient), gradients) {
      #expect(
        one.values.map(\.bitPattern) == other.values.map(\.bitPattern),
        "\(one.name) of \(specimen) with \(instructionSet) and one thread")
    }
  }

  /// Where a gradient is not the slope, in words. Written with `<=`, so that NaN is a difference.
  static func firstDifference(_ gradient: [Float], _ slopes: [Double], bounds: [Double]) -> String? {
    for index in slopes.indices {
      if abs(Double(gradient[index]) - slopes[index]) <= bounds[index] { continue }
      return "value \(index) is \(gradient[index]), the slope \(slopes[index]) ± \(bounds[index])"
    }
    return nil
  }
}
