// The tensors of a PyTorch file by their names, whatever network they are of.

import ByteIO
import Networks

/// A state_dict that torch.save wrote.
public struct PyTorchStateDictionary {
  /// The names and shapes, in the file's order; each name is there once.
  public let tensors: [ParameterDescription]
  private let views: [String: TorchTensor]
  private let content: PyTorchFile
  let file: String

  /// Where training scripts keep the state_dict in what else they save.
  static let nestedKeys = ["model_state_dict", "state_dict", "model"]

  /// Reads a file to its end, zip archive or pickle by its first bytes. Throws ``ModelFileError`` or ``FileError``.
  public init(reading source: LookaheadSource) throws {
    let isArchive = source.kind == .pytorch
    let bytes = try source.readAll(limit: PyTorchFile.maximumByteCount)
    file = source.name
    do throws(PyTorchProblem) {
      content = try isArchive ? PyTorchFile(archive: bytes) : PyTorchFile(legacy: bytes)
      (tensors, views) = try Self.tensors(in: content.objects)
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

  /// The tensors of the saved object or, where that is a dictionary of other things, of one of its values.
  private static func tensors(
    in objects: PickleObjects
  ) throws(PyTorchProblem) -> ([ParameterDescription], [String: TorchTensor]) {
    guard case .dictionary(let root) = objects.root else {
      throw .noStateDictionary(found: objects.root.kindName)
    }
    let items = objects.dictionaries[root]
    let nested = try nestedStateDictionary(items, objects)
    var descriptions: [ParameterDescription] = []
    var views: [String: TorchTensor] = [:]
    for (key, value) in nested ?? items {
      guard case .string(let name) = key else { throw .keyIsNoName(kind: key.kindName) }
      guard case .tensor(let place) = value else { throw .isNoTensor(key: name, kind: value.kindName) }
      let tensor = objects.tensors[place]
      guard views.updateValue(tensor, forKey: name) == nil else { throw .duplicateTensor(name) }
      descriptions.append(ParameterDescription(name: name, shape: tensor.shape))
    }
    return (descriptions, views)
  }

  /// The state_dict within what else a script saved: the dictionary under one of the usual keys, or else, under whatever
  /// key, the only one that holds tensors and nothing else.
  private static func nestedStateDictionary(
    _ items: [PickleObjects.Item], _ objects: PickleObjects
  ) throws(PyTorchProblem) -> [PickleObjects.Item]? {
    let dictionaries = items.compactMap { item -> (key: String, items: [PickleObjects.Item])? in
      guard case .string(let key) = item.key, case .dictionary(let place) = item.value else { return nil }
      return (key, objects.dictionaries[place])
    }
    var candidates = dictionaries.filter { nestedKeys.contains($0.key) }
    if candidates.isEmpty {
      candidates = dictionaries.filter { _, items in
        !items.isEmpty
          && items.allSatisfy { if case .string = $0.key, case .tensor = $0.value { true } else { false } }
      }
    }
    guard candidates.count <= 1 else { throw .severalStateDictionaries(candidates.map(\.key)) }
    return candidates.first?.items
  }
}
