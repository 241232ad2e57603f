/// The problems of a PyTorch file. PyTorchErrorTexts.swift has the messages.
public enum PyTorchProblem: Error, Equatable, Sendable {
  // The container.
  case zip(ZipProblem)
  /// The offset counts from the beginning of the record, or of the file if there is no record.
  case pickle(record: String?, offset: Int, PickleProblem)
  case torchScript
  case severalFolders([String])
  case missingEntry(String)
  case pickleTooLong(byteCount: Int, limit: Int)
  case bigEndian

  // The legacy format.
  case foreignPickle
  case unknownLegacyVersion
  case malformedStorageKeys
  case endsInStorage(key: String, needed: Int, left: Int)
  case wrongElementCount(storage: String, expected: Int, found: Int64)
  case bytesBehindStorages(offset: Int)
  case missingStorage(key: String)

  // The content.
  case noStateDictionary(found: String)
  /// The keys of the dictionaries.
  case severalStateDictionaries([String])
  case keyIsNoName(kind: String)
  case isNoTensor(key: String, kind: String)
  case duplicateTensor(String)
  case unsupportedType(tensor: String, TorchStorageType)
  case wrongByteCount(storage: String, type: TorchStorageType, elementCount: Int, found: Int)
}

/// The problems of a pickle.
public enum PickleProblem: Error, Equatable, Sendable {
  // The program.
  case noProtocol
  case unknownProtocol(UInt8)
  case repeatedProtocol
  case unknownOperation(UInt8)
  case endsWithin
  case bytesBehind
  case tooManyOperations(limit: Int)
  case tooDeep(limit: Int)
  case emptyStack
  case noMark
  case leftOver(Int)
  case memoUnknown(Int)
  case memoTwice(Int)
  case stringTooLong(byteCount: UInt64, limit: Int)
  case lineWithoutEnd
  case notUTF8
  case appendsTo(kind: String)
  case setsItemOf(kind: String)
  case keyWithoutValue

  // Functions and types.
  case globalWithoutNames
  case unknownGlobal(String)
  case pickledModule(String)
  case calls(kind: String)
  case arguments(of: String)
  case setsState(kind: String)

  // Storages and tensors.
  case storageIdentifier
  case storageView(key: String)
  case storageTooLarge(key: String, elementCount: Int)
  case storageContradicts(key: String)
  case rankMismatch(shape: [Int], strides: [Int])
  case negative(offset: Int, shape: [Int], strides: [Int])
  case tensorTooLarge(shape: [Int])
  case outsideStorage(key: String, elementCount: Int, offset: Int, shape: [Int], strides: [Int])
  case repeatsElements(shape: [Int], strides: [Int], elementCount: Int)
}
