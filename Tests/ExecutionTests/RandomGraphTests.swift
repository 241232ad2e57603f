// Hundreds of random graphs: the loss and every gradient, with every instruction set, for one thread and for three.

import Compute
import KernelInterface
import NetworkSamples
import Networks
import RandomNumbers
import Testing

@testable import Execution

@Suite struct RandomGraphTests {
  /// In all 320 graphs, with one instruction set each, by turns.
  @Test(arguments: UInt64(1)...8)
  func randomGraphsHaveTheSlopesOfTheLoss(seed: UInt64) throws {
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

  /// 240 graphs, each by a network for predicting, whose normalisations are folded into weights, and by one that is trained:
  /// they answer as the naive network does in Double, within ten times what the naive one in Float is off, and each image
  /// alone has the bits that it has among others.
  @Test(arguments: UInt64(1)...4)
  func randomGraphsAnswerAsTheNaiveNetworkDoes(seed: UInt64) throws {
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
        let worst = zip(logits, expected).map { abs(Double($0) - $1) }.max() ?? .nan
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

  /// The naive network's answers by running statistics, and how far they may be off.
  private func answers(
    _ architecture: Architecture, _ parameters: [Parameter], _ images: [UInt8], _ batch: Int
  ) -> (logits: [Double], bound: Double) {
    var naive = NaiveNetwork<Double>(architecture, parameters: parameters)
    naive.usesBatchStatistics = false
    let exact = naive.forward(images.map { Double($0) / 255 }, batch: batch)
    let rounded = NaiveNetwork<Float>(naive).forward(
      images.map { Float($0) / 255 }, batch: batch, following: exact.decisions)
    let spread = zip(rounded.logits, exact.logits).map { abs(Double($0) - $1) }.max()!
    return (exact.logits, 10 * spread + 64 * 0x1p-24 * (1 + exact.logits.map(abs).max()!))
  }

  /// Chains that are odd in sizes, not in their graphs; only those that some random weights keep away from all kinks, which
  /// overlapping windows of windows do not allow.
  @Test func oddChainsHaveTheSlopesOfTheLoss() throws {
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
