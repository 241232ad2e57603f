// The messages of errors about PyTorch's files, one line each.

/// What to do about a file with other contents than tensors.
private let advice = "save only the weights, with torch.save(model.state_dict(), path)"

extension PyTorchProblem: CustomStringConvertible {
  /// One line that names the position, the storage or the tensor.
  public var description: String {
    switch self {
    case .zip(let problem): problem.description
    case .pickle(let record, let offset, let problem):
      "\(record.map { "\(shortName($0)), " } ?? "")byte \(offset): \(problem)"
    case .torchScript: "this is a TorchScript archive, which is a program, not just weights; \(advice)"
    case .severalFolders(let folders):
      "the zip archive has entries in \(folders.count) folders, but PyTorch writes one: \(list(folders.map { quoted($0) }))"
    case .missingEntry(let entry): "the archive has no entry \(quoted(entry))"
    case .pickleTooLong(let byteCount, let limit):
      "the archive's data.pkl has \(byteCount) bytes; at most \(limit) are read"
    case .bigEndian:
      "was written on a machine with the other byte order; load and save it with PyTorch on this one"
    case .foreignPickle: "this is a Python pickle, not a model of fm-tools; \(advice)"
    case .unknownLegacyVersion: "a PyTorch file of an unknown version; load it with PyTorch and \(advice)"
    case .malformedStorageKeys:
      "the list of storages after the pickle does not name each storage of the tensors once"
    case .endsInStorage(let key, let needed, let left):
      "storage \(quoted(key)): expected \(needed) bytes, but the file ends after \(left); it is truncated"
    case .wrongElementCount(let key, let expected, let found):
      "storage \(quoted(key)): has \(found) elements, but the pickle says \(expected)"
    case .bytesBehindStorages(let offset):
      "byte \(offset): expected the end of the file after the last storage, but more bytes follow"
    case .missingStorage(let key): "storage \(quoted(key)): the file has no bytes for it"
    case .noStateDictionary(let found): "holds \(found), expected a state_dict; \(advice)"
    case .severalStateDictionaries(let keys):
      "holds several dictionaries of tensors (\(list(keys.map { shortName($0) }))), so it is unclear which to use; \(advice)"
    case .keyIsNoName(let kind): "the state_dict has \(kind) for a key, expected a tensor's name; \(advice)"
    case .isNoTensor(let key, let kind):
      "the state_dict's \(quoted(key)) is \(kind), expected a tensor; \(advice)"
    case .duplicateTensor(let name): "\(place(name)): appears twice"
    case .unsupportedType(let tensor, let type):
      "\(place(tensor)): has a torch.\(type.rawValue), expected floating-point numbers"
    case .wrongByteCount(let key, let type, let elementCount, let found):
      "storage \(quoted(key)): is a torch.\(type.rawValue) of \(elementCount) elements, but its record has \(found) bytes"
    }
  }
}

extension PickleProblem: CustomStringConvertible {
  /// The mistake of the operation at this position.
  public var description: String {
    switch self {
    case .noProtocol: "expected a pickle of protocol 2 to 5"
    case .unknownProtocol(let version): "a pickle of protocol \(version), expected 2 to 5"
    case .repeatedProtocol: "the pickle begins again within itself"
    case .unknownOperation(let code):
      "the pickle has operation 0x\(String(code, radix: 16)), which no state_dict needs; \(advice)"
    case .endsWithin: "the pickle ends within an operation"
    case .bytesBehind: "expected the end of the record after the pickle"
    case .tooManyOperations(let limit): "the pickle has more than \(limit) operations"
    case .tooDeep(let limit): "the pickle is nested deeper than \(limit)"
    case .emptyStack: "the pickle takes a value that does not exist"
    case .noMark: "the pickle ends a collection that was not begun"
    case .leftOver(let count): "the pickle ends with \(count) values and marks left over"
    case .memoUnknown(let place): "the pickle recalls value \(place) of its memo, which was not stored"
    case .memoTwice(let place): "the pickle stores value \(place) of its memo twice"
    case .stringTooLong(let byteCount, let limit):
      "the pickle claims a string of \(byteCount) bytes; at most \(limit) are read"
    case .lineWithoutEnd: "the name of a function or type has no end"
    case .notUTF8: "a string of the pickle is not UTF-8"
    case .appendsTo(let kind): "the pickle appends to \(kind), expected a list"
    case .setsItemOf(let kind): "the pickle sets items of \(kind), expected a dictionary"
    case .keyWithoutValue: "the pickle sets a key without a value"
    case .globalWithoutNames: "the pickle names a function or type with something other than strings"
    case .unknownGlobal(let name): "the pickle asks for \(quoted(name)), which no state_dict needs; \(advice)"
    case .pickledModule(let name):
      "this is a whole pickled module (\(shortName(name))), which only its own program can load; \(advice)"
    case .calls(let kind): "the pickle calls \(kind), which is not a function of a state_dict"
    case .arguments(let function): "the arguments of \(function) are not those of a plain tensor; \(advice)"
    case .setsState(let kind):
      "the pickle sets attributes of \(kind) other than a state_dict's _metadata; \(advice)"
    case .storageIdentifier: "the pickle refers to something other than a plain storage; \(advice)"
    case .storageView(let key):
      "storage \(quoted(key)): is a view of another; load it with PyTorch and \(advice)"
    case .storageTooLarge(let key, let count):
      "storage \(quoted(key)): \(count) elements are more than any file holds"
    case .storageContradicts(let key): "storage \(quoted(key)): is described in two ways"
    case .rankMismatch(let shape, let strides):
      "a tensor of shape \(text(shape)) has strides \(text(strides)), expected one for each dimension"
    case .negative(let offset, let shape, let strides):
      "a tensor has offset \(offset), shape \(text(shape)), strides \(text(strides)); none may be negative"
    case .tensorTooLarge(let shape): "a tensor of shape \(text(shape)) is larger than any file"
    case .outsideStorage(let key, let count, let offset, let shape, let strides):
      "a tensor at offset \(offset) of shape \(text(shape)), strides \(text(strides)) does not fit in storage"
        + " \(quoted(key)) of \(count) elements"
    case .repeatsElements(let shape, let strides, let count):
      "a tensor of shape \(text(shape)), strides \(text(strides)) repeats the \(count) elements of its storage; save a"
        + " copy, with tensor.clone()"
    }
  }
}
