// Pickles that no PyTorch writes. Each is sound but for one fault, and is refused in one line that tells it.

import ModelFiles
import Testing

/// A pickle with that text in its refusal.
private struct Hostile: Sendable {
  let pickle: [UInt8]
  let text: String

  init(_ pickle: [UInt8], _ text: String) {
    self.pickle = pickle
    self.text = text
  }
}

/// The operations between a pickle's begin and its end.
private func program(_ operations: [UInt8]...) -> [UInt8] { Op.proto + operations.flatMap { $0 } + Op.stop }

private func tensor(_ change: (inout PickledTensor) -> Void) -> [UInt8] { pickle([PickledTensor().with(change)]) }

private let unfinished = "the pickle ends within an operation"
private let noValue = "the pickle takes a value where there is none"

private let programs = list(of: Hostile.self) {
  // Protocols.
  Hostile([], unfinished)
  Hostile([0x80], unfinished)
  Hostile(Op.emptyDict + Op.stop, "byte 0: expected a pickle of protocol 2 to 5")
  Hostile(Array("(dp0\n.".utf8), "expected a pickle of protocol 2 to 5")
  Hostile([0x80, 0] + Op.emptyDict + Op.stop, "a pickle of protocol 0")
  Hostile([0x80, 1] + Op.emptyDict + Op.stop, "a pickle of protocol 1")
  Hostile([0x80, 6] + Op.emptyDict + Op.stop, "a pickle of protocol 6")
  Hostile([0x80, 255] + Op.emptyDict + Op.stop, "a pickle of protocol 255")
  Hostile(program(Op.proto, Op.emptyDict), "byte 2: the pickle begins again within itself")
  Hostile(program(Op.emptyDict) + [0], "byte 4: expected the end of the record behind the pickle")
  Hostile(program(Op.emptyDict) + program(Op.emptyDict), "expected the end of the record behind the pickle")

  // Operations that are cut off.
  Hostile(Op.proto, "byte 2: \(unfinished)")
  Hostile(Op.proto + Op.emptyDict, "byte 3: \(unfinished)")
  Hostile(Op.proto + [0x95, 4, 0, 0, 0], unfinished)
  Hostile(Op.proto + [0x4a, 1, 2, 3], unfinished)
  Hostile(Op.proto + [0x4b], unfinished)
  Hostile(Op.proto + [0x4d, 1], unfinished)
  Hostile(Op.proto + [0x8a], unfinished)
  Hostile(Op.proto + [0x8a, 9, 1, 2], unfinished)
  Hostile(Op.proto + [0x8a, 255] + Op.stop, unfinished)
  Hostile(Op.proto + [0x47, 1, 2, 3, 4, 5, 6, 7], unfinished)
  Hostile(Op.proto + [0x55, 2, 0x61], unfinished)
  Hostile(Op.proto + [0x54, 2, 0, 0, 0, 0x61], unfinished)
  Hostile(Op.proto + [0x8c, 2, 0x61], unfinished)
  Hostile(Op.proto + [0x58, 2, 0, 0], unfinished)
  Hostile(Op.proto + [0x58, 2, 0, 0, 0, 0x61], unfinished)
  Hostile(Op.proto + [0x8d, 2, 0, 0, 0], unfinished)
  Hostile(Op.proto + [0x71], unfinished)
  Hostile(Op.proto + [0x72, 0, 0, 0], unfinished)
  Hostile(Op.proto + [0x68], unfinished)
  Hostile(Op.proto + [0x6a, 0], unfinished)
  Hostile(Op.proto + Array("ccollections".utf8), "the name of a function or type has no end")
  Hostile(Op.proto + Array("ccollections\nOrderedDict".utf8), "the name of a function or type has no end")

  // Lengths that lie.
  Hostile(program([0x95] + littleEndian(UInt64(1 << 40)), Op.emptyDict), unfinished)
  Hostile(program([0x95] + littleEndian(UInt64.max), Op.emptyDict), unfinished)
  Hostile(program([0x58] + littleEndian(UInt32(65_537))), "claims a string of 65537 bytes; at most 65536")
  Hostile(program([0x58] + littleEndian(UInt32.max)), "claims a string of 4294967295 bytes")
  Hostile(program([0x54] + littleEndian(UInt32.max)), "claims a string of 4294967295 bytes")
  Hostile(program([0x8d] + littleEndian(UInt64.max)), "claims a string of 18446744073709551615 bytes")
  Hostile(program([0x8d] + littleEndian(UInt64(1) << 63)), "claims a string of 9223372036854775808 bytes")
  Hostile(
    Op.proto + [0x63] + [UInt8](repeating: 0x61, count: 10_000) + Array("\nb\n".utf8) + Op.stop,
    "the name of a function or type has no end")

  // Text that is none.
  Hostile(program([0x58, 1, 0, 0, 0, 0xff]), "a string of the pickle is not UTF-8")
  Hostile(program([0x8c, 3, 0xed, 0xa0, 0x80]), "a string of the pickle is not UTF-8")
  Hostile(program([0x55, 2, 0xc0, 0x80]), "a string of the pickle is not UTF-8")
  Hostile(program([0x63, 0xff, 0x0a, 0x61, 0x0a]), "a string of the pickle is not UTF-8")

  // The stack.
  Hostile(program(), "byte 2: \(noValue)")
  Hostile(program(Op.emptyDict, Op.emptyDict), "the pickle ends with 1 values and marks left over")
  Hostile(program(Op.mark, Op.emptyDict), "values and marks left over")
  Hostile(program(Op.mark), noValue)
  Hostile(program(Op.tuple1), noValue)
  Hostile(program(Op.none, Op.tuple2), noValue)
  Hostile(program(Op.none, Op.none, Op.tuple3), noValue)
  Hostile(program(Op.none, Op.mark, Op.tuple1), noValue)
  Hostile(program(Op.none, Op.none, Op.mark, Op.tuple2), noValue)
  Hostile(program(Op.tuple), "the pickle ends a collection that was not begun")
  Hostile(program(Op.emptyList, Op.appends), "the pickle ends a collection that was not begun")
  Hostile(program(Op.emptyDict, Op.setItems), "the pickle ends a collection that was not begun")
  Hostile(program(Op.append), noValue)
  Hostile(program(Op.none, Op.append), noValue)
  Hostile(program(Op.emptyDict, Op.none, Op.setItem), noValue)
  Hostile(program(Op.mark, Op.none, Op.appends), noValue)
  Hostile(program(Op.mark, Op.setItems), noValue)
  Hostile(program(Op.reduce), noValue)
  Hostile(program(Op.emptyTuple, Op.reduce), noValue)
  Hostile(program(Op.build), noValue)
  Hostile(program(Op.emptyDict, Op.build), noValue)
  Hostile(program(Op.persistent), noValue)
  Hostile(program(Op.stackGlobal), noValue)
  Hostile(program([UInt8](repeating: Op.mark[0], count: 65)), "byte 66: the pickle is nested deeper than 64")
  Hostile(program([UInt8](repeating: Op.mark[0], count: 1 << 20)), "the pickle is nested deeper than 64")
  Hostile(program([UInt8](repeating: Op.none[0], count: 1 << 21)), "has more than 1048576 operations")
  Hostile(program(Op.none, [UInt8](repeating: Op.tuple1[0], count: 1 << 21)), "has more than 1048576 operations")
  Hostile(program(Op.none, [UInt8](repeating: Op.tuple1[0], count: 1 << 19)), "holds a tuple, expected a state_dict")

  // The memo.
  Hostile(program(Op.put(0)), noValue)
  Hostile(program(Op.longPut(.max)), noValue)
  Hostile(program(Op.memoize), noValue)
  Hostile(program(Op.get(0)), "the pickle asks for its value 0, which was not kept")
  Hostile(program(Op.longGet(.max)), "the pickle asks for its value 4294967295, which was not kept")
  Hostile(program(Op.emptyDict, Op.put(1), Op.get(0)), "asks for its value 0")
  Hostile(program(Op.emptyDict, Op.put(1), Op.put(1)), "the pickle keeps two values as 1")
  Hostile(program(Op.emptyDict, Op.put(1), Op.longPut(1)), "the pickle keeps two values as 1")
  Hostile(program(Op.emptyDict, Op.put(1), Op.memoize), "the pickle keeps two values as 1")
  Hostile(program(Op.none, Op.mark, Op.put(0)), noValue)

  // Values of the wrong type.
  Hostile(program(Op.none, Op.none, Op.append), "the pickle appends to None, expected a list")
  Hostile(program(Op.emptyDict, Op.none, Op.append), "appends to a dictionary, expected a list")
  Hostile(program(Op.emptyTuple, Op.mark, Op.none, Op.appends), "appends to a tuple, expected a list")
  Hostile(program(Op.emptyList, Op.none, Op.none, Op.setItem), "sets items of a list, expected a dictionary")
  Hostile(program(Op.text("x"), Op.mark, Op.setItems), "sets items of a string, expected a dictionary")
  Hostile(
    program(Op.global("collections", "OrderedDict"), Op.none, Op.none, Op.setItem),
    "sets items of a function or type")
  Hostile(program(Op.emptyDict, Op.mark, Op.text("w"), Op.setItems), "the pickle sets a key without a value")
  Hostile(program(Op.none, Op.emptyTuple, Op.reduce), "the pickle calls None")
  Hostile(program(Op.text("os.system"), Op.emptyTuple, Op.reduce), "the pickle calls a string")
  Hostile(program(Op.orderedDict, Op.emptyTuple, Op.reduce), "the pickle calls a dictionary")
  Hostile(program(Op.none, Op.text("x"), Op.stackGlobal), "by something other than strings")
  Hostile(program(Op.text("x"), Op.int(1), Op.stackGlobal), "by something other than strings")
  Hostile(program(Op.emptyList, Op.emptyDict, Op.build), "the pickle sets attributes of a list")
  Hostile(program(Op.orderedDict, Op.none, Op.build), "the pickle sets attributes of a dictionary")
  Hostile(
    program(Op.orderedDict, Op.emptyDict, Op.text("__class__"), Op.none, Op.setItem, Op.build),
    "the pickle sets attributes of a dictionary other than a state_dict's _metadata")
  Hostile(
    program(Op.global("torch", "FloatStorage"), Op.emptyDict, Op.build), "sets attributes of a function or type")
}

