// Every gradient of small networks of every kind, against central differences of a naive network's loss.

import Compute
import NetworkSamples
import Networks
import Testing

@testable import Execution

extension GradientCase {
  /// All cases of ChainCases.swift and GraphCases.swift.
  static let all =
    activations + normalizations + layerNormalizations + shapesOfConvolutions + otherPoolings + blocks
    + largeBatches + combinations + whitened
    + weighted + poolings + dropouts + innerConvolutions + firstConvolutions + inputsAndOutputs
}

@Suite struct GradientTests {
  @Test(arguments: GradientCase.all)
  func gradientsAreTheSlopesOfTheLoss(_ specimen: GradientCase) throws {
    try GradientProblem(specimen).expectGradientsToBeSlopes()
  }
}

extension GradientProblem {
  /// Compares the loss and every gradient with the naive network's, for every instruction set. One thread and three
  /// must give the same bytes.
  func expectGradientsToBeSlopes(with instructionSets: [InstructionSet] = InstructionSet.supported) {
    expectGradients(toBe: slopes(), with: instructionSets)
  }

  /// Does the same with the naive network's own backward pass. It is for networks with too many parameters for
  /// differences, and for rounded operands, whose loss has no slopes. `usesTiles` is for products of bfloat16.
  func expectGradientsToMatchTheNaiveNetwork(
    with instructionSets: [InstructionSet] = InstructionSet.supported, usesTiles: Bool? = nil
  ) {
    let gradients = naive.backward(logitGradient(pass.logits), pass).values
    expectGradients(toBe: learned(gradients), with: instructionSets, usesTiles: usesTiles)
  }

  private func expectGradients(
    toBe slopes: [[Double]], with instructionSets: [InstructionSet], usesTiles: Bool? = nil
  ) {
    let bounds = gradientBounds()
    #expect(bounds.map(\.count) == slopes.map(\.count))
    for instructionSet in instructionSets {
      let tiles = usesTiles.map { $0 ? ", with tiles" : ", with vectors" } ?? ""
      let place: Comment = "\(specimen) with \(instructionSet)\(tiles), seed \(seed)"
      let network = makeNetwork(instructionSet, jobs: 3, usesTiles: usesTiles)
      #expect(network.dropoutFactors(key, batch: specimen.batch) == naive.dropoutFactors, place)
      let result = computeGradient(network)
      #expect(abs(result.loss - meanLoss) <= lossBound, "loss of \(place)")

      let gradients = network.export(network.trainingMemory.gradient)
      #expect(gradients.map(\.values.count) == slopes.map(\.count), place)
      for (gradient, (slope, bound)) in zip(gradients, zip(slopes, bounds)) {
        let difference = Self.firstDifference(gradient.values, slope, bounds: bound)
        #expect(difference == nil, "\(gradient.name) of \(place)")
      }
      expectTheSame(
        gradients, result, by: makeNetwork(instructionSet, jobs: 1, room: 2, usesTiles: usesTiles), place)
    }
  }

  /// Expects the same results from `alone`, a network with one thread and room for two more images. It has just
  /// computed the gradient of that many, so that its memory is full of stale values.
  private func expectTheSame(
    _ gradients: [Parameter], _ result: BatchResult, by alone: Network, _ place: Comment
  ) {
    let count = specimen.batch + 2
    let lit = [UInt8](repeating: 255, count: count * specimen.input.byteCount)
    lit.withUnsafeBufferPointer { images in
      [UInt8](repeating: 0, count: count).withUnsafeBufferPointer { labels in
        _ = alone.computeGradient(
          ImageBatch(bytes: images, count: count), labels: labels, smoothing: 0, dropout: key)
      }
    }
    #expect(computeGradient(alone) == result, "loss of \(place), one thread")
    let others = alone.export(alone.trainingMemory.gradient)
    #expect(others.count == gradients.count, place)
    for (one, other) in zip(others, gradients) {
      #expect(
        one.values.map(\.bitPattern) == other.values.map(\.bitPattern), "\(one.name) of \(place), one thread")
    }
  }

  /// Describes the first value of a gradient that is not the slope; `nil` if all are. With `<=`, NaN is a difference.
  static func firstDifference(_ gradient: [Float], _ slopes: [Double], bounds: [Double]) -> String? {
    for index in slopes.indices {
      if abs(Double(gradient[index]) - slopes[index]) <= bounds[index] { continue }
      return "value \(index) is \(gradient[index]), the slope \(slopes[index]) ± \(bounds[index])"
    }
    return nil
  }
}
