// Determines the contents of a PyTorch file. ForeignModel.swift builds a model from its tensors.

import ByteIO
import Networks

/// The contents of a PyTorch file.
public enum PyTorchContent {
  case model(Model)
  /// Tensors that match no preset, and their differences from the nearest one. All their bytes have been verified.
  case tensors(PyTorchStateDictionary, ModelProblem)

  /// Reads a file to its end. Throws ``ModelFileError`` or ``FileError``.
  public init(reading source: PeekedSource) throws {
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