/// Every operation of Python's pickles that is left out, and some that Python does not have either.
private let unknownOperations: [UInt8] = [
  0x00, 0x30, 0x31, 0x32, 0x46, 0x49, 0x4c, 0x50, 0x53, 0x56, 0x42, 0x43, 0x64, 0x67, 0x69, 0x6c, 0x6f, 0x70, 0x81,
  0x82, 0x83, 0x84, 0x8b, 0x8e, 0x8f, 0x90, 0x91, 0x92, 0x96, 0x97, 0x98, 0xff,
]

private let globals: [(module: String, name: String)] = [
  ("os", "system"), ("posix", "system"), ("builtins", "eval"), ("__builtin__", "exec"), ("builtins", "getattr"),
  ("collections", "defaultdict"), ("collections", "OrderedDict.update"), ("collections.abc", "OrderedDict"),
  ("torch", "load"), ("torch", "Tensor"), ("torch", "ComplexFloatStorage"), ("torch", "floatStorage"),
  ("torch", "UntypedStorage"), ("torch", ""), ("", ""), ("torch.storage", "_load_from_bytes"),
  ("torch.storage", "FloatStorage"), ("torch.cuda", "FloatStorage"), ("torch._utils", "_rebuild_tensor"),
  ("torch._utils", "_rebuild_tensor_v3"), ("torch._utils", "_rebuild_qtensor"), ("torch._utils", "_import_dotted_name"),
  ("torch._utils", "_rebuild_sparse_tensor"), ("torch._utils", "_rebuild_meta_tensor_no_storage"),
  ("torch._tensor", "_rebuild_from_type_v2"), ("torch.jit", "load"), ("numpy", "ndarray"), ("mymodels", "FNet"),
  ("torch._utils ", "_rebuild_tensor_v2"), ("TORCH", "FloatStorage"),
]

