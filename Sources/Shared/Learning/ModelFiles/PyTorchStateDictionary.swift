// Reads the tensors of a PyTorch file by name, whatever network they belong to, and the model if they are a preset's.

import ByteIO
import Networks

/// A state_dict that torch.save wrote.
public struct PyTorchStateDictionary {
  /// The names and shapes, in the file's order; each name occurs once.
  public let tensors: [ParameterDescription]
  /// Messages to the user about choices made and entries ignored while reading.
  public let notes: [String]
  private let views: [String: TorchTensor]
  private let content: PyTorchFile
  let file: String

  /// The keys under which training scripts save the state_dict beside other things, in order of preference. An average
  /// of the weights (`ema`) is only used if there is nothing else.
  static let nestedKeys = ["model_state_dict", "state_dict", "model", "ema"]

  /// Reads a file to its end. Its first bytes decide whether it is a zip archive or a legacy file. Throws
  /// ``ModelFileError`` or ``FileError``.
  ///
  /// - Complexity: O(bytes of the file), in time and memory.
  public init(reading source: PeekedSource) throws {
    let isArchive = try source.kind() == .pytorch
    let bytes = try source.readAll(limit: PyTorchFile.maximumByteCount)
    file = source.name
    do throws(PyTorchProblem) {
      content = try isArchive ? PyTorchFile(archive: bytes) : PyTorchFile(legacy: bytes)
      let entries = try StateDictEntries(of: content.objects)
      (tensors, views, notes) = (entries.descriptions, entries.views, entries.notes)
    } catch {
      throw ModelFileError.pytorch(file: source.name, error)
    }
  }

  /// Returns the values of a tensor, in row-major order, and verifies its bytes. Throws ``ModelFileError``.
  ///
  /// - Complexity: O(bytes of the tensor's storage), and O(elements) memory.
  public func values(of name: String) throws -> [Float] {
    guard let view = views[name] else { preconditionFailure("there is no tensor \(name)") }
    do throws(PyTorchProblem) {
      return try content.values(of: view, named: name)
    } catch {
      throw ModelFileError.pytorch(file: file, error)
    }
  }

  /// Returns the type of a tensor's elements.
  public func elementType(of name: String) -> SafetensorsElementType {
    guard let view = views[name] else { preconditionFailure("there is no tensor \(name)") }
    return view.storage.type.elementType
  }

  /// Verifies the bytes of all tensors, whatever their types. Throws ``ModelFileError``.
  ///
  /// - Complexity: O(bytes of the storages).
  func checkBytes() throws {
    do throws(PyTorchProblem) {
      for storage in content.objects.storages { _ = try content.range(of: storage) }
    } catch {
      throw ModelFileError.pytorch(file: file, error)
    }
  }
}

/// The contents of a PyTorch file.
public enum PyTorchContent {
  case model(Model)
  /// Tensors that match no preset, and their differences from the nearest one. All their bytes have been verified.
  case tensors(PyTorchStateDictionary, ModelProblem)

  /// Reads a file to its end. Throws ``ModelFileError`` or ``FileError``.
  ///
  /// - Complexity: O(bytes of the file), in time and memory.
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
