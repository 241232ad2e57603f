// Hundreds of random graphs: the loss and every gradient, with every instruction set, with one thread and with three.

import Compute
import KernelInterface
import NetworkSamples
import Networks
import RandomNumbers
import Testing

@testable import Execution

@Suite struct RandomGraphTests {
  /// 320 graphs in all, each with one of the instruction sets in turn.
  @Test(arguments: UInt64(1)...8)
  func gradientsOfRandomGraphsAreTheSlopesOfTheLoss(seed: UInt64) throws {
    var graphs = RandomGraphs(seed: seed)
    var compared = 0
    var operations = Set<String>()
    for _ in 0..<400 where compared < 40 {
      let specimen = graphs.next()
      let architecture = try Architecture(
        specification: specimen.specification, input: specimen.input, classCount: specimen.classCount)
      guard architecture.parameterCount <= 260,
        architecture.floatingPointOperations * specimen.batch <= 60_000,
        let problem = try? GradientProblem(specimen, attempts: 5)
      else { continue }
      let sets = InstructionSet.supported
      problem.expectGradientsToBeSlopes(with: [sets[compared % sets.count]])
      compared += 1
      operations.formUnion(architecture.nodes.map { $0.operation.text })
    }
    #expect(compared == 40)
    for name in [
      "conv", "relu", "norm", "layernorm", "sum", "concat", "dropout", "pool", "linear", "scale",
    ] {
      #expect(operations.contains { $0.hasPrefix(name) }, "no \(name) in \(operations)")
    }
  }

  /// 240 graphs, each in a network for prediction, which folds normalisations into weights, and in one for training.
  /// The logits are those of the naive network in Double, to within ten times the error of the naive one in Float. Each
  /// image alone has the bits that it has in the batch.
  @Test(arguments: UInt64(1)...4)
  func randomGraphsGiveTheNaiveLogits(seed: UInt64) throws {
    var graphs = RandomGraphs(seed: seed + 1000)
    var random = SplitMix64(seed: seed)
    for number in 0..<60 {
      let specimen = graphs.next()
      let architecture = try Architecture(
        specification: specimen.specification, input: specimen.input, classCount: specimen.classCount)
      let parameters = architecture.randomParameters(&random)
      let images = (0..<specimen.batch * specimen.input.byteCount).map { _ in UInt8(random.next(below: 256)) }
      let (expected, bound) = answers(architecture, parameters, images, specimen.batch)
      let instructionSet = InstructionSet.supported[number % InstructionSet.supported.count]
      for forTraining in [false, true] {
        let network = Network(
          architecture, batchCapacity: specimen.batch, forTraining: forTraining,
          engine: Engine(instructionSet: instructionSet, jobs: 2))
        network.importParameters(parameters)
        let place: Comment = "\(specimen) with \(instructionSet), trained: \(forTraining)"
        let logits = images.withUnsafeBufferPointer {
          network.logits(ImageBatch(bytes: $0, count: specimen.batch))
        }
        #expect(logits.count == expected.count, place)
        let worst = zip(logits, expected).map { abs(Double($0) - $1) }.largestError
        #expect(worst <= bound, place)
        let each = (0..<specimen.batch).flatMap { image in
          images[(image * specimen.input.byteCount)...].withUnsafeBufferPointer {
            network.logits(ImageBatch(bytes: $0, count: 1))
          }
        }
        #expect(each.map(\.bitPattern) == logits.map(\.bitPattern), place)
      }
    }
  }

  /// The naive network's logits with running statistics, and a bound on the error of ours.
  private func answers(
    _ architecture: Architecture, _ parameters: [Parameter], _ images: [UInt8], _ batch: Int
  ) -> (logits: [Double], bound: Double) {
    var naive = NaiveNetwork<Double>(architecture, parameters: parameters)
    naive.usesBatchStatistics = false
    let exact = naive.forward(images.map { Double($0) / 255 }, batch: batch)
    let rounded = NaiveNetwork<Float>(naive).forward(
      images.map { Float($0) / 255 }, batch: batch, following: exact.decisions)
    let spread = zip(rounded.logits, exact.logits).map { abs(Double($0) - $1) }.largestError
    return (exact.logits, 10 * spread + 64 * 0x1p-24 * (1 + exact.logits.map(abs).max()!))
  }

  /// Chains with odd sizes, not odd graphs. Only chains that some random weights keep away from all kinks are compared,
  /// which excludes overlapping windows of windows.
  @Test func gradientsOfOddChainsAreTheSlopesOfTheLoss() throws {
    var architectures = OddArchitectures(seed: 99, longestSide: 9, mostLayers: 5)
    var compared = 0
    for _ in 0..<1000 where compared < 50 {
      let specimen = architectures.next()
      guard
        let architecture = try? Architecture(
          specification: specimen.specification, input: specimen.input, classCount: specimen.classCount),
        architecture.parameterCount <= 500, architecture.floatingPointOperations <= 40_000,
        specimen.specification.contains("conv"), architecture.nodes.count > 3,
        let problem = try? GradientProblem(specimen, attempts: 5)
      else { continue }
      problem.expectGradientsToBeSlopes()
      compared += 1
    }
    #expect(compared == 50)
  }
}
