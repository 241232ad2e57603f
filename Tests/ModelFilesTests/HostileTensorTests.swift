// Pickles whose tensors, storages or dictionaries no PyTorch writes. Each is sound except for one fault, and is refused
// in one line that names the fault.

import ModelFiles
import Testing

private func tensor(_ change: (inout PickledTensor) -> Void) -> [UInt8] {
  pickle([PickledTensor().with(change)])
}

private let elsewhere = "does not fit in storage '0' of 4 elements"
private let arguments = "the arguments of torch._utils._rebuild_tensor_v2 are not those of a plain tensor"
private let noStorage = "the pickle refers to something other than a plain storage"

private let tensors = list(of: HostilePickle.self) {
  // Arguments.
  HostilePickle(
    program(Op.global("collections", "OrderedDict"), Op.none, Op.reduce),
    "arguments of collections.OrderedDict")
  HostilePickle(
    program(Op.global("collections", "OrderedDict"), Op.emptyList, Op.tuple1, Op.reduce),
    "the arguments of collections.OrderedDict")
  HostilePickle(
    program(Op.global("torch", "FloatStorage"), Op.emptyTuple, Op.reduce),
    "the pickle calls torch.FloatStorage")
  HostilePickle(program(Op.global("torch._utils", "_rebuild_tensor_v2"), Op.emptyTuple, Op.reduce), arguments)
  HostilePickle(
    program(
      Op.global("torch._utils", "_rebuild_parameter"), Op.none, Op.yes, Op.orderedDict, Op.tuple3, Op.reduce),
    "the arguments of torch._utils._rebuild_parameter")
  HostilePickle(
    program(
      Op.global("torch._utils", "_rebuild_parameter"), PickledTensor().tensor, Op.yes, Op.none, Op.tuple3,
      Op.reduce),
    "the arguments of torch._utils._rebuild_parameter")
  HostilePickle(tensor { $0.offset = Op.none }, arguments)
  HostilePickle(tensor { $0.offset = Op.long([UInt8](repeating: 1, count: 9)) }, arguments)
  HostilePickle(tensor { $0.offset = [0x47] + [UInt8](repeating: 0, count: 8) }, arguments)
  HostilePickle(tensor { $0.shape = Op.int(4) }, arguments)
  HostilePickle(tensor { $0.shape = Op.text("4") + Op.tuple1 }, arguments)
  HostilePickle(tensor { $0.shape = Op.yes + Op.tuple1 }, arguments)
  HostilePickle(tensor { $0.strides = Op.emptyList }, arguments)
  HostilePickle(tensor { $0.hooks = Op.none }, arguments)
  HostilePickle(tensor { $0.hooks = Op.orderedDict + Op.int(1) + Op.none + Op.setItem }, arguments)
  HostilePickle(tensor { $0.more = Op.emptyDict }, arguments)
  HostilePickle(tensor { $0.shape = Op.integers(Array(repeating: 1, count: 17)) }, arguments)
  HostilePickle(tensor { $0.shape = Op.integers(Array(repeating: 1, count: 10_000)) }, arguments)

  // Storages.
  HostilePickle(program(Op.none, Op.persistent), noStorage)
  HostilePickle(program(Op.text("storage"), Op.persistent), noStorage)
  HostilePickle(program(Op.emptyTuple, Op.persistent), noStorage)
  HostilePickle(tensor { $0.device = Op.none }, noStorage)
  HostilePickle(tensor { $0.storageCount = Op.int(-1) }, noStorage)
  HostilePickle(tensor { $0.storageCount = Op.text("4") }, noStorage)
  HostilePickle(tensor { $0.storageCount = Op.long([UInt8](repeating: 255, count: 16)) }, noStorage)
  HostilePickle(tensor { $0.view = Op.none }, noStorage)
  HostilePickle(tensor { $0.key = String(repeating: "0", count: 257) }, noStorage)
  HostilePickle(
    tensor { $0.storageCount = Op.long(.max) },
    "storage '0': 9223372036854775807 elements are more than any file")
  HostilePickle(
    tensor { $0.storageCount = Op.int(5) },
    "storage '0': is a torch.FloatStorage of 5 elements, but its record has 16 bytes")
  HostilePickle(
    tensor {
      $0.storageCount = Op.int(3)
      $0.shape = Op.integers([3])
    }, "storage '0': is a torch.FloatStorage of 3 elements, but its record has 16 bytes")
  HostilePickle(
    tensor { $0.type = "DoubleStorage" }, "a torch.DoubleStorage of 4 elements, but its record has 16 bytes")
  HostilePickle(
    tensor { $0.type = "HalfStorage" }, "a torch.HalfStorage of 4 elements, but its record has 16 bytes")
  HostilePickle(
    tensor { $0.storageCount = Op.long(1 << 60) }, "of 1152921504606846976 elements, but its record has 16")
  HostilePickle(tensor { $0.type = "IntStorage" }, "tensor 'w': has a torch.IntStorage")
  HostilePickle(tensor { $0.type = "BoolStorage" }, "tensor 'w': has a torch.BoolStorage")
  HostilePickle(tensor { $0.key = "1" }, "the archive has no entry 'archive/data/1'")
  HostilePickle(tensor { $0.key = "" }, "the archive has no entry 'archive/data/'")
  HostilePickle(tensor { $0.key = "../data/0" }, "the archive has no entry 'archive/data/../data/0'")
  HostilePickle(tensor { $0.key = "../../../etc/passwd" }, "the archive has no entry")
  HostilePickle(
    pickle([
      PickledTensor(),
      PickledTensor().with {
        $0.name = "v"
        $0.type = "HalfStorage"
      },
    ]), "storage '0': is described in two ways")
  HostilePickle(
    pickle([
      PickledTensor(),
      PickledTensor().with {
        $0.name = "v"
        $0.storageCount = Op.int(5)
      },
    ]), "storage '0': is described in two ways")

  // Views.
  HostilePickle(
    tensor { $0.strides = Op.integers([]) }, "of shape [4] has strides [], expected one for each dimension")
  HostilePickle(
    tensor { $0.strides = Op.integers([1, 1]) },
    "of shape [4] has strides [1, 1], expected one for each dimension")
  HostilePickle(
    tensor { $0.offset = Op.int(-1) }, "a tensor has offset -1, shape [4], strides [1]; none may be negative"
  )
  HostilePickle(tensor { $0.offset = Op.long(.min) }, "none may be negative")
  HostilePickle(tensor { $0.shape = Op.integers([-4]) }, "none may be negative")
  HostilePickle(
    tensor {
      $0.shape = Op.integers([-2, -2]); $0.strides = Op.integers([2, 1])
    }, "none may be negative")
  HostilePickle(tensor { $0.strides = Op.integers([-1]) }, "none may be negative")
  HostilePickle(
    tensor { $0.offset = Op.int(1) }, "a tensor at offset 1 of shape [4], strides [1] \(elsewhere)")
  HostilePickle(tensor { $0.offset = Op.int(4) }, elsewhere)
  HostilePickle(tensor { $0.offset = Op.long(.max) }, elsewhere)
  HostilePickle(
    tensor {
      $0.offset = Op.long(.max); $0.shape = Op.integers([0])
    }, elsewhere)
  HostilePickle(
    tensor {
      $0.offset = Op.int(4); $0.shape = Op.integers([]); $0.strides = Op.integers([])
    }, elsewhere)
  HostilePickle(tensor { $0.shape = Op.integers([5]) }, elsewhere)
  HostilePickle(tensor { $0.shape = Op.integers([.max]) }, elsewhere)
  HostilePickle(tensor { $0.strides = Op.integers([2]) }, elsewhere)
  HostilePickle(tensor { $0.strides = Op.integers([.max]) }, elsewhere)
  HostilePickle(tensor { $0.strides = Op.integers([.max / 3]) }, elsewhere)
  HostilePickle(
    tensor {
      $0.shape = Op.integers([2, 2]); $0.strides = Op.integers([3, 1])
    }, elsewhere)
  HostilePickle(
    tensor {
      $0.shape = Op.integers([2, 2]); $0.strides = Op.integers([.max, .max])
    }, elsewhere)
  HostilePickle(
    tensor {
      $0.shape = Op.integers([1 << 32, 1 << 32]); $0.strides = Op.integers([0, 0])
    },
    "a tensor of shape [4294967296, 4294967296] is larger than any file")
  HostilePickle(
    tensor {
      $0.shape = Op.integers([.max, 2, 0]); $0.strides = Op.integers([0, 0, 0])
    }, "is larger than any file")
  HostilePickle(
    tensor {
      $0.shape = Op.integers([.max]); $0.strides = Op.integers([0])
    },
    "a tensor of shape [9223372036854775807], strides [0] repeats the 4 elements of its storage")
  HostilePickle(
    tensor {
      $0.shape = Op.integers([5]); $0.strides = Op.integers([0])
    }, "repeats the 4 elements")
  HostilePickle(
    tensor {
      $0.shape = Op.integers([3, 2]); $0.strides = Op.integers([1, 1])
    }, "repeats the 4 elements")

  // The saved object.
  HostilePickle(program(Op.none), "holds None, expected a state_dict")
  HostilePickle(program(Op.emptyList), "holds a list, expected a state_dict")
  HostilePickle(program(Op.int(7)), "holds an integer, expected a state_dict")
  HostilePickle(
    program(Op.long([UInt8](repeating: 7, count: 200))), "holds an integer, expected a state_dict")
  HostilePickle(
    program(Op.global("torch", "FloatStorage")), "holds a function or type, expected a state_dict")
  HostilePickle(program(PickledTensor().storage), "holds a storage, expected a state_dict")
  HostilePickle(pickle([PickledTensor(), PickledTensor()]), "tensor 'w': appears twice")
  HostilePickle(
    program(Op.emptyDict, Op.text("w"), Op.none, Op.setItem),
    "the state_dict's 'w' is None, expected a tensor")
  HostilePickle(
    program(Op.emptyDict, Op.int(1), PickledTensor().tensor, Op.setItem),
    "the state_dict has an integer for a key")
  HostilePickle(
    program(
      Op.emptyDict, Op.mark, Op.text("model"), Op.emptyDict, Op.text("state_dict"), Op.emptyDict, Op.setItems),
    "the state_dict's 'model' is a dictionary, expected a tensor")
  let inner = joined(Op.emptyDict, Op.text("w"), PickledTensor().tensor, Op.setItem)
  HostilePickle(
    program(Op.emptyDict, Op.mark, Op.text("model"), inner, Op.text("model"), inner, Op.setItems),
    "holds several dictionaries of tensors (model, model), so it is unclear which to use")
}

@Test(arguments: tensors.indices) func hostileTensorsAreRefused(index: Int) {
  expectRefusal(of: tensors[index])
}
