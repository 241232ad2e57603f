// Pickles that no PyTorch writes. Each is sound except for one fault, and is refused in one line that names the fault.

import ModelFiles
import Testing

private func repeated(_ operations: [UInt8], _ count: Int) -> [UInt8] {
  Array(repeatElement(operations, count: count).joined())
}

private let unfinished = "the pickle ends within an operation"
private let noValue = "the pickle takes a value that does not exist"

private let programs = list(of: HostilePickle.self) {
  // Protocols.
  HostilePickle([], unfinished)
  HostilePickle([0x80], unfinished)
  HostilePickle(Op.emptyDict + Op.stop, "byte 0: expected a pickle of protocol 2 to 5")
  HostilePickle(Array("(dp0\n.".utf8), "expected a pickle of protocol 2 to 5")
  HostilePickle([0x80, 0] + Op.emptyDict + Op.stop, "a pickle of protocol 0")
  HostilePickle([0x80, 1] + Op.emptyDict + Op.stop, "a pickle of protocol 1")
  HostilePickle([0x80, 6] + Op.emptyDict + Op.stop, "a pickle of protocol 6")
  HostilePickle([0x80, 255] + Op.emptyDict + Op.stop, "a pickle of protocol 255")
  HostilePickle(program(Op.proto, Op.emptyDict), "byte 2: the pickle begins again within itself")
  HostilePickle(program(Op.emptyDict) + [0], "byte 4: expected the end of the record after the pickle")
  HostilePickle(
    program(Op.emptyDict) + program(Op.emptyDict), "expected the end of the record after the pickle")

  // Operations that are cut off.
  HostilePickle(Op.proto, "byte 2: \(unfinished)")
  HostilePickle(Op.proto + Op.emptyDict, "byte 3: \(unfinished)")
  HostilePickle(Op.proto + [0x95, 4, 0, 0, 0], unfinished)
  HostilePickle(Op.proto + [0x4a, 1, 2, 3], unfinished)
  HostilePickle(Op.proto + [0x4b], unfinished)
  HostilePickle(Op.proto + [0x4d, 1], unfinished)
  HostilePickle(Op.proto + [0x8a], unfinished)
  HostilePickle(Op.proto + [0x8a, 9, 1, 2], unfinished)
  HostilePickle(Op.proto + [0x8a, 255] + Op.stop, unfinished)
  HostilePickle(Op.proto + [0x47, 1, 2, 3, 4, 5, 6, 7], unfinished)
  HostilePickle(Op.proto + [0x55, 2, 0x61], unfinished)
  HostilePickle(Op.proto + [0x54, 2, 0, 0, 0, 0x61], unfinished)
  HostilePickle(Op.proto + [0x8c, 2, 0x61], unfinished)
  HostilePickle(Op.proto + [0x58, 2, 0, 0], unfinished)
  HostilePickle(Op.proto + [0x58, 2, 0, 0, 0, 0x61], unfinished)
  HostilePickle(Op.proto + [0x8d, 2, 0, 0, 0], unfinished)
  HostilePickle(Op.proto + [0x71], unfinished)
  HostilePickle(Op.proto + [0x72, 0, 0, 0], unfinished)
  HostilePickle(Op.proto + [0x68], unfinished)
  HostilePickle(Op.proto + [0x6a, 0], unfinished)
  HostilePickle(Op.proto + Array("ccollections".utf8), "the name of a function or type has no end")
  HostilePickle(
    Op.proto + Array("ccollections\nOrderedDict".utf8), "the name of a function or type has no end")

  // Lengths that lie.
  HostilePickle(program([0x95] + littleEndian(UInt64(1 << 40)), Op.emptyDict), unfinished)
  HostilePickle(program([0x95] + littleEndian(UInt64.max), Op.emptyDict), unfinished)
  HostilePickle(
    program([0x58] + littleEndian(UInt32(65_537))), "claims a string of 65537 bytes; at most 65536")
  HostilePickle(program([0x58] + littleEndian(UInt32.max)), "claims a string of 4294967295 bytes")
  HostilePickle(program([0x54] + littleEndian(UInt32.max)), "claims a string of 4294967295 bytes")
  HostilePickle(program([0x8d] + littleEndian(UInt64.max)), "claims a string of 18446744073709551615 bytes")
  HostilePickle(
    program([0x8d] + littleEndian(UInt64(1) << 63)), "claims a string of 9223372036854775808 bytes")
  HostilePickle(
    Op.proto + [0x63] + [UInt8](repeating: 0x61, count: 10_000) + Array("\nb\n".utf8) + Op.stop,
    "the name of a function or type has no end")

  // Text that is not UTF-8.
  HostilePickle(program([0x58, 1, 0, 0, 0, 0xff]), "a string of the pickle is not UTF-8")
  HostilePickle(program([0x8c, 3, 0xed, 0xa0, 0x80]), "a string of the pickle is not UTF-8")
  HostilePickle(program([0x55, 2, 0xc0, 0x80]), "a string of the pickle is not UTF-8")
  HostilePickle(program([0x63, 0xff, 0x0a, 0x61, 0x0a]), "a string of the pickle is not UTF-8")

  // The stack.
  HostilePickle(program(), "byte 2: \(noValue)")
  HostilePickle(program(Op.emptyDict, Op.emptyDict), "the pickle ends with 1 values and marks left over")
  HostilePickle(program(Op.mark, Op.emptyDict), "values and marks left over")
  HostilePickle(program(Op.mark), noValue)
  HostilePickle(program(Op.tuple1), noValue)
  HostilePickle(program(Op.none, Op.tuple2), noValue)
  HostilePickle(program(Op.none, Op.none, Op.tuple3), noValue)
  HostilePickle(program(Op.none, Op.mark, Op.tuple1), noValue)
  HostilePickle(program(Op.none, Op.none, Op.mark, Op.tuple2), noValue)
  HostilePickle(program(Op.tuple), "the pickle ends a collection that was not begun")
  HostilePickle(program(Op.emptyList, Op.appends), "the pickle ends a collection that was not begun")
  HostilePickle(program(Op.emptyDict, Op.setItems), "the pickle ends a collection that was not begun")
  HostilePickle(program(Op.append), noValue)
  HostilePickle(program(Op.none, Op.append), noValue)
  HostilePickle(program(Op.emptyDict, Op.none, Op.setItem), noValue)
  HostilePickle(program(Op.mark, Op.none, Op.appends), noValue)
  HostilePickle(program(Op.mark, Op.setItems), noValue)
  HostilePickle(program(Op.reduce), noValue)
  HostilePickle(program(Op.emptyTuple, Op.reduce), noValue)
  HostilePickle(program(Op.build), noValue)
  HostilePickle(program(Op.emptyDict, Op.build), noValue)
  HostilePickle(program(Op.persistent), noValue)
  HostilePickle(program(Op.stackGlobal), noValue)
  HostilePickle(
    program([UInt8](repeating: Op.mark[0], count: 65)), "byte 66: the pickle is nested deeper than 64")
  HostilePickle(
    program([UInt8](repeating: Op.mark[0], count: 1 << 20)), "the pickle is nested deeper than 64")
  HostilePickle(program([UInt8](repeating: Op.none[0], count: 1 << 21)), "has more than 1048576 operations")
  HostilePickle(
    program(Op.none, [UInt8](repeating: Op.tuple1[0], count: 1 << 21)), "has more than 1048576 operations")
  HostilePickle(
    program(Op.none, [UInt8](repeating: Op.tuple1[0], count: 1 << 19)), "holds a tuple, expected a state_dict"
  )

  // The memo.
  HostilePickle(program(Op.put(0)), noValue)
  HostilePickle(program(Op.longPut(.max)), noValue)
  HostilePickle(program(Op.memoize), noValue)
  HostilePickle(program(Op.get(0)), "the pickle recalls value 0 of its memo, which was not stored")
  HostilePickle(
    program(Op.longGet(.max)), "the pickle recalls value 4294967295 of its memo, which was not stored")
  HostilePickle(program(Op.emptyDict, Op.put(1), Op.get(0)), "recalls value 0 of its memo")
  HostilePickle(program(Op.emptyDict, Op.put(1), Op.put(1)), "the pickle stores value 1 of its memo twice")
  HostilePickle(
    program(Op.emptyDict, Op.put(1), Op.longPut(1)), "the pickle stores value 1 of its memo twice")
  HostilePickle(program(Op.emptyDict, Op.put(1), Op.memoize), "the pickle stores value 1 of its memo twice")
  HostilePickle(program(Op.none, Op.mark, Op.put(0)), noValue)

  // Values of the wrong type.
  HostilePickle(program(Op.none, Op.none, Op.append), "the pickle appends to None, expected a list")
  HostilePickle(program(Op.emptyDict, Op.none, Op.append), "appends to a dictionary, expected a list")
  HostilePickle(program(Op.emptyTuple, Op.mark, Op.none, Op.appends), "appends to a tuple, expected a list")
  HostilePickle(
    program(Op.emptyList, Op.none, Op.none, Op.setItem), "sets items of a list, expected a dictionary")
  HostilePickle(program(Op.text("x"), Op.mark, Op.setItems), "sets items of a string, expected a dictionary")
  HostilePickle(
    program(Op.global("collections", "OrderedDict"), Op.none, Op.none, Op.setItem),
    "sets items of a function or type")
  HostilePickle(
    program(Op.emptyDict, Op.mark, Op.text("w"), Op.setItems), "the pickle sets a key without a value")
  HostilePickle(program(Op.none, Op.emptyTuple, Op.reduce), "the pickle calls None")
  HostilePickle(program(Op.text("os.system"), Op.emptyTuple, Op.reduce), "the pickle calls a string")
  HostilePickle(program(Op.orderedDict, Op.emptyTuple, Op.reduce), "the pickle calls a dictionary")
  HostilePickle(program(Op.none, Op.text("x"), Op.stackGlobal), "with something other than strings")
  HostilePickle(program(Op.text("x"), Op.int(1), Op.stackGlobal), "with something other than strings")
  HostilePickle(program(Op.emptyList, Op.emptyDict, Op.build), "the pickle sets attributes of a list")
  HostilePickle(program(Op.orderedDict, Op.none, Op.build), "the pickle sets attributes of a dictionary")
  HostilePickle(
    program(Op.orderedDict, Op.emptyDict, Op.text("__class__"), Op.none, Op.setItem, Op.build),
    "the pickle sets attributes of a dictionary other than a state_dict's _metadata")
  // Searching a long dictionary again and again would take hours.
  HostilePickle(
    program(
      Op.orderedDict, Op.emptyDict, Op.put(0), Op.mark, Op.text("_metadata"), Op.put(1), Op.none,
      repeated(Op.get(1) + Op.none, 100_000), Op.setItems, Op.build, repeated(Op.get(0) + Op.build, 200_000)),
    "the pickle sets attributes of a dictionary other than a state_dict's _metadata")
  HostilePickle(
    program(Op.global("torch", "FloatStorage"), Op.emptyDict, Op.build),
    "sets attributes of a function or type")
}

