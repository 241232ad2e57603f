// The functions that a pickle may call: the rules that rebuild PyTorch's tensors.
//
//     storage          ("storage", torch.FloatStorage, KEY, DEVICE, COUNT)      in legacy files also None: no view
//     tensor           _rebuild_tensor_v2(storage, OFFSET, SHAPE, STRIDES, requires_grad, OrderedDict())
//     parameter        _rebuild_parameter(tensor, requires_grad, OrderedDict())
//
// Offset and strides count elements. Every element of a tensor is in its storage, and a tensor has no more elements
// than its storage; otherwise a stride of 0 could turn a byte into gigabytes.

extension PickleMachine {
  static let maximumRank = 16
  /// The limit of storage keys, which are numbers. Each reference looks up its key, so long keys would take time.
  static let maximumKeyByteCount = 256

  /// Returns the result of a function that the pickle calls with these arguments.
  mutating func rebuilt(
    _ function: PickleValue, _ arguments: PickleValue
  ) throws(PickleProblem) -> PickleValue {
    guard case .global(let global) = function else { throw .calls(kind: function.kindName) }
    guard case .tuple(let place) = arguments else { throw .arguments(of: global.text) }
    let arguments = objects.tuples[place]
    switch global {
    case .orderedDictionary:
      guard arguments.isEmpty else { throw .arguments(of: global.text) }
      return newDictionary()
    case .rebuildParameter:
      guard arguments.count == 3, case .tensor = arguments[0], case .boolean = arguments[1],
        isEmptyDictionary(arguments[2])
      else { throw .arguments(of: global.text) }
      return arguments[0]
    case .rebuildTensor:
      // A seventh argument would request negated or conjugated values.
      guard arguments.count == 6, case .storage(let storage) = arguments[0],
        case .integer(let offset) = arguments[1], let shape = integers(arguments[2]),
        let strides = integers(arguments[3]), case .boolean = arguments[4], isEmptyDictionary(arguments[5])
      else { throw .arguments(of: global.text) }
      let tensor = try TorchTensor(objects.storages[storage], offset: offset, shape: shape, strides: strides)
      objects.tensors.append(tensor)
      return .tensor(objects.tensors.count - 1)
    case .storage: throw .calls(kind: global.text)
    case .inert(let name): return .object(name)
    }
  }

  /// Checks the attributes that a pickle sets; those of a placeholder are dropped. A state_dict has the versions of
  /// its layers as the attribute `_metadata`, which is not needed here; others are refused. Dictionaries with more
  /// than one entry are refused without being read, since a pickle could set the same long one with each operation.
  func checkState(_ state: PickleValue, of object: PickleValue) throws(PickleProblem) {
    if case .object = object { return }
    guard case .dictionary = object, case .dictionary(let place) = state,
      objects.dictionaries[place].count <= 1,
      objects.dictionaries[place].allSatisfy({ $0.key == .string("_metadata") })
    else { throw .setsState(kind: object.kindName) }
  }

  /// Returns the storage that a persistent identifier names.
  mutating func storage(_ identifier: PickleValue) throws(PickleProblem) -> PickleValue {
    guard case .tuple(let place) = identifier else { throw .storageIdentifier }
    let parts = objects.tuples[place]
    guard parts.count == (format == .zip ? 5 : 6), parts[0] == .string("storage"),
      case .global(.storage(let type)) = parts[1], case .string(let key) = parts[2], case .string = parts[3],
      case .integer(let count) = parts[4], count >= 0, key.utf8.count <= Self.maximumKeyByteCount
    else { throw .storageIdentifier }
    if format == .legacy, parts[5] != .none { throw .storageView(key: key) }
    let storage = TorchStorage(type: type, key: key, elementCount: count)
    guard storage.byteCount != nil else { throw .storageTooLarge(key: key, elementCount: count) }
    if let known = storagePlaces[key] {
      guard objects.storages[known] == storage else { throw .storageContradicts(key: key) }
      return .storage(known)
    }
    storagePlaces[key] = objects.storages.count
    objects.storages.append(storage)
    return .storage(objects.storages.count - 1)
  }

