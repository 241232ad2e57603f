// The functions and types that a pickle may name; all others are refused by name. Those that rebuild tensors each stand
// for a rule in PickleTensors.swift.
//
// The others create the objects beside tensors in the checkpoints of training scripts: NumPy's scalars and arrays,
// paths, times, sets. A pickle creates them by calling functions. We call none of these: each call leaves a placeholder
// with the function's name, so that the tensors beside it can be read. Nothing is computed, imported or opened. A
// placeholder is not accepted as a tensor.

/// The functions and types that a pickle may name; all others are refused. None is called: each stands for a rule in
/// PickleTensors.swift.
enum PickleGlobal: Equatable {
  case orderedDictionary
  case rebuildTensor
  case rebuildParameter
  case storage(TorchStorageType)
  /// A function or type that creates a placeholder.
  case inert(String)

  init?(module: String, name: String) {
    switch (module, name) {
    case ("collections", "OrderedDict"): self = .orderedDictionary
    case ("torch._utils", "_rebuild_tensor_v2"): self = .rebuildTensor
    case ("torch._utils", "_rebuild_parameter"): self = .rebuildParameter
    case ("torch", _) where TorchStorageType(rawValue: name) != nil:
      self = .storage(TorchStorageType(rawValue: name)!)
    case _ where InertObjects.contains(module: module, name: name): self = .inert("\(module).\(name)")
    default: return nil
    }
  }
}

extension PickleGlobal {
  /// The name in Python.
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

/// The Python functions and types that create objects without tensors.
enum InertObjects {
  static func contains(module: String, name: String) -> Bool {
    names[module]?.contains(name) ?? false
  }

  private static let builtins: Set = [
    "set", "frozenset", "complex", "bytearray", "slice", "range", "xrange", "int", "long", "float", "bool",
    "str", "bytes",
    "list", "dict", "tuple", "object",
  ]
  private static let arrays: Set = ["scalar", "_reconstruct"]

  private static let names: [String: Set<String>] = [
    "__builtin__": builtins,
    "builtins": builtins,
    "copy_reg": ["_reconstructor"],
    "copyreg": ["_reconstructor"],
    "_codecs": ["encode"],
    "collections": ["defaultdict", "Counter", "deque"],
    "argparse": ["Namespace"],
    "types": ["SimpleNamespace"],
    "datetime": ["datetime", "date", "time", "timedelta", "timezone"],
    "decimal": ["Decimal"],
    "fractions": ["Fraction"],
    "uuid": ["UUID"],
    "pathlib": ["Path", "PosixPath", "WindowsPath", "PurePath", "PurePosixPath", "PureWindowsPath"],
    "pathlib._local": ["Path", "PosixPath", "WindowsPath", "PurePath", "PurePosixPath", "PureWindowsPath"],
    // Before NumPy 2, and from it on.
    "numpy.core.multiarray": arrays,
    "numpy._core.multiarray": arrays,
    "numpy": ["dtype", "ndarray"],
    "torch": [
      "Size", "device", "float16", "bfloat16", "float32", "float64", "int8", "int16", "int32", "int64",
      "uint8", "bool",
      "strided", "contiguous_format", "channels_last",
    ],
    "torch.serialization": ["_get_layout"],
    // Lightning's dictionary of hyperparameters.
    "pytorch_lightning.utilities.parsing": ["AttributeDict"],
    "lightning.pytorch.utilities.parsing": ["AttributeDict"],
    "lightning.fabric.utilities.data": ["AttributeDict"],
    "lightning_fabric.utilities.data": ["AttributeDict"],
  ]
}
