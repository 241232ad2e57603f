// The tensors of a PyTorch file by their names, whatever network they are of.

import ByteIO
import Networks

/// A state_dict that torch.save wrote.
public struct PyTorchStateDictionary {
  /// The names and shapes, in the file's order; each name is there once.
  public let tensors: [ParameterDescription]
  /// What was chosen or left out, for the user to know.
  public let notes: [String]
  private let views: [String: TorchTensor]
  private let content: PyTorchFile
  let file: String

  /// Where training scripts keep the state_dict in what else they save, the likeliest first: an average over the weights of
  /// a run (`ema`) is taken where there is nothing else.
  static let nestedKeys = ["model_state_dict", "state_dict", "model", "ema"]

  /// Reads a file to its end, zip archive or pickle by its first bytes. Throws ``ModelFileError`` or ``FileError``.
  public init(reading source: LookaheadSource) throws {
    let isArchive = source.kind == .pytorch
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

  /// The values of one of the tensors, in row-major order; only now its bytes are verified. Throws ``ModelFileError``.
  public func values(of name: String) throws -> [Float] {
    guard let view = views[name] else { preconditionFailure("there is no tensor \(name)") }
    do throws(PyTorchProblem) {
      return try content.values(of: view, named: name)
    } catch {
      throw ModelFileError.pytorch(file: file, error)
    }
  }

  /// The type of a tensor's elements.
  public func elementType(of name: String) -> SafetensorsElementType {
    guard let view = views[name] else { preconditionFailure("there is no tensor \(name)") }
    return view.storage.type.elementType
  }

  /// Verifies the bytes of all tensors, whatever their types. Throws ``ModelFileError``.
  public func checkBytes() throws {
    do throws(PyTorchProblem) {
      for storage in content.objects.storages { _ = try content.range(of: storage) }
    } catch {
      throw ModelFileError.pytorch(file: file, error)
    }
  }
}
