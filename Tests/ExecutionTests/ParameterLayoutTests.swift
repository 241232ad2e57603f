// Parameters in PyTorch's layouts and in ours, and the padding of ours.

import Compute
import KernelInterface
import NetworkSamples
import TensorStream
import Testing

@testable import Networks
@testable import Execution
@testable import Training

@Suite struct ParameterLayoutTests {
  /// Channels and widths on both sides of a lane and of the panels of 8, 16 and 32 columns.
  static let architectures: [Architecture] = [
    ("linear:1", 1, 1, 1, 2), ("linear:15 linear:17 relu linear:33", 3, 5, 1, 3),
    ("linear:16 linear:32 linear:64", 4, 4, 1, 16), ("linear:31 linear:65", 2, 2, 3, 256),
    ("conv:1,kernel=1", 3, 2, 1, 2), ("conv:17,kernel=5 relu pool conv:33 relu linear:31", 7, 9, 1, 10),
    ("conv:16 conv:15 conv:48", 3, 3, 3, 7), ("conv:3,padding=0 relu pool:3,stride=2 linear:5", 9, 8, 3, 10),
    ("pool conv:5,kernel=7,padding=6,stride=2 conv:2", 6, 8, 3, 17), ("dropout:0.5 pool:3", 7, 7, 3, 4),
    ("conv:17,bias=no norm relu linear:9,bias=no norm,scale=no gelu", 5, 4, 1, 3),
    ("conv:17 layernorm relu linear:9 layernorm,scale=no", 5, 4, 1, 3),
    ("conv:6,kernel=3x5,groups=3 relu conv:18,groups=6,bias=no pool norm,scale=no", 6, 6, 3, 10),
    (
      "conv:4 residual( conv:34 norm silu conv:4 ) concat( | conv:15,groups=1 | norm ) pool:global", 5, 5, 3,
      4
    ),
  ].map { specification, height, width, channels, classCount in
    try! Architecture(
      specification: specification, input: ImageShape(height: height, width: width, channels: channels),
      classCount: classCount)
  }

  private func network(_ architecture: Architecture, _ instructionSet: InstructionSet) -> Network {
    Network(
      architecture, batchCapacity: 5, forTraining: true,
      engine: Engine(instructionSet: instructionSet, jobs: 1))
  }

  /// Parameters whose values are all different, and none of them 0.
  private func numbered(_ architecture: Architecture) -> [Parameter] {
    var next: Float = 0
    return architecture.parameters.map { description in
      Parameter(
        name: description.name, shape: description.shape,
        values: (0..<description.count).map { _ in
          next += 1
          return next
        })
    }
  }

  /// The indices that hold no value, in the array of parameters and in that of constants.
  private func padding(_ network: Network) -> (parameters: [Int], constants: [Int]) {
    var isUsed = [false, true].map { isConstant in
      [Bool](repeating: false, count: (isConstant ? network.constants : network.parameters).count)
    }
    let allPlaces = network.plan.places(network.engine.kernels.panelWidth)
    #expect(allPlaces.count == network.architecture.parameters.count)
    for (description, places) in zip(network.architecture.parameters, allPlaces) {
      #expect(places.isConstant != description.role.isLearned, "\(description.name)")
      let array = places.isConstant ? 1 : 0
      for column in places.columns {
        for place in places.rows.map({ column.start + $0 * column.stride }) {
          #expect(!isUsed[array][place], "\(description.name) shares a place")
          isUsed[array][place] = true
        }
      }
    }
    let free = isUsed.map { used in used.indices.filter { !used[$0] } }
    return (free[0], free[1])
  }

  @Test(arguments: architectures, InstructionSet.supported)
  func exportReturnsTheImportedParameters(_ architecture: Architecture, _ instructionSet: InstructionSet) {
    let network = network(architecture, instructionSet)
    let parameters = numbered(architecture)
    network.importParameters(parameters)
    #expect(network.exportParameters() == parameters)
    // A second import overwrites the first.
    let zeros = parameters.map {
      Parameter(name: $0.name, shape: $0.shape, values: [Float](repeating: 0, count: $0.values.count))
    }
    network.importParameters(zeros)
    #expect(network.exportParameters() == zeros)
    #expect(network.parameters.floats.allSatisfy { $0 == 0 })
  }

  @Test(arguments: architectures, InstructionSet.supported)
  func eachValueHasItsOwnPlace(_ architecture: Architecture, _ instructionSet: InstructionSet) {
    let network = network(architecture, instructionSet)
    network.importParameters(numbered(architecture))
    let padding = padding(network)
    #expect(padding.parameters.count == network.parameters.count - architecture.parameterCount)
    #expect(padding.parameters.allSatisfy { network.parameters.floats[$0] == 0 })
    #expect(padding.constants.allSatisfy { network.constants.floats[$0] == 0 })
  }

  @Test(arguments: OptimizerSettings.Method.allCases, InstructionSet.supported)
  func paddingStaysZeroOverManySteps(
    _ method: OptimizerSettings.Method, _ instructionSet: InstructionSet
  ) throws {
    let specifications = [
      "conv:3 relu pool conv:17,kernel=5,stride=2 relu dropout:0.2 linear:5 relu dropout:0.2",
      "linear:9 relu",
      "conv:17 layernorm gelu conv:3,kernel=1 layernorm,scale=no relu linear:5 layernorm",
      "conv:3,bias=no norm sigmoid pool:average conv:6,groups=3 norm,scale=no gelu linear:5,bias=no",
      "conv:5 residual( norm relu conv:5 ) concat( conv:2,bias=no | pool:3,stride=1,padding=1 ) pool:average,global",
    ]
    for specification in specifications {
      let data = Dataset.pictures(5, shape: ImageShape(height: 9, width: 7, channels: 3), classCount: 3)
      let architecture = try Architecture(specification: specification, input: data.shape, classCount: 3)
      let network = network(architecture, instructionSet)
      let start = Initialization.reference.parameters(for: architecture, seed: 1)
      network.importParameters(start)
      let optimizer = Optimizer(
        OptimizerSettings(method: method, weightDecay: 0.1, gradientLimit: 1), network: network)
      for step in 0..<50 {
        data.images.withUnsafeBufferPointer { images in
          data.labels.withUnsafeBufferPointer { labels in
            _ = network.computeGradient(
              ImageBatch(bytes: images, count: data.count), labels: labels, smoothing: 0.1,
              dropout: DropoutKey(seed: 1, step: UInt64(step)))
          }
        }
        optimizer.step(StepRates(0.01))
      }
      let padding = padding(network)
      #expect(padding.parameters.allSatisfy { network.parameters.floats[$0] == 0 }, "\(specification)")
      #expect(padding.constants.allSatisfy { network.constants.floats[$0] == 0 }, "\(specification)")
      #expect(network.isFinite)
      for (description, (before, after)) in zip(
        architecture.parameters, zip(start, network.exportParameters())) where description.role != .fixedScale
      {
        #expect(before.values != after.values, "\(before.name) has not changed")
      }
    }
  }
}

extension Architecture: CustomTestStringConvertible {
  public var testDescription: String { "\(specification) on \(input.text), \(classCount) classes" }
}
