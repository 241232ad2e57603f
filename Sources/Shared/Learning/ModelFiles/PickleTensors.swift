// What a pickle's functions stand for: the rules by which PyTorch's tensors are put together again.
//
//     storage          ("storage", torch.FloatStorage, KEY, DEVICE, COUNT)      in legacy files also None: no view
//     tensor           _rebuild_tensor_v2(storage, OFFSET, SHAPE, STRIDES, requires_grad, OrderedDict())
//     parameter        _rebuild_parameter(tensor, requires_grad, OrderedDict())
//
// Offset and strides count elements. Every element of a tensor lies in its storage, and a tensor has no more elements
// than its storage, or a stride of 0 would make gigabytes of a byte.

extension PickleMachine {
  static let maximumRank = 16
  /// Storages have numbers for keys. Each mention of one is looked up, so that long ones would take time.
  static let maximumKeyByteCount = 256

  /// What a function that the pickle names gives for its arguments.
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
      // A seventh argument would ask for negated or conjugate values.
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

  /// A state_dict carries the versions of its layers as an attribute, which says nothing that is needed here. A longer
  /// dictionary is not looked through: a pickle may set the same one as often as it has operations.
  func checkState(_ state: PickleValue, of object: PickleValue) throws(PickleProblem) {
    if case .object = object { return }
    guard case .dictionary = object, case .dictionary(let place) = state,
      objects.dictionaries[place].count <= 1,
      objects.dictionaries[place].allSatisfy({ $0.key == .string("_metadata") })
    else { throw .setsState(kind: object.kindName) }
  }

  /// The storage that a persistent identifier names.
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

  /// Whether the module and the name are of something that is known; the rest is refused by name.
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

extension PickleGlobal {
  /// As Python names it.
  var text: String {
    switch self {
    case .orderedDictionary: "collections.OrderedDict"
    case .rebuildTensor: "torch._utils._rebuild_tensor_v2"
    case .rebuildParameter: "torch._utils._rebuild_parameter"
    case .storage(let type): "torch.\(type.rawValue)"
    case .inert(let name): name
    }
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

  /// The tensor's values in row-major order, of a convertible type, from the bytes of its whole storage. Only its own
  /// elements are converted, however far apart they lie.
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
    // The innermost first; a dimension of length 1 is never moved along, and its stride may be anything.
    let dimensions = Array(zip(shape, strides).filter { $0.0 != 1 }.reversed())
    var index = [Int](repeating: 0, count: dimensions.count)
    var place = offset
    for _ in 0..<elementCount {
      gathered.append(contentsOf: elements(1, at: place))
      // The innermost dimension that is not at its end goes on, and those within it begin again.
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

  /// Whether the elements lie one behind the other. The stride of a dimension of length 1 is never used.
  private var isRowMajor: Bool {
    var expected = 1
    for (length, stride) in zip(shape, strides).reversed() where length != 1 {
      guard stride == expected else { return false }
      expected *= length
    }
    return true
  }
}
