// A state_dict as a Python pickle, protocol 2, byte by byte what PyTorch writes for
// OrderedDict([(name, tensor), …]): tensors that are each the whole of a storage of its own, called "0", "1", ….
//
// The pickle holds names and shapes; the storages are members of the archive (StateDictFile.swift). Whatever is no
// number goes into the memo, where it gets the next number, and what is the same object in Python comes from there.

/// Puts the pickle together.
struct StateDictPickle {
  private(set) var bytes: [UInt8] = []
  /// The numbers of what is written more than once.
  private var memo: [String: Int] = [:]
  private var memoCount = 0

  /// Python puts no more at once into a dictionary.
  private static let entriesAtOnce = 1000

  /// The pickle of tensors in that order.
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

  /// `_rebuild_tensor_v2(storage, offset, shape, strides, requires_grad, backward_hooks)`.
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

  /// `("storage", torch.FloatStorage, key, "cpu", count)`, by which the reader finds the storage.
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
    // Up to three elements have an opcode each, and more are counted from a mark.
    let short: [PickleOpcode] = [.emptyTuple, .tuple1, .tuple2, .tuple3]
    if numbers.count >= short.count { append(.mark) }
    for number in numbers { append(number) }
    append(numbers.count < short.count ? short[numbers.count] : .tuple)
    // There is but one empty tuple.
    if !numbers.isEmpty { memoize() }
  }

  /// A number from 0 to 2³¹ − 1: an architecture's weights are fewer.
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

  /// A function or type by its module and name, each with a line feed behind it.
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

  /// Gives what was written last its number.
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

  /// The steps from element to element along each axis, row-major.
  private static func strides(_ shape: [Int]) -> [Int] {
    shape.indices.map { shape[($0 + 1)...].reduce(1, *) }
  }
}
