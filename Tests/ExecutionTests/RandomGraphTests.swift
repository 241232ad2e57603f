// Hundreds of random graphs: the loss and every gradient, with every instruction set, for one thread and for three.

import Compute
import KernelInterface
import NetworkSamples
import Networks
import Testing

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
    for name in ["conv", "relu", "norm", "sum", "concat", "dropout", "pool", "linear", "scale"] {
      #expect(operations.contains { $0.hasPrefix(name) }, "no \(name) in \(operations)")
    }
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
