// What checkpoints of training scripts hold beside tensors: numpy's scalars and arrays, paths, times, sets. A pickle makes
// them by calling functions, which here are called by nobody: the call leaves a value that only says what it was, so that
// the tensors beside it can be read. Nothing is computed, imported, or opened.
//
// Only what is listed is passed over; everything else is refused by its name. None of it can stand where a tensor is wanted.

/// Python's functions and types that make values of no interest.
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
    // Before and since NumPy 2.
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
