// Runs a pickle. PyTorch saves the structure of its data as a program for a small stack machine.
//
// Only the operations of PickleOpcode.swift exist. Each takes at least one byte and leaves at most one value, and
// their number is limited, which limits memory. No allocation depends on a number in the file.

/// The stack machine, and the objects that it has created so far.
struct PickleMachine {
  /// PyTorch's file format that a pickle belongs to. The formats identify storages differently.
  enum Format {
    case zip
    case legacy
  }

  /// The limit of operations. A large network with an optimiser's two moments takes some ten thousand.
  static let maximumOperationCount = 1 << 20
  /// The limit of nested marks. A state_dict has three, a checkpoint a few more.
  static let maximumDepth = 64
  /// The limit of strings, which are names of tensors and functions.
  static let maximumStringByteCount = 1 << 16

  private let bytes: [UInt8]
  private let end: Int
  private var position: Int
  private var stack: [PickleValue] = []
  /// The height of the stack at each mark.
  private var marks: [Int] = []
  private var memo: [Int: PickleValue] = [:]
  let format: Format
  var objects = PickleObjects()
  /// The places of storages in `objects.storages`, by their keys.
  var storagePlaces: [String: Int] = [:]

  private init(_ bytes: [UInt8], range: Range<Int>, format: Format) {
    self.bytes = bytes
    self.format = format
    position = range.lowerBound
    end = range.upperBound
  }

  /// Runs the pickle at the beginning of `range`, and returns its objects and the offset of its end. Messages call the
  /// range `record`, and count bytes from its beginning, or from the file's if `record` is `nil`.
  ///
  /// - Complexity: O(bytes of the pickle) on average, and as much memory.
  static func run(
    _ bytes: [UInt8], in range: Range<Int>, format: Format, record: String?
  ) throws(PyTorchProblem) -> (objects: PickleObjects, end: Int) {
    var machine = PickleMachine(bytes, range: range, format: format)
    var start = range.lowerBound
    do throws(PickleProblem) {
      try machine.begin()
      for _ in 0..<maximumOperationCount {
        start = machine.position
        if try machine.step() { return (machine.objects, machine.position) }
      }
      throw .tooManyOperations(limit: maximumOperationCount)
    } catch {
      throw .pickle(record: record, offset: record == nil ? start : start - range.lowerBound, error)
    }
  }

  private mutating func begin() throws(PickleProblem) {
    guard try byte() == PickleOpcode.proto.rawValue else { throw .noProtocol }
    let version = try byte()
    guard (2...5).contains(version) else { throw .unknownProtocol(version) }
  }

  /// Performs one operation. Returns whether it was the last.
  private mutating func step() throws(PickleProblem) -> Bool {
    let code = try byte()
    guard let opcode = PickleOpcode(rawValue: code) else { throw .unknownOperation(code) }
    switch opcode {
    case .proto: throw .repeatedProtocol
    case .frame:
      let length = try integer(UInt64.self)
      guard length <= UInt64(end - position) else { throw .endsWithin }
    case .stop:
      objects.root = try pop()
      guard stack.isEmpty, marks.isEmpty else { throw .leftOver(stack.count) }
      return true
    case .none: stack.append(.none)
    case .newTrue: stack.append(.boolean(true))
    case .newFalse: stack.append(.boolean(false))
    case .binInt: stack.append(.integer(Int(try integer(Int32.self))))
    case .binInt1: stack.append(.integer(Int(try byte())))
    case .binInt2: stack.append(.integer(Int(try integer(UInt16.self))))
    case .long1: stack.append(try longInteger())
    case .binFloat:
      stack.append(.number(Double(bitPattern: try integer(UInt64.self).byteSwapped)))
    case .shortBinString, .shortBinUnicode:
      stack.append(.string(try string(byteCount: UInt64(try byte()))))
    case .binString, .binUnicode:
      stack.append(.string(try string(byteCount: UInt64(try integer(UInt32.self)))))
    case .binUnicode8: stack.append(.string(try string(byteCount: try integer(UInt64.self))))
    case .shortBinBytes: stack.append(try byteString(UInt64(try byte())))
    case .binBytes: stack.append(try byteString(UInt64(try integer(UInt32.self))))
    case .emptySet: stack.append(.object("builtins.set"))
    case .addItems:
      _ = try popToMark()
      let target = try top()
      guard case .object = target else { throw .appendsTo(kind: target.kindName) }
    case .frozenSet:
      _ = try popToMark()
      stack.append(.object("builtins.frozenset"))
    case .mark:
      guard marks.count < Self.maximumDepth else { throw .tooDeep(limit: Self.maximumDepth) }
      marks.append(stack.count)
    case .emptyTuple, .tuple, .tuple1, .tuple2, .tuple3, .emptyList, .append, .appends, .emptyDict, .setItem,
      .setItems:
      try collect(opcode)
    case .binPut: try memorize(Int(try byte()))
    case .longBinPut: try memorize(Int(try integer(UInt32.self)))
    case .memoize: try memorize(memo.count)
    case .binGet: try recall(Int(try byte()))
    case .longBinGet: try recall(Int(try integer(UInt32.self)))
    case .global: stack.append(.global(try global(module: try line(), name: try line())))
    case .stackGlobal:
      guard case .string(let name) = try pop(), case .string(let module) = try pop() else {
        throw .globalWithoutNames
      }
      stack.append(.global(try global(module: module, name: name)))
    case .reduce:
      let arguments = try pop()
      stack.append(try rebuilt(try pop(), arguments))
    case .newObject:
      // Creates an object from a class and arguments. Only placeholders are created this way.
      let arguments = try pop()
      let made = try pop()
      guard case .global(.inert(let name)) = made else { throw .calls(kind: made.kindName) }
      guard case .tuple = arguments else { throw .arguments(of: name) }
      stack.append(.object(name))
    case .build:
      let state = try pop()
      try checkState(state, of: try top())
    case .binPersID: stack.append(try storage(try pop()))
    }
    return false
  }
}

