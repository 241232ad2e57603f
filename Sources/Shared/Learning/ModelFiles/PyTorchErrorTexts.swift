// Every error about PyTorch's files as one line of text.

/// What to do about a file that holds more, or something else, than tensors.
private let advice = "save the weights alone, by torch.save(model.state_dict(), path)"

extension PyTorchProblem: CustomStringConvertible {
  /// One line that names the place, the storage or the tensor.
  public var description: String {
    switch self {
    case .zip(let problem): problem.description
    case .pickle(let record, let offset, let problem):
      "\(record.map { "\(shortened($0)), " } ?? "")byte \(offset): \(problem)"
    case .torchScript: "this is a TorchScript archive, a program and not only weights; \(advice)"
    case .severalFolders(let folders):
      "the zip archive has entries in \(folders.count) folders, PyTorch's have one: \(list(folders.map { quoted($0) }))"
    case .missingEntry(let entry): "the archive has no entry \(quoted(entry))"
    case .pickleTooLong(let byteCount, let limit):
      "the archive's data.pkl has \(byteCount) bytes; at most \(limit) are read"
    case .bigEndian:
      "was written by a machine of the other byte order; load and save it with PyTorch on this one"
    case .foreignPickle: "this is a Python pickle, not a model of fm-tools; \(advice)"
    case .unknownLegacyVersion: "a PyTorch file of an unknown version; load it with PyTorch and \(advice)"
    case .malformedStorageKeys:
      "the list of storages behind the pickle does not name the storages of the tensors, each once"
    case .endsInStorage(let key, let needed, let left):
      "storage \(quoted(key)): expected \(needed) bytes, the file ends \(left) bytes on; it is truncated"
    case .wrongElementCount(let key, let expected, let found):
      "storage \(quoted(key)): has \(found) elements, the pickle says \(expected)"
    case .bytesBehindStorages(let offset):
      "byte \(offset): expected the end of the file behind the last storage; the file has bytes too many"
    case .missingStorage(let key): "storage \(quoted(key)): the file has no bytes for it"
    case .noStateDictionary(let found): "holds \(found), expected a state_dict; \(advice)"
    case .severalStateDictionaries(let keys):
      "holds several dictionaries of tensors (\(list(keys.map { shortened($0) }))), so which is meant is unclear; \(advice)"
    case .keyIsNoName(let kind): "the state_dict has \(kind) for a key, expected a tensor's name; \(advice)"
    case .isNoTensor(let key, let kind):
      "the state_dict's \(quoted(key)) is \(kind), expected a tensor; \(advice)"
    case .duplicateTensor(let name): "\(place(name)): is there twice"
    case .unsupportedType(let tensor, let type):
      "\(place(tensor)): is of a torch.\(type.rawValue), expected floating-point numbers"
    case .wrongByteCount(let key, let type, let elementCount, let found):
      "storage \(quoted(key)): a torch.\(type.rawValue) of \(elementCount) elements, yet its record has \(found) bytes"
    }
  }
}

extension PickleProblem: CustomStringConvertible {
  /// What the operation there does wrong.
  public var description: String {
    switch self {
    case .noProtocol: "expected a pickle of protocol 2 to 5"
    case .unknownProtocol(let version): "a pickle of protocol \(version), expected 2 to 5"
    case .repeatedProtocol: "the pickle begins again within itself"
    case .unknownOperation(let code):
      "operation 0x\(String(code, radix: 16)) of the pickle, which no state_dict needs; \(advice)"
    case .endsWithin: "the pickle ends within an operation"
    case .bytesBehind: "expected the end of the record behind the pickle"
    case .tooManyOperations(let limit): "the pickle has more than \(limit) operations"
    case .tooDeep(let limit): "the pickle is nested deeper than \(limit)"
    case .emptyStack: "the pickle takes a value where there is none"
    case .noMark: "the pickle ends a collection that was not begun"
    case .leftOver(let count): "the pickle ends with \(count) values and marks left over"
    case .memoUnknown(let place): "the pickle asks for its value \(place), which was not kept"
    case .memoTwice(let place): "the pickle keeps two values as \(place)"
    case .stringTooLong(let byteCount, let limit):
      "the pickle claims a string of \(byteCount) bytes; at most \(limit) are read"
    case .lineWithoutEnd: "the name of a function or type has no end"
    case .notUTF8: "a string of the pickle is not UTF-8"
    case .appendsTo(let kind): "the pickle appends to \(kind), expected a list"
    case .setsItemOf(let kind): "the pickle sets items of \(kind), expected a dictionary"
    case .keyWithoutValue: "the pickle sets a key without a value"
    case .globalWithoutNames: "the pickle names a function or type by something other than strings"
    case .unknownGlobal(let name): "the pickle asks for \(quoted(name)), which no state_dict needs; \(advice)"
    case .pickledModule(let name):
      "this is a whole pickled module (\(shortened(name))), which only its own program can load; \(advice)"
    case .calls(let kind): "the pickle calls \(kind), which is no function of a state_dict"
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
      "a tensor of shape \(text(shape)) has strides \(text(strides)), expected as many"
    case .negative(let offset, let shape, let strides):
      "a tensor at offset \(offset) of shape \(text(shape)), strides \(text(strides)); none may be negative"
    case .tensorTooLarge(let shape): "a tensor of shape \(text(shape)) is larger than any file"
    case .outsideStorage(let key, let count, let offset, let shape, let strides):
      "a tensor at offset \(offset) of shape \(text(shape)), strides \(text(strides)) does not lie within storage"
        + " \(quoted(key)) of \(count) elements"
    case .repeatsElements(let shape, let strides, let count):
      "a tensor of shape \(text(shape)), strides \(text(strides)) repeats the \(count) elements of its storage; save a"
        + " copy, by tensor.clone()"
    }
  }
}
