// Frozen layers: the gradients of all other layers keep their bits, and those of frozen layers are not computed.

import Compute
import KernelInterface
import NetworkSamples
import Testing

@testable import Execution
@testable import Networks

extension GradientCase {
  /// Every kind of step, and every kind of branch, before and after a layer that is frozen.
  fileprivate static let toFreeze =
    blocks + normalizations + layerNormalizations + shapesOfConvolutions + otherPoolings + largeBatches
    + whitened
    + [
      GradientCase(
        specification:
          "conv:18 relu pool conv:20 norm relu conv:20,groups=20 residual( conv:20 | conv:20 ) linear:5"),
      // Many weights for nine pixels, so that several images are processed at a time.
      GradientCase(specification: "conv:48 pool conv:48,kernel=7 gelu conv:48,kernel=7 relu pool:global"),
      GradientCase(specification: "linear:20 relu dropout:0.2 linear:18 gelu linear:17 norm relu linear:4"),
      GradientCase(
        specification: "conv:16 gelu conv:64 pool norm gelu conv:64 norm gelu conv:128 pool:global scale:0.5"),
    ]
}

@Suite struct FrozenLayerTests {
  @Test(arguments: GradientCase.toFreeze, [Precision.float32, .bfloat16])
  func freezingChangesNoOtherGradient(_ specimen: GradientCase, _ precision: Precision) throws {
    let problem = try GradientProblem(specimen, frozen: true)
    func network(jobs: Int) -> Network {
      let network = Network(
        problem.architecture, batchCapacity: specimen.batch, forTraining: true,
        engine: Engine(instructionSet: .best, jobs: jobs), precision: precision)
      network.importParameters(problem.parameters)
      network.freezesStatistics = true
      return network
    }
    let whole = network(jobs: 1)
    let result = problem.computeGradient(whole)
    let gradients = whole.gradient.floats.map(\.bitPattern)
    for count in 0..<problem.architecture.weightLayers.count {
      for jobs in [1, 3] {
        let part = network(jobs: jobs)
        part.freezeLayers(count)
        part.gradient[0..<part.learningParameters.lowerBound].update(repeating: .nan)
        #expect(problem.computeGradient(part) == result)
        let learning = part.learningParameters
        let isUntouched = part.gradient.floats[..<learning.lowerBound].allSatisfy { $0.isNaN }
        #expect(isUntouched, "\(count) of \(specimen)")
        let own = part.gradient.floats[learning].map(\.bitPattern)
        #expect(own == Array(gradients[learning]), "\(count) of \(specimen)")
        #expect(count > 0 || learning.lowerBound == 0)
        #expect(part.exportParameters() == whole.exportParameters())
      }
    }
  }

  /// Freezing the first layers with weights freezes exactly the parameters before the next, normalisations included.
  @Test func layersAreFrozenInTheirOrder() throws {
    let network = try GradientProblem(
      GradientCase(
        specification: "norm conv:3 norm residual( conv:3 norm | conv:3,kernel=1 ) linear:4 layernorm")
    ).makeNetwork(.best)
    #expect(
      network.architecture.weightLayers.map(\.name) == [
        "conv1", "block1.conv1", "block1.shortcut.conv1", "fc1", "out",
      ])
    let expected = [
      [], ["norm1", "conv1", "norm2"], ["block1.conv1", "block1.norm1"], ["block1.shortcut.conv1"],
      ["fc1", "layernorm1"],
    ]
    var frozen: Set<String> = []
    for (count, more) in expected.enumerated() {
      frozen.formUnion(more)
      network.freezeLayers(count)
      var found: Set<String> = []
      network.forEachParameter { description, places in
        guard !places.isConstant, let start = places.columns.first?.start else { return }
        if !network.learningParameters.contains(start) {
          found.insert(description.name.split(separator: ".").dropLast().joined(separator: "."))
        }
      }
      #expect(found == frozen)
    }
  }

  /// Frozen normalisations use their running statistics and keep them. Later ones follow the batch.
  @Test func frozenStatisticsDoNotChange() throws {
    let problem = try GradientProblem(
      GradientCase(specification: "conv:3 norm relu conv:4 norm relu pool:average,global", batch: 4))
    let (part, fixed) = (problem.makeNetwork(.best), problem.makeNetwork(.best))
    func statistics(_ network: Network, _ name: String) -> [[Float]] {
      network.exportParameters().filter {
        $0.name.hasPrefix("\(name).running") || $0.name.hasSuffix("\(name).num_batches_tracked")
      }
      .map(\.values)
    }
    let before = (statistics(part, "norm1"), statistics(part, "norm2"))
    #expect(before.0.count == 3 && before.1.count == 3)
    part.freezeLayers(1)
    _ = problem.computeGradient(part)
    #expect(statistics(part, "norm1") == before.0)
    #expect(zip(statistics(part, "norm2"), before.1).allSatisfy { $0 != $1 })
    // With both frozen, the results are those of a network with frozen statistics.
    part.importParameters(problem.parameters)
    part.freezeLayers(2)
    fixed.freezesStatistics = true
    #expect(problem.computeGradient(part) == problem.computeGradient(fixed))
    let free = problem.makeNetwork(.best)
    #expect(problem.computeGradient(free) != problem.computeGradient(fixed))
    // Averaged weights get their own statistics.
    problem.images.withUnsafeBufferPointer {
      part.estimateStatistics(ImageBatch(bytes: $0, count: 4), number: 0)
    }
    #expect(statistics(part, "norm1") != before.0)
  }
}
