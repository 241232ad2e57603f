// Matches tensors to parameters by name.
//
// Wrappers put a prefix before every name (DataParallel `module.`, torch.compile `_orig_mod.`, Lightning `model.`). If
// all names have it, and match without it, it is ignored, and the user is told.

import Networks
import TensorStream

/// Tensors to match by name.
struct ForeignNames {
  /// The tensors with a common prefix of their names removed.
  private struct Naming {
    let prefix: String
    let tensors: [ParameterDescription]

    /// The number of outputs of the output layer; 10 if there is none by that name.
    var classCount: Int {
      func count(_ name: String) -> Int? { tensors.first { $0.name == name }?.possibleClassCount }
      return count("out.bias") ?? count("out.weight") ?? 10
    }
  }

  private let namings: [Naming]

  /// More than any nesting of wrappers adds.
  private static let maximumPrefixParts = 8

  init(_ tensors: [ParameterDescription]) { namings = Self.namings(of: tensors) }

  /// Returns the tensors with their full names, then without the part up to the first dot if all have the same, then
  /// up to the second dot, and so on.
  private static func namings(of tensors: [ParameterDescription]) -> [Naming] {
    var namings = [Naming(prefix: "", tensors: tensors)]
    guard let first = tensors.first?.name.utf8 else { return namings }
    var end = first.startIndex
    while namings.count <= maximumPrefixParts, let dot = first[end...].firstIndex(of: UInt8(ascii: ".")) {
      end = first.index(after: dot)
      let prefix = first[..<end]
      guard tensors.allSatisfy({ $0.name.utf8.count > prefix.count && $0.name.utf8.starts(with: prefix) })
      else { break }
      let count = prefix.count
      namings.append(
        Naming(
          prefix: String(prefix) ?? "",
          tensors: tensors.map {
            ParameterDescription(name: String($0.name.utf8.dropFirst(count)) ?? "", shape: $0.shape)
          }))
    }
    return namings
  }

  /// Returns the network of the specification, if the tensors have the names and shapes of its parameters. The output
  /// layer may be written out. Throws the smallest mismatch otherwise.
  ///
  /// - Complexity: O(n) for n tensors and parameters, for each of at most nine prefixes.
  func match(_ specification: Specification, input: ImageShape) throws(ModelProblem) -> MatchedTensors {
    var nearest: ModelProblem.TensorMismatch?
    for naming in namings {
      for reading in specification.readings(classCount: naming.classCount) {
        let architecture = try reading.wantedArchitecture(input: input, classCount: naming.classCount)
        let mismatch = Self.mismatch(of: naming, with: architecture)
        if mismatch.isEmpty { return Self.matched(naming, architecture) }
        if mismatch.count < nearest?.count ?? .max { nearest = mismatch }
      }
    }
    guard let nearest else { preconditionFailure("there is a naming at least") }
    throw .tensorMismatch(nearest)
  }

  /// Returns the preset whose parameters have the names and shapes of the tensors. Throws the nearest preset otherwise.
  ///
  /// - Complexity: O(n) for n tensors, for each preset and each of at most nine prefixes.
  func matchPreset(input: ImageShape) throws(ModelProblem) -> MatchedTensors {
    var nearest: (preset: String, mismatch: ModelProblem.TensorMismatch)?
    for naming in namings {
      for preset in Architecture.presets {
        let architecture: Architecture
        do {
          architecture = try Architecture(
            specification: preset.specification, input: input, classCount: naming.classCount)
        } catch {
          throw .badArchitecture(error)
        }
        let mismatch = Self.mismatch(of: naming, with: architecture)
        if mismatch.isEmpty { return Self.matched(naming, architecture) }
        if mismatch.count < nearest?.mismatch.count ?? .max { nearest = (preset.name, mismatch) }
      }
    }
    guard let nearest else { preconditionFailure("there are no presets") }
    throw .noPreset(nearest: nearest.preset, nearest.mismatch)
  }

  /// Returns the differences between the tensors and the network's parameters. Step counts are ignored, since they do
  /// not change what the network computes.
  private static func mismatch(
    of naming: Naming, with architecture: Architecture
  ) -> ModelProblem.TensorMismatch {
    var mismatch = ModelProblem.TensorMismatch(of: naming.tensors, with: architecture)
    mismatch.missing.removeAll { $0.role == .counter }
    mismatch.unexpected.removeAll(where: \.isNamedAsCounter)
    return mismatch
  }

  private static func matched(_ naming: Naming, _ architecture: Architecture) -> MatchedTensors {
    let ours = Set(architecture.parameters.map(\.name))
    let pairs = naming.tensors.filter { ours.contains($0.name) }.map { ($0.name, naming.prefix + $0.name) }
    let leftOut = naming.tensors.filter { !ours.contains($0.name) }.map { shortName($0.name) }
    var notes: [String] = []
    if !naming.prefix.isEmpty {
      notes.append("all names begin with \(quoted(naming.prefix)), which is ignored")
    }
    if !leftOut.isEmpty {
      notes.append("step counts without a layer here are ignored: \(list(leftOut))")
    }
    return MatchedTensors(
      architecture: architecture, names: Dictionary(uniqueKeysWithValues: pairs), notes: notes)
  }
}