// MARK: - Collections

extension PickleMachine {
  private mutating func collect(_ opcode: PickleOpcode) throws(PickleProblem) {
    switch opcode {
    case .emptyTuple: appendTuple([])
    case .tuple: appendTuple(try popToMark())
    case .tuple1: appendTuple([try pop()])
    case .tuple2:
      let second = try pop()
      appendTuple([try pop(), second])
    case .tuple3:
      let third = try pop()
      let second = try pop()
      appendTuple([try pop(), second, third])
    case .emptyList:
      stack.append(.list(objects.lists.count))
      objects.lists.append([])
    case .append: try extendList([try pop()])
    case .appends: try extendList(try popToMark())
    case .setItem:
      let value = try pop()
      try extendDictionary([try pop(), value])
    case .setItems: try extendDictionary(try popToMark())
    default: stack.append(newDictionary())
    }
  }

  mutating func newDictionary() -> PickleValue {
    objects.dictionaries.append([])
    return .dictionary(objects.dictionaries.count - 1)
  }

  private mutating func appendTuple(_ elements: [PickleValue]) {
    stack.append(.tuple(objects.tuples.count))
    objects.tuples.append(elements)
  }

  private mutating func extendList(_ elements: [PickleValue]) throws(PickleProblem) {
    let target = try top()
    // A placeholder, such as that of a deque, drops its elements.
    if case .object = target { return }
    guard case .list(let place) = target else { throw .appendsTo(kind: target.kindName) }
    objects.lists[place] += elements
  }

  private mutating func extendDictionary(_ keysAndValues: [PickleValue]) throws(PickleProblem) {
    let target = try top()
    guard keysAndValues.count.isMultiple(of: 2) else { throw .keyWithoutValue }
    if case .object = target { return }
    guard case .dictionary(let place) = target else { throw .setsItemOf(kind: target.kindName) }
    for index in stride(from: 0, to: keysAndValues.count, by: 2) {
      objects.dictionaries[place].append((keysAndValues[index], keysAndValues[index + 1]))
    }
  }
}

// MARK: - The stack and the memo

extension PickleMachine {
  /// Pops a value. Values below the last mark are out of reach.
  private mutating func pop() throws(PickleProblem) -> PickleValue {
    guard stack.count > marks.last ?? 0 else { throw .emptyStack }
    return stack.removeLast()
  }

  private func top() throws(PickleProblem) -> PickleValue {
    guard stack.count > marks.last ?? 0, let value = stack.last else { throw .emptyStack }
    return value
  }

  private mutating func popToMark() throws(PickleProblem) -> [PickleValue] {
    guard let height = marks.popLast() else { throw .noMark }
    let values = Array(stack[height...])
    stack.removeSubrange(height...)
    return values
  }

  private mutating func memorize(_ place: Int) throws(PickleProblem) {
    guard memo.updateValue(try top(), forKey: place) == nil else { throw .memoTwice(place) }
  }

  private mutating func recall(_ place: Int) throws(PickleProblem) {
    guard let value = memo[place] else { throw .memoUnknown(place) }
    stack.append(value)
  }
}

// MARK: - Bytes

extension PickleMachine {
  private mutating func byte() throws(PickleProblem) -> UInt8 { try integer(UInt8.self) }

  private mutating func integer<Value: FixedWidthInteger & BitwiseCopyable>(
    _: Value.Type
  ) throws(PickleProblem) -> Value {
    let next = position + MemoryLayout<Value>.size
    guard next <= end, let value = bytes.littleEndian(Value.self, at: position) else { throw .endsWithin }
    position = next
    return value
  }

  /// Reads an integer in two's complement, preceded by its byte count.
  private mutating func longInteger() throws(PickleProblem) -> PickleValue {
    let range = try take(Int(try byte()))
    guard range.count <= 8 else { return .wideInteger(range) }
    let isNegative = range.last.map { bytes[$0] >= 0x80 } ?? false
    return .integer(bytes[range].reversed().reduce(isNegative ? -1 : 0) { $0 << 8 | Int($1) })
  }

  /// Skips a byte string and leaves a placeholder, since no tensor needs it.
  private mutating func byteString(_ byteCount: UInt64) throws(PickleProblem) -> PickleValue {
    guard byteCount <= UInt64(end - position) else { throw .endsWithin }
    _ = try take(Int(byteCount))
    return .object("builtins.bytes")
  }

  private mutating func string(byteCount: UInt64) throws(PickleProblem) -> String {
    guard byteCount <= UInt64(Self.maximumStringByteCount) else {
      throw .stringTooLong(byteCount: byteCount, limit: Self.maximumStringByteCount)
    }
    return try text(try take(Int(byteCount)))
  }

  /// Reads the text up to a line feed, and skips the line feed. At most 255 bytes.
  private mutating func line() throws(PickleProblem) -> String {
    let window = bytes[position..<min(end, position + 256)]
    guard let lineEnd = window.firstIndex(of: UInt8(ascii: "\n")) else { throw .lineWithoutEnd }
    let line = try text(position..<lineEnd)
    position = lineEnd + 1
    return line
  }

  private mutating func take(_ count: Int) throws(PickleProblem) -> Range<Int> {
    guard count <= end - position else { throw .endsWithin }
    defer { position += count }
    return position..<position + count
  }

  private func text(_ range: Range<Int>) throws(PickleProblem) -> String {
    guard let text = String(validating: bytes[range], as: UTF8.self) else { throw .notUTF8 }
    return text
  }
}
