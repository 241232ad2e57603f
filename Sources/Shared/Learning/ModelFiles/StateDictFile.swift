// Writes a state_dict as torch.save does: a zip archive of a pickle, a few small entries, and the bytes of each tensor.

import ByteIO

/// Writes `.pth` files.
enum StateDictFile {
  /// The limit of tensors. Each takes up to 40 operations of the pickle, and our reader runs at most 2²⁰
  /// (PickleMachine.swift).
  static let maximumTensorCount = 1 << 14

  /// Writes the tensors, in this order. The format has no place for the architecture or the class names.
  ///
  /// Throws ``ModelFileError``, before anything is written, if there are too many tensors.
  ///
  /// - Complexity: O(bytes of the file). Memory: O(n) for n tensors, besides one converted tensor.
  static func write(_ tensors: [Safetensors.Tensor], to sink: any ByteSink) throws {
    guard tensors.count <= maximumTensorCount else {
      throw ModelFileError.content(
        file: sink.name, .tooManyTensors(tensors.count, limit: maximumTensorCount))
    }
    var archive = ZipWriter(sink)
    // torch.save names the folder after the file or, if it has no name, like this.
    func name(_ record: String) -> String { "archive/\(record)" }
    // The members are in PyTorch's order, since readers recognise the file by its first member.
    try archive.append(name("data.pkl"), StateDictPickle(tensors).bytes)
    // Storages begin at multiples of 64 bytes (ZipWriter.swift).
    try archive.append(name(".format_version"), Array("1".utf8))
    try archive.append(name(".storage_alignment"), Array("64".utf8))
    try archive.append(name("byteorder"), Array("little".utf8))
    for (index, tensor) in tensors.enumerated() {
      try tensor.withBytes { try archive.append(name("data/\(index)"), $0) }
    }
    // The version of the archive's layout. Older versions of PyTorch refuse files without it.
    try archive.append(name("version"), Array("3\n".utf8))
    try archive.finish()
  }
}

// MARK: - The pickle

/// Builds a Python pickle of protocol 2. The bytes are those that PyTorch writes for OrderedDict([(name, tensor), …]),
/// in which each tensor has its own storage, called "0", "1", ….
///
/// The pickle has names and shapes; the storages are members of the archive. Everything but numbers is stored in the
/// memo under the next free number. An object that occurs again is recalled from there.
struct StateDictPickle {
  private(set) var bytes: [UInt8] = []
  /// The memo numbers of texts and functions that may occur again.
  private var memo: [String: Int] = [:]
  private var memoCount = 0

  /// The number of entries that Python adds to a dictionary in one operation.
  private static let entriesAtOnce = 1000

  /// Creates the pickle of tensors, in this order.
  ///
  /// - Complexity: O(bytes of the pickle).
  init(_ tensors: [Safetensors.Tensor]) {
    append(.proto)
    bytes.append(2)
    appendEmptyDictionary()
    for begin in stride(from: 0, to: tensors.count, by: Self.entriesAtOnce) {
      append(.mark)
      for index in begin..<min(begin + Self.entriesAtOnce, tensors.count) {
        append(tensors[index].name)
        append(tensors[index], storage: "\(index)")
      }
      append(.setItems)
    }
    append(.stop)
  }

  /// Appends `_rebuild_tensor_v2(storage, offset, shape, strides, requires_grad, backward_hooks)`.
  private mutating func append(_ tensor: Safetensors.Tensor, storage: String) {
    appendOnce(global: "torch._utils\n_rebuild_tensor_v2\n")
    append(.mark)
    appendStorage(storage, tensor.elementType, count: tensor.values.count)
    append(0)
    append(tuple: tensor.shape)
    append(tuple: Self.strides(tensor.shape))
    append(.newFalse)
    appendEmptyDictionary()
    append(.tuple)
    memoize()
    append(.reduce)
    memoize()
  }

  /// Appends `("storage", torch.FloatStorage, key, "cpu", count)`, with which the reader finds the storage.
  private mutating func appendStorage(_ key: String, _ type: SafetensorsElementType, count: Int) {
    guard let type = TorchStorageType(type) else { preconditionFailure("PyTorch has no \(type.rawValue)") }
    append(.mark)
    appendOnce(text: "storage")
    appendOnce(global: "torch\n\(type.rawValue)\n")
    append(key)
    appendOnce(text: "cpu")
    append(count)
    append(.tuple)
    memoize()
    append(.binPersID)
  }

  private mutating func appendEmptyDictionary() {
    appendOnce(global: "collections\nOrderedDict\n")
    append(.emptyTuple)
    append(.reduce)
    memoize()
  }

  private mutating func append(_ operation: PickleOpcode) { bytes.append(operation.rawValue) }

  private mutating func append(tuple numbers: [Int]) {
    // Tuples of up to three elements have opcodes of their own. Longer ones begin at a mark.
    let short: [PickleOpcode] = [.emptyTuple, .tuple1, .tuple2, .tuple3]
    if numbers.count >= short.count { append(.mark) }
    for number in numbers { append(number) }
    append(numbers.count < short.count ? short[numbers.count] : .tuple)
    // Python has only one empty tuple, and does not store it in the memo.
    if !numbers.isEmpty { memoize() }
  }

  /// Appends a number from 0 to 2³¹ − 1, which is more than the weights of any architecture.
  private mutating func append(_ number: Int) {
    if number <= UInt8.max {
      append(.binInt1)
      bytes.append(UInt8(number))
    } else if number <= UInt16.max {
      append(.binInt2)
      bytes.append(littleEndian: UInt16(number))
    } else {
      append(.binInt)
      bytes.append(littleEndian: Int32(number))
    }
  }

  private mutating func append(_ text: String) {
    append(.binUnicode)
    bytes.append(littleEndian: UInt32(text.utf8.count))
    bytes += text.utf8
    memoize()
  }

  private mutating func appendOnce(text: String) {
    if appendMemoized(text) { return }
    memo[text] = memoCount
    append(text)
  }

  /// Appends a function or type, given by its module and name, each followed by a line feed.
  private mutating func appendOnce(global: String) {
    if appendMemoized(global) { return }
    memo[global] = memoCount
    append(.global)
    bytes += global.utf8
    memoize()
  }

  private mutating func appendMemoized(_ key: String) -> Bool {
    guard let number = memo[key] else { return false }
    if number <= UInt8.max {
      append(.binGet)
      bytes.append(UInt8(number))
    } else {
      append(.longBinGet)
      bytes.append(littleEndian: UInt32(number))
    }
    return true
  }

  /// Stores the last object in the memo, under the next number.
  private mutating func memoize() {
    if memoCount <= UInt8.max {
      append(.binPut)
      bytes.append(UInt8(memoCount))
    } else {
      append(.longBinPut)
      bytes.append(littleEndian: UInt32(memoCount))
    }
    memoCount += 1
  }

  /// Returns the row-major strides of a shape, in elements.
  private static func strides(_ shape: [Int]) -> [Int] {
    shape.indices.map { shape[($0 + 1)...].reduce(1, *) }
  }
}
