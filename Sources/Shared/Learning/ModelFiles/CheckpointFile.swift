// Checkpoints as safetensors files. A checkpoint is also a model: its weights have PyTorch's names and layouts.
//
//     conv1.weight …                           the weights as the last step left them
//     optimizer.exp_avg.conv1.weight …         the optimiser's averages for learned parameters, by PyTorch's names
//     best.conv1.weight …                      the best weights so far, once the first epoch has ended
//
// The metadata has everything else (CheckpointMetadata.swift).

import ByteIO
import Networks
import Training
import TensorStream

/// Reads and writes checkpoints.
public enum CheckpointFile {
  /// Reads a checkpoint. Throws ``ModelFileError`` or ``FileError``.
  ///
  /// - Complexity: O(bytes of the file), in time and memory.
  public static func load(path: FilePath) throws -> Checkpoint {
    let source = PeekedSource(try InputFile(path: path))
    guard try source.kind() == .safetensors else {
      throw ModelFileError.notACheckpoint(file: source.name, try source.kind())
    }
    return try checkpoint(in: Safetensors(reading: source), file: source.name)
  }

  /// Writes a checkpoint to a file that appears complete or not at all, and returns its content, and the claim on it if
  /// it is a new file. Throws ``FileError``.
  ///
  /// - Complexity: O(bytes of the file).
  public static func save(
    _ checkpoint: Checkpoint, to path: FilePath
  ) throws -> (content: Content, claim: FileClaim?) {
    let output = try OutputFile(path: path)
    let container = container(for: checkpoint)
    try container.write(to: output)
    let claim = try output.commitAndClaim()
    return (Content(container.metadata), claim)
  }

  /// What a file has. Two checkpoints differ if their checksums do.
  public enum Content: Equatable, Sendable {
    /// There is no file.
    case nothing
    case checkpoint(checksum: String)
    case other
    /// The file cannot be read, or not twice, as with a device.
    case unknown

    fileprivate init(_ metadata: [String: String]) {
      self = metadata[CheckpointMetadata.checksumKey].map { .checkpoint(checksum: $0) } ?? .other
    }
  }

  /// Returns the content of a file by its header.
  ///
  /// - Complexity: O(bytes of the header).
  public static func content(of path: FilePath) -> Content {
    // Reading from a descriptor would move its position, at which the run writes.
    guard path.descriptor(standardStream: 0) == nil else { return .unknown }
    guard path.exists else { return .nothing }
    guard path.isRegularFile(standardStream: 0), let file = try? InputFile(path: path) else {
      return .unknown
    }
    do {
      return Content(try SafetensorsReader(file).readHeader().metadata)
    } catch {
      return error is FileError ? .unknown : .other
    }
  }

  /// Whether the metadata of a file is that of a checkpoint.
  static func isCheckpoint(_ container: Safetensors) -> Bool {
    container.metadata[CheckpointMetadata.checkpointKey] != nil
  }

  // MARK: - Between a checkpoint and its tensors

  /// Returns the file for a checkpoint.
  static func container(for checkpoint: Checkpoint) -> Safetensors {
    let state = checkpoint.state
    let all = checkpoint.run.architecture.parameters
    var tensors = state.parameters.tensors(of: all)
    for moment in state.optimizer.moments {
      tensors += moment.values.tensors(of: learned(all), prefix: optimizerPrefix(moment.name))
    }
    if let best = state.best { tensors += best.parameters.tensors(of: all, prefix: bestPrefix) }
    var container = Safetensors(tensors: tensors, metadata: ModelMetadata.encode(checkpoint.model))
    container.metadata[CheckpointMetadata.checkpointKey] = CheckpointMetadata.encode(checkpoint)
      .compactText()
    container.metadata[CheckpointMetadata.checksumKey] = checksum(of: container)
    return container
  }

  /// Returns the checkpoint in a file. Throws ``ModelFileError``.
  static func checkpoint(in container: Safetensors, file: String) throws -> Checkpoint {
    do throws(ModelProblem) {
      return try checkpoint(in: container)
    } catch {
      throw ModelFileError.content(file: file, error)
    }
  }

  private static func checkpoint(in container: Safetensors) throws(ModelProblem) -> Checkpoint {
    let model = try ModelMetadata.decode(container.metadata)
    var (checkpoint, moments) = try CheckpointMetadata.decode(container.metadata, of: model)
    let architecture = model.architecture
    let all = architecture.parameters
    let hasBest = checkpoint.state.best != nil
    let mismatch = ModelProblem.TensorMismatch(
      of: container.tensors.map { ParameterDescription(name: $0.name, shape: $0.shape) },
      expected: all + moments.flatMap { prefixed(learned(all), optimizerPrefix($0)) }
        + (hasBest ? prefixed(all, bestPrefix) : []), of: architecture)
    guard mismatch.isEmpty else { throw .tensorMismatch(mismatch) }
    let found = checksum(of: container)
    guard let stated = container.metadata[CheckpointMetadata.checksumKey] else {
      throw .missingMetadata(key: CheckpointMetadata.checksumKey)
    }
    guard found == stated else { throw .wrongChecksum(expected: stated, found: found) }
    let byName = Dictionary(
      container.tensors.map { ($0.name, $0.values) }, uniquingKeysWith: { first, _ in first })
    func parameters(_ descriptions: [ParameterDescription], _ prefix: String = "") -> [Parameter] {
      descriptions.map {
        Parameter(name: $0.name, shape: $0.shape, values: byName[prefix + $0.name] ?? [])
      }
    }
    checkpoint.state.parameters = parameters(all)
    checkpoint.state.optimizer.moments = moments.map {
      OptimizerState.Moment(name: $0, values: parameters(learned(all), optimizerPrefix($0)))
    }
    checkpoint.state.best?.parameters = parameters(all, bestPrefix)
    try ModelProblem.check(checkpoint.state.parameters, of: architecture)
    if let best = checkpoint.state.best { try ModelProblem.check(best.parameters, of: architecture) }
    return checkpoint
  }

  /// The parameters for which an optimiser keeps averages.
  private static func learned(_ parameters: [ParameterDescription]) -> [ParameterDescription] {
    parameters.filter(\.role.isLearned)
  }

  private static func prefixed(
    _ parameters: [ParameterDescription], _ prefix: String
  ) -> [ParameterDescription] {
    parameters.map { ParameterDescription(name: prefix + $0.name, shape: $0.shape, role: $0.role) }
  }

  private static let bestPrefix = "best."

  private static func optimizerPrefix(_ moment: String) -> String { "optimizer.\(moment)." }

  /// Returns a CRC-32 over all texts and tensors with their names, in the order of the names, as 8 hexadecimal digits.
  /// safetensors has no checksum, and a flipped bit in a weight would go unnoticed.
  ///
  /// - Complexity: O(b + n log n) for b bytes and n tensors.
  static func checksum(of container: Safetensors) -> String {
    var sum = CRC32()
    func add(_ text: String) { Array(text.utf8 + [0]).withUnsafeBytes { sum.update($0) } }
    for (key, text) in container.metadata.sorted(by: { $0.key < $1.key })
    where key != CheckpointMetadata.checksumKey {
      add(key)
      add(text)
    }
    for tensor in container.tensors.sorted(by: { $0.name < $1.name }) {
      add(tensor.name)
      tensor.withBytes { sum.update($0) }
    }
    return checksumText(sum.value)
  }
}