private let elsewhere = "does not lie within storage '0' of 4 elements"
private let arguments = "the arguments of torch._utils._rebuild_tensor_v2 are not those of a plain tensor"
private let noStorage = "the pickle refers to something other than a plain storage"

private let tensors = list(of: Hostile.self) {
  // Arguments.
  Hostile(program(Op.global("collections", "OrderedDict"), Op.none, Op.reduce), "arguments of collections.OrderedDict")
  Hostile(
    program(Op.global("collections", "OrderedDict"), Op.emptyList, Op.tuple1, Op.reduce),
    "the arguments of collections.OrderedDict")
  Hostile(program(Op.global("torch", "FloatStorage"), Op.emptyTuple, Op.reduce), "the pickle calls torch.FloatStorage")
  Hostile(program(Op.global("torch._utils", "_rebuild_tensor_v2"), Op.emptyTuple, Op.reduce), arguments)
  Hostile(
    program(Op.global("torch._utils", "_rebuild_parameter"), Op.none, Op.yes, Op.orderedDict, Op.tuple3, Op.reduce),
    "the arguments of torch._utils._rebuild_parameter")
  Hostile(
    program(
      Op.global("torch._utils", "_rebuild_parameter"), PickledTensor().tensor, Op.yes, Op.none, Op.tuple3, Op.reduce),
    "the arguments of torch._utils._rebuild_parameter")
  Hostile(tensor { $0.offset = Op.none }, arguments)
  Hostile(tensor { $0.offset = Op.long([UInt8](repeating: 1, count: 9)) }, arguments)
  Hostile(tensor { $0.offset = [0x47] + [UInt8](repeating: 0, count: 8) }, arguments)
  Hostile(tensor { $0.shape = Op.int(4) }, arguments)
  Hostile(tensor { $0.shape = Op.text("4") + Op.tuple1 }, arguments)
  Hostile(tensor { $0.shape = Op.yes + Op.tuple1 }, arguments)
  Hostile(tensor { $0.strides = Op.emptyList }, arguments)
  Hostile(tensor { $0.hooks = Op.none }, arguments)
  Hostile(tensor { $0.hooks = Op.orderedDict + Op.int(1) + Op.none + Op.setItem }, arguments)
  Hostile(tensor { $0.more = Op.emptyDict }, arguments)
  Hostile(tensor { $0.shape = Op.integers(Array(repeating: 1, count: 17)) }, arguments)
  Hostile(tensor { $0.shape = Op.integers(Array(repeating: 1, count: 10_000)) }, arguments)

  // Storages.
  Hostile(program(Op.none, Op.persistent), noStorage)
  Hostile(program(Op.text("storage"), Op.persistent), noStorage)
  Hostile(program(Op.emptyTuple, Op.persistent), noStorage)
  Hostile(tensor { $0.device = Op.none }, noStorage)
  Hostile(tensor { $0.storageCount = Op.int(-1) }, noStorage)
  Hostile(tensor { $0.storageCount = Op.text("4") }, noStorage)
  Hostile(tensor { $0.storageCount = Op.long([UInt8](repeating: 255, count: 16)) }, noStorage)
  Hostile(tensor { $0.view = Op.none }, noStorage)
  Hostile(
    tensor { $0.storageCount = Op.long(.max) }, "storage '0': 9223372036854775807 elements are more than any file")
  Hostile(
    tensor { $0.storageCount = Op.int(5) },
    "storage '0': a torch.FloatStorage of 5 elements, yet its record has 16 bytes")
  Hostile(
    tensor {
      $0.storageCount = Op.int(3)
      $0.shape = Op.integers([3])
    }, "storage '0': a torch.FloatStorage of 3 elements, yet its record has 16 bytes")
  Hostile(tensor { $0.type = "DoubleStorage" }, "a torch.DoubleStorage of 4 elements, yet its record has 16 bytes")
  Hostile(tensor { $0.type = "HalfStorage" }, "a torch.HalfStorage of 4 elements, yet its record has 16 bytes")
  Hostile(tensor { $0.storageCount = Op.long(1 << 60) }, "of 1152921504606846976 elements, yet its record has 16")
  Hostile(tensor { $0.type = "IntStorage" }, "tensor 'w': is of a torch.IntStorage")
  Hostile(tensor { $0.type = "BoolStorage" }, "tensor 'w': is of a torch.BoolStorage")
  Hostile(tensor { $0.key = "1" }, "the archive has no entry 'archive/data/1'")
  Hostile(tensor { $0.key = "" }, "the archive has no entry 'archive/data/'")
  Hostile(tensor { $0.key = "../data/0" }, "the archive has no entry 'archive/data/../data/0'")
  Hostile(tensor { $0.key = "../../../etc/passwd" }, "the archive has no entry")
  Hostile(
    pickle([
      PickledTensor(),
      PickledTensor().with {
        $0.name = "v"
        $0.type = "HalfStorage"
      },
    ]), "storage '0': is described in two ways")
  Hostile(
    pickle([
      PickledTensor(),
      PickledTensor().with {
        $0.name = "v"
        $0.storageCount = Op.int(5)
      },
    ]), "storage '0': is described in two ways")

  // Views.
  Hostile(tensor { $0.strides = Op.integers([]) }, "of shape [4] has strides [], expected as many")
  Hostile(tensor { $0.strides = Op.integers([1, 1]) }, "of shape [4] has strides [1, 1], expected as many")
  Hostile(tensor { $0.offset = Op.int(-1) }, "a tensor at offset -1 of shape [4], strides [1]; none may be negative")
  Hostile(tensor { $0.offset = Op.long(.min) }, "none may be negative")
  Hostile(tensor { $0.shape = Op.integers([-4]) }, "none may be negative")
  Hostile(tensor { $0.shape = Op.integers([-2, -2]); $0.strides = Op.integers([2, 1]) }, "none may be negative")
  Hostile(tensor { $0.strides = Op.integers([-1]) }, "none may be negative")
  Hostile(tensor { $0.offset = Op.int(1) }, "a tensor at offset 1 of shape [4], strides [1] \(elsewhere)")
  Hostile(tensor { $0.offset = Op.int(4) }, elsewhere)
  Hostile(tensor { $0.offset = Op.long(.max) }, elsewhere)
  Hostile(tensor { $0.offset = Op.long(.max); $0.shape = Op.integers([0]) }, elsewhere)
  Hostile(tensor { $0.offset = Op.int(4); $0.shape = Op.integers([]); $0.strides = Op.integers([]) }, elsewhere)
  Hostile(tensor { $0.shape = Op.integers([5]) }, elsewhere)
  Hostile(tensor { $0.shape = Op.integers([.max]) }, elsewhere)
  Hostile(tensor { $0.strides = Op.integers([2]) }, elsewhere)
  Hostile(tensor { $0.strides = Op.integers([.max]) }, elsewhere)
  Hostile(tensor { $0.strides = Op.integers([.max / 3]) }, elsewhere)
  Hostile(tensor { $0.shape = Op.integers([2, 2]); $0.strides = Op.integers([3, 1]) }, elsewhere)
  Hostile(tensor { $0.shape = Op.integers([2, 2]); $0.strides = Op.integers([.max, .max]) }, elsewhere)
  Hostile(
    tensor { $0.shape = Op.integers([1 << 32, 1 << 32]); $0.strides = Op.integers([0, 0]) },
    "a tensor of shape [4294967296, 4294967296] is larger than any file")
  Hostile(
    tensor { $0.shape = Op.integers([.max, 2, 0]); $0.strides = Op.integers([0, 0, 0]) }, "is larger than any file")
  Hostile(
    tensor { $0.shape = Op.integers([.max]); $0.strides = Op.integers([0]) },
    "a tensor of shape [9223372036854775807], strides [0] repeats the 4 elements of its storage")
  Hostile(tensor { $0.shape = Op.integers([5]); $0.strides = Op.integers([0]) }, "repeats the 4 elements")
  Hostile(tensor { $0.shape = Op.integers([3, 2]); $0.strides = Op.integers([1, 1]) }, "repeats the 4 elements")

  // What is saved.
  Hostile(program(Op.none), "holds None, expected a state_dict")
  Hostile(program(Op.emptyList), "holds a list, expected a state_dict")
  Hostile(program(Op.int(7)), "holds an integer, expected a state_dict")
  Hostile(program(Op.long([UInt8](repeating: 7, count: 200))), "holds an integer, expected a state_dict")
  Hostile(program(Op.global("torch", "FloatStorage")), "holds a function or type, expected a state_dict")
  Hostile(program(PickledTensor().storage), "holds a storage, expected a state_dict")
  Hostile(pickle([PickledTensor(), PickledTensor()]), "tensor 'w': is there twice")
  Hostile(program(Op.emptyDict, Op.text("w"), Op.none, Op.setItem), "the state_dict's 'w' is None, expected a tensor")
  Hostile(program(Op.emptyDict, Op.int(1), PickledTensor().tensor, Op.setItem), "the state_dict has an integer for a key")
  Hostile(
    program(
      Op.emptyDict, Op.mark, Op.text("model"), Op.emptyDict, Op.text("state_dict"), Op.emptyDict, Op.setItems),
    "holds several of model_state_dict, state_dict, model")
  Hostile(
    program(Op.emptyDict, Op.mark, Op.text("model"), Op.emptyDict, Op.text("model"), Op.emptyDict, Op.setItems),
    "holds several of")
}