/// Every operation of Python's pickles that the reader leaves out, and some that Python does not have either.
private let unknownOperations: [UInt8] = [
  0x00, 0x30, 0x31, 0x32, 0x46, 0x49, 0x4c, 0x50, 0x53, 0x56, 0x64, 0x67, 0x69, 0x6c, 0x6f, 0x70,
  0x82, 0x83, 0x84, 0x8b, 0x8e, 0x92, 0x96, 0x97, 0x98, 0xff,
]

private let globals: [(module: String, name: String)] = [
  ("os", "system"), ("posix", "system"), ("builtins", "eval"), ("__builtin__", "exec"),
  ("builtins", "getattr"),
  ("builtins", "__import__"), ("builtins", "open"), ("builtins", "compile"), ("__builtin__", "apply"),
  ("_codecs", "decode"), ("numpy.core.multiarray", "fromfile"), ("numpy", "load"), ("pathlib", "os"),
  ("collections", "OrderedDict.update"), ("collections.abc", "OrderedDict"), ("collections", "namedtuple"),
  ("torch", "load"), ("torch", "Tensor"), ("torch", "ComplexFloatStorage"), ("torch", "floatStorage"),
  ("torch", "UntypedStorage"), ("torch", ""), ("", ""), ("torch.storage", "_load_from_bytes"),
  ("torch.storage", "FloatStorage"), ("torch.cuda", "FloatStorage"), ("torch._utils", "_rebuild_tensor"),
  ("torch._utils", "_rebuild_tensor_v3"), ("torch._utils", "_rebuild_qtensor"),
  ("torch._utils", "_import_dotted_name"), ("torch._utils", "_rebuild_sparse_tensor"),
  ("torch._utils", "_rebuild_meta_tensor_no_storage"), ("torch._tensor", "_rebuild_from_type_v2"),
  ("torch.jit", "load"), ("mymodels", "FNet"), ("torch._utils ", "_rebuild_tensor_v2"),
  ("TORCH", "FloatStorage"),
]

