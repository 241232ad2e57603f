// What a file of PyTorch holds; ForeignModel.swift makes a model of its tensors.

import ByteIO
import Networks

/// What a file of PyTorch turns out to hold.
public enum PyTorchContent {
  case model(Model)
  /// Tensors that are no preset's, and how they differ from the nearest; their bytes are all there.
  case tensors(PyTorchStateDictionary, ModelProblem)

  /// Reads a file to its end. Throws ``ModelFileError`` or ``FileError``.
  public init(reading source: LookaheadSource) throws {
    let state = try PyTorchStateDictionary(reading: source)
    do {
      self = .model(try ForeignModel.model(of: ForeignTensors(state), as: nil, input: nil))
    } catch ModelFileError.content(_, let problem) {
      guard case .noPreset = problem else { throw ModelFileError.content(file: source.name, problem) }
      try state.checkBytes()
      self = .tensors(state, problem)
    }
  }
}

extension ForeignTensors {
  init(_ state: PyTorchStateDictionary) {
    self.init(
      file: state.file, descriptions: state.tensors, notes: state.notes, values: state.values(of:))
  }
}