/// What is said of a file with that pickle.
private func refusal(of pickle: [UInt8]) -> String {
  let error = #expect(throws: ModelFileError.self) { try stateDictionary(archive(pickle).bytes) }
  #expect(error?.kind == .badData)
  return error?.description ?? "no error"
}

private func expectRefusal(of hostile: Hostile) {
  let description = refusal(of: hostile.pickle)
  #expect(description.contains(hostile.text), "\(description)")
  #expect(description.hasPrefix("memory: "), "\(description)")
  #expect(!description.contains("\n"))
  #expect(description.utf8.count < 500)
}

@Test(arguments: programs.indices) func hostileProgramIsRefused(index: Int) {
  expectRefusal(of: programs[index])
}

@Test(arguments: tensors.indices) func hostileTensorIsRefused(index: Int) { expectRefusal(of: tensors[index]) }

@Test(arguments: unknownOperations) func operationThatNoTensorNeedsIsRefused(code: UInt8) {
  expectRefusal(
    of: Hostile(
      program(Op.emptyDict, [code], Op.emptyDict),
      "archive/data.pkl, byte 3: operation 0x\(String(code, radix: 16)) of the pickle"))
}

@Test(arguments: globals.indices) func globalThatNoTensorNeedsIsRefusedByName(index: Int) {
  let (module, name) = globals[index]
  let text = "byte 2: the pickle asks for '\(module).\(name)', which no state_dict needs"
  expectRefusal(of: Hostile(program(Op.global(module, name)), text))
  let stacked = program(Op.text(module), Op.text(name), Op.stackGlobal)
  expectRefusal(of: Hostile(stacked, "the pickle asks for '\(module).\(name)', which no state_dict needs"))
}