@Test(arguments: programs.indices) func hostileProgramsAreRefused(index: Int) {
  expectRefusal(of: programs[index])
}

@Test(arguments: unknownOperations) func operationsThatNoTensorNeedsAreRefused(code: UInt8) {
  expectRefusal(
    of: HostilePickle(
      program(Op.emptyDict, [code], Op.emptyDict),
      "archive/data.pkl, byte 3: the pickle has operation 0x\(String(code, radix: 16)), which no state_dict needs"
    ))
}

@Test(arguments: globals.indices) func globalsThatNoTensorNeedsAreRefusedByName(index: Int) {
  let (module, name) = globals[index]
  let text = "byte 2: the pickle asks for '\(module).\(name)', which no state_dict needs"
  expectRefusal(of: HostilePickle(program(Op.global(module, name)), text))
  let stacked = program(Op.text(module), Op.text(name), Op.stackGlobal)
  expectRefusal(
    of: HostilePickle(stacked, "the pickle asks for '\(module).\(name)', which no state_dict needs"))
}

@Test(arguments: [("__main__", "Network"), ("torch.nn.modules.linear", "Linear")])
func pickledModulesAreRefusedByName(module: String, name: String) {
  expectRefusal(
    of: HostilePickle(program(Op.global(module, name)), "this is a whole pickled module (\(module).\(name))"))
}

@Test func aPickleTruncatedAnywhereIsRefused() {
  let whole = pickle([PickledTensor(), PickledTensor().with { $0.name = "v" }])
  for count in 0..<whole.count {
    let description = refusal(of: Array(whole[..<count]))
    #expect(description.contains("archive/data.pkl, byte "), "\(count): \(description)")
  }
}

@Test func aPickleWithAnyByteChangedNeverTraps() throws {
  let whole = pickle([PickledTensor(), PickledTensor().with { $0.name = "v" }])
  for index in whole.indices {
    for value: UInt8 in [0, 1, 0x28, 0x2e, 0x52, 0x74, 0x7f, 0x80, 0x85, 0x86, 0xff] {
      var changed = whole
      changed[index] = value
      do {
        // The change may hit a name or a device.
        let tensors = try stateDictionary(archive(changed).bytes)
        #expect(tensors.values.allSatisfy { $0.values.count == $0.shape.reduce(1, *) })
      } catch let error as ModelFileError {
        #expect(error.description.hasPrefix("memory: "))
      }
    }
  }
}
