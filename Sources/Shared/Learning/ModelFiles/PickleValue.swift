// The values of a pickle of tensors. Values are flat: collections are indices into PickleObjects. Nothing here follows
// them, so neither depth nor cycles cost anything.

/// A value on the stack of a pickle.
enum PickleValue: Equatable {
  case none
  case boolean(Bool)
  case integer(Int)
  /// An integer of more than 8 bytes, given by the range of its bytes.
  case wideInteger(Range<Int>)
  case number(Double)
  case string(String)
  case tuple(Int)
  case list(Int)
  case dictionary(Int)
  case global(PickleGlobal)
  case storage(Int)
  case tensor(Int)
  /// A placeholder for an object that a function among the ``InertObjects`` would create, with the function's name.
  case object(String)

  /// The kind of value with its article, for messages.
  var kindName: String {
    switch self {
    case .none: "None"
    case .boolean: "a truth value"
    case .integer, .wideInteger: "an integer"
    case .number: "a number"
    case .string: "a string"
    case .tuple: "a tuple"
    case .list: "a list"
    case .dictionary: "a dictionary"
    case .global: "a function or type"
    case .storage: "a storage"
    case .tensor: "a tensor"
    case .object(let name): "an object (\(name))"
    }
  }
}

/// The types of PyTorch's storages, with PyTorch's names.
public enum TorchStorageType: String, CaseIterable, Equatable, Sendable {
  case double = "DoubleStorage"
  case float = "FloatStorage"
  case half = "HalfStorage"
  case bfloat16 = "BFloat16Storage"
  case long = "LongStorage"
  case int = "IntStorage"
  case short = "ShortStorage"
  case char = "CharStorage"
  case byte = "ByteStorage"
  case bool = "BoolStorage"

  var elementType: SafetensorsElementType {
    switch self {
    case .double: .f64
    case .float: .f32
    case .half: .f16
    case .bfloat16: .bf16
    case .long: .i64
    case .int: .i32
    case .short: .i16
    case .char: .i8
    case .byte: .u8
    case .bool: .bool
    }
  }

  /// Creates the storage type with these elements; `nil` if PyTorch has none.
  init?(_ elementType: SafetensorsElementType) {
    guard let type = Self.allCases.first(where: { $0.elementType == elementType }) else { return nil }
    self = type
  }
}

/// A contiguous run of elements, stored beside the pickle. The device that it was on makes no difference.
struct TorchStorage: Equatable {
  let type: TorchStorageType
  let key: String
  let elementCount: Int

  /// The bytes of all elements; `nil` if `Int` overflows.
  var byteCount: Int? {
    let (count, overflow) = elementCount.multipliedReportingOverflow(by: type.elementType.byteCount)
    return overflow ? nil : count
  }
}

/// A tensor as a view of a storage, which contains every element of it. Offset and strides count elements.
struct TorchTensor: Equatable {
  let storage: TorchStorage
  let offset: Int
  let shape: [Int]
  let strides: [Int]
  let elementCount: Int
}

/// The content of a pickle.
struct PickleObjects {
  typealias Item = (key: PickleValue, value: PickleValue)

  var root = PickleValue.none
  var tuples: [[PickleValue]] = []
  var lists: [[PickleValue]] = []
  var dictionaries: [[Item]] = []
  var storages: [TorchStorage] = []
  var tensors: [TorchTensor] = []
}