@Test(arguments: [("__main__", "Network"), ("torch.nn.modules.linear", "Linear")])
func pickledModuleIsRefusedByName(module: String, name: String) {
  expectRefusal(of: Hostile(program(Op.global(module, name)), "this is a whole pickled module (\(module).\(name))"))
}

@Test func pickleCutAnywhereIsRefused() {
  let whole = pickle([PickledTensor(), PickledTensor().with { $0.name = "v" }])
  for count in 0..<whole.count {
    let description = refusal(of: Array(whole[..<count]))
    #expect(description.contains("archive/data.pkl, byte "), "\(count): \(description)")
  }
}

@Test func pickleWithAnyByteChangedNeverTraps() throws {
  let whole = pickle([PickledTensor(), PickledTensor().with { $0.name = "v" }])
  for index in whole.indices {
    for value: UInt8 in [0, 1, 0x28, 0x2e, 0x52, 0x74, 0x7f, 0x80, 0x85, 0x86, 0xff] {
      var changed = whole
      changed[index] = value
      do {
        // A name may change, or a device.
        let tensors = try stateDictionary(archive(changed).bytes)
        #expect(tensors.values.allSatisfy { $0.values.count == $0.shape.reduce(1, *) })
      } catch let error as ModelFileError {
        #expect(error.description.hasPrefix("memory: "))
      }
    }
  }
}