  /// Returns the function or type of this module and name. Throws, with its name, if it is not known.
  func global(module: String, name: String) throws(PickleProblem) -> PickleGlobal {
    if let global = PickleGlobal(module: module, name: name) { return global }
    let isModule = module == "__main__" || module.hasPrefix("torch.nn.modules.")
    throw isModule ? .pickledModule("\(module).\(name)") : .unknownGlobal("\(module).\(name)")
  }

  private func isEmptyDictionary(_ value: PickleValue) -> Bool {
    guard case .dictionary(let place) = value else { return false }
    return objects.dictionaries[place].isEmpty
  }

  private func integers(_ value: PickleValue) -> [Int]? {
    guard case .tuple(let place) = value, objects.tuples[place].count <= Self.maximumRank else { return nil }
    var integers: [Int] = []
    for element in objects.tuples[place] {
      guard case .integer(let integer) = element else { return nil }
      integers.append(integer)
    }
    return integers
  }
}

extension TorchTensor {
  init(
    _ storage: TorchStorage, offset: Int, shape: [Int], strides: [Int]
  ) throws(PickleProblem) {
    guard shape.count == strides.count else { throw .rankMismatch(shape: shape, strides: strides) }
    guard offset >= 0, (shape + strides).allSatisfy({ $0 >= 0 }) else {
      throw .negative(offset: offset, shape: shape, strides: strides)
    }
    var count = 1
    for length in shape {
      let (product, overflow) = count.multipliedReportingOverflow(by: length)
      guard !overflow else { throw .tensorTooLarge(shape: shape) }
      count = product
    }
    let outside = PickleProblem.outsideStorage(
      key: storage.key, elementCount: storage.elementCount, offset: offset, shape: shape, strides: strides)
    guard offset <= storage.elementCount else { throw outside }
    if count > 0 {
      var last = offset
      for (length, stride) in zip(shape, strides) {
        let (reach, overflow) = stride.multipliedReportingOverflow(by: length - 1)
        guard !overflow, reach < storage.elementCount - last else { throw outside }
        last += reach
      }
      guard last < storage.elementCount else { throw outside }
      guard count <= storage.elementCount else {
        throw .repeatsElements(shape: shape, strides: strides, elementCount: storage.elementCount)
      }
    }
    self.init(storage: storage, offset: offset, shape: shape, strides: strides, elementCount: count)
  }

  /// Returns the tensor's values in row-major order, from the bytes of its whole storage, whose type is convertible.
  /// Only the tensor's elements are converted, however far apart they are.
  ///
  /// - Complexity: O(e r) for e elements and r dimensions.
  func values(in bytes: UnsafeRawBufferPointer) -> [Float] {
    let type = storage.type.elementType
    func elements(_ count: Int, at place: Int) -> Slice<UnsafeRawBufferPointer> {
      bytes[(place * type.byteCount)...].prefix(count * type.byteCount)
    }
    var values: [Float] = []
    guard elementCount > 0 else { return values }
    if isRowMajor {
      type.append(UnsafeRawBufferPointer(rebasing: elements(elementCount, at: offset)), to: &values)
      return values
    }
    var gathered: [UInt8] = []
    gathered.reserveCapacity(elementCount * type.byteCount)
    // The innermost dimension comes first. A dimension of length 1 never advances, so its stride may be anything.
    let dimensions = Array(zip(shape, strides).filter { $0.0 != 1 }.reversed())
    var index = [Int](repeating: 0, count: dimensions.count)
    var place = offset
    for _ in 0..<elementCount {
      gathered.append(contentsOf: elements(1, at: place))
      // Advance the innermost dimension that is not at its end, and reset those inside it.
      for dimension in dimensions.indices {
        let (length, stride) = dimensions[dimension]
        index[dimension] += 1
        place += stride
        if index[dimension] < length { break }
        place -= length * stride
        index[dimension] = 0
      }
    }
    gathered.withUnsafeBytes { type.append($0, to: &values) }
    return values
  }

  /// Whether the elements are contiguous in row-major order. The stride of a dimension of length 1 is never used.
  private var isRowMajor: Bool {
    var expected = 1
    for (length, stride) in zip(shape, strides).reversed() where length != 1 {
      guard stride == expected else { return false }
      expected *= length
    }
    return true
  }
}
