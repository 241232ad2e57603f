// The cases that the scripts in Fixtures computed with PyTorch.

import ByteIO
import Compute
import Foundation
import ModelFiles
import TensorStream
import Testing

@testable import Networks
@testable import Execution
@testable import Training

/// A small network with its data, and PyTorch's results.
struct ReferenceCase: Sendable, CustomTestStringConvertible {
  let name: String
  let file: Safetensors
  let architecture: Architecture

  /// Chains of layers without normalisations.
  static let all = cases(in: "Fixtures")
  /// Networks with branches and normalisations.
  static let graphs = cases(in: "Fixtures/Graphs")
  /// Networks of both kinds after each step of several optimisers.
  static let optimizers = cases(in: "Fixtures/Optimizers")
  /// Networks of both kinds, with class weights in the loss.
  static let losses = cases(in: "Fixtures/Losses")

  private static func cases(in folder: String) -> [ReferenceCase] {
    let folder = Bundle.module.url(forResource: folder, withExtension: nil)!
    let names = try! FileManager.default.contentsOfDirectory(atPath: folder.path)
    return names.filter { $0.hasSuffix(".safetensors") }.sorted().map { name in
      try! ReferenceCase(path: folder.appendingPathComponent(name).path, name: name)
    }
  }

  private init(path: String, name: String) throws {
    self.name = String(name.dropLast(".safetensors".count))
    file = try Safetensors(reading: InputFile(path: path))
    let sizes = file.metadata["input"]!.split(separator: ",").map { Int($0)! }
    architecture = try Architecture(
      specification: file.metadata["architecture"]!,
      input: ImageShape(height: sizes[1], width: sizes[2], channels: sizes[0]),
      classCount: Int(file.metadata["classes"]!)!)
  }

  var testDescription: String { name }

  func has(_ name: String) -> Bool { file[name] != nil }

  func values(_ name: String) -> [Float] { file[name]!.values }

  func number(_ key: String) -> Double { Double(file.metadata[key]!)! }

  var labels: [UInt8] { values("labels").map { UInt8($0) } }

  var images: [UInt8] { values("images").map { UInt8($0) } }

  var batchCount: Int { labels.count }

  /// The parameters at the start, in the architecture's order.
  var parameters: [Parameter] { parameters(set: nil) }

  /// The parameters of a set, for example `adam` or `grad`. In `grad`, only learned parameters have values.
  func parameters(set: String?) -> [Parameter] {
    parameters(set: set, architecture.parameters.filter { set != "grad" || $0.role.isLearned })
  }

  private func parameters(set: String?, _ descriptions: [ParameterDescription]) -> [Parameter] {
    descriptions.map { description in
      let tensor = file[(set.map { "\($0)." } ?? "") + description.name]!
      return Parameter(name: description.name, shape: tensor.shape, values: tensor.values)
    }
  }

  /// The most by which a value of a set may differ from PyTorch's in double precision. We sum in another order than
  /// PyTorch does in single precision, so ten times the error of that is allowed, and at least a few units in the last
  /// place of the set's largest value.
  func tolerance(_ set: String, largest: Float) -> Float {
    max(10 * Float(file.metadata["spread.\(set)"].flatMap(Double.init) ?? 0), 8 * largest * Float.ulpOfOne)
  }

  /// A network with the case's parameters at the start.
  func makeNetwork(
    _ instructionSet: InstructionSet, jobs: Int = 2, forTraining: Bool = true
  ) -> Network {
    let engine = Engine(instructionSet: instructionSet, jobs: jobs)
    let network = Network(architecture, batchCapacity: batchCount, forTraining: forTraining, engine: engine)
    network.importParameters(parameters)
    return network
  }

  /// Runs the forward and backward pass on the case's batch.
  func computeGradient(
    _ network: Network, smoothing: Float = 0, weights: [Float]? = nil, soft: SoftTargets? = nil,
    update: ParameterUpdate? = nil
  ) -> BatchResult {
    images.withUnsafeBufferPointer { images in
      labels.withUnsafeBufferPointer { labels in
        network.computeGradient(
          ImageBatch(bytes: images, count: batchCount), labels: labels, smoothing: smoothing,
          weights: weights, soft: soft, dropout: DropoutKey(seed: 0, step: 0), update: update)
      }
    }
  }

  /// Takes a step on the case's batch, with the weights of dense layers updated as soon as their gradient is known if
  /// `isPiecewise`.
  func takeStep(
    _ optimizer: Optimizer, _ network: Network, learningRate: Double, weights: [Float]? = nil,
    isPiecewise: Bool
  ) {
    guard isPiecewise else {
      _ = computeGradient(network, weights: weights)
      return optimizer.step(StepRates(learningRate))
    }
    let update = optimizer.update(StepRates(learningRate))
    _ = computeGradient(network, weights: weights, update: update)
    optimizer.finish(update, network.lateParameters)
  }

  /// Expects our parameters (or gradients) to equal the set's, each within the tolerance.
  func expect(
    _ ours: [Parameter], equal set: String, sourceLocation: SourceLocation = #_sourceLocation
  ) {
    expect(ours, equal: set, parameters(set: set), sourceLocation: sourceLocation)
  }

  /// Does the same for a set that has values for learned parameters only.
  func expectLearned(
    _ ours: [Parameter], equal set: String, sourceLocation: SourceLocation = #_sourceLocation
  ) {
    let learned = architecture.parameters.filter(\.role.isLearned)
    expect(ours, equal: set, parameters(set: set, learned), sourceLocation: sourceLocation)
  }

  private func expect(
    _ ours: [Parameter], equal set: String, _ theirs: [Parameter], sourceLocation: SourceLocation
  ) {
    #expect(ours.map(\.name) == theirs.map(\.name), sourceLocation: sourceLocation)
    for (our, their) in zip(ours, theirs) {
      let largest = their.values.reduce(0) { max($0, abs($1)) }
      #expect(our.values.count == their.values.count, sourceLocation: sourceLocation)
      let isDecided = decided(our.name, of: set)
      func kept(_ values: [Float]) -> [Float] { zip(values, isDecided).map { $1 ? $0 : 0 } }
      expectEqual(
        kept(our.values), kept(their.values), within: tolerance(set, largest: largest),
        "\(name) \(set).\(our.name)", sourceLocation: sourceLocation)
    }
  }

  /// Whether each value of a parameter is independent of rounding errors. Adam divides a gradient by its own magnitude.
  /// If that is 0 for lack of a lit pixel, Winograd's gradient consists of the rounding errors of its neighbours.
  private func decided(_ name: String, of set: String) -> [Bool] {
    guard set.contains("adam") else {
      return [Bool](repeating: true, count: architecture.parameters.first { $0.name == name }!.count)
    }
    return values("grad.\(name)").map { abs($0) >= 1e-6 }
  }
}

/// Expects the same number of values, each within `tolerance`. NaN never is.
func expectEqual(
  _ ours: [Float], _ theirs: [Float], within tolerance: Float, _ what: String,
  sourceLocation: SourceLocation = #_sourceLocation
) {
  #expect(ours.count == theirs.count, "\(what)", sourceLocation: sourceLocation)
  let worst = zip(ours, theirs).enumerated().first { !(abs($0.element.0 - $0.element.1) <= tolerance) }
  #expect(
    worst == nil,
    "\(what)[\(worst?.offset ?? 0)]: \(worst?.element.0 ?? 0) against \(worst?.element.1 ?? 0), tolerance \(tolerance)",
    sourceLocation: sourceLocation)
}
