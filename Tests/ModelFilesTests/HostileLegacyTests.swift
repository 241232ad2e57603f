// Files of PyTorch's legacy format that no PyTorch writes. Each is sound except for one fault.

import ModelFiles
import Testing

/// A file, and a text that its refusal contains.
private struct Hostile: Sendable {
  let bytes: [UInt8]
  let text: String

  init(_ bytes: [UInt8], _ text: String) {
    self.bytes = bytes
    self.text = text
  }
}

private let tensor = PickledTensor().with { $0.view = Op.none }
private let state = pickle([tensor])

private func keys(_ operations: [UInt8]...) -> [UInt8] { Op.proto + operations.flatMap { $0 } + Op.stop }

private let values = bytes([1, 2, 3, 4])

private let files = list(of: Hostile.self) {
  // The parts before the tensors.
  Hostile([0x80, 2], "this is a Python pickle, not a model of fm-tools")
  Hostile(state, "this is a Python pickle, not a model of fm-tools")
  Hostile(legacyFile(state, magic: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]), "this is a Python pickle")
  Hostile(legacyFile(state, magic: []), "this is a Python pickle")
  Hostile(
    legacyFile(state, magic: [0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19, 0]),
    "a Python pickle")
  Hostile(legacyFile(state, version: 1000), "a PyTorch file of an unknown version")
  Hostile(legacyFile(state, version: -1), "a PyTorch file of an unknown version")
  Hostile(legacyFile(state, order: Op.no), "with the other byte order")
  Hostile(legacyFile(state, order: Op.int(1)), "with the other byte order")
  Hostile(
    legacyFile(state, order: Op.yes + Op.setItem + Op.text("little_endian") + Op.no),
    "with the other byte order")

  // The pickle: storages have six parts, and are not views.
  Hostile(legacyFile(pickle([PickledTensor()])), "the pickle refers to something other than a plain storage")
  Hostile(
    legacyFile(pickle([tensor.with { $0.view = Op.integers([0, 0, 4]) }])),
    "storage '0': is a view of another"
  )
  Hostile(
    legacyFile(pickle([tensor.with { $0.offset = Op.int(1) }])),
    "does not fit in storage '0' of 4 elements")
  Hostile(legacyFile(Op.proto + Op.global("os", "system") + Op.stop), "the pickle asks for 'os.system'")
  Hostile(
    legacyFile(
      Op.proto + Op.mark + Op.text("module") + Op.global("__main__", "Net") + Op.none + Op.none + Op.tuple
        + Op.persistent + Op.stop), "this is a whole pickled module (__main__.Net)"
  )

  // The list of storages.
  Hostile(legacyFile(state, keys: keys(Op.none)), "the list of storages after the pickle does not name")
  Hostile(legacyFile(state, keys: keys(Op.emptyDict)), "the list of storages after the pickle does not name")
  Hostile(legacyFile(state, keys: keys(Op.emptyList, Op.int(0), Op.append)), "the list of storages")
  Hostile(legacyFile(state, keys: keys(Op.emptyList, Op.text("1"), Op.append)), "the list of storages")
  Hostile(
    legacyFile(
      state, keys: keys(Op.emptyList, Op.text("0"), Op.append, Op.text("0"), Op.append),
      storages: littleEndian(4) + values + littleEndian(4) + values), "the list of storages"
  )
  Hostile(
    legacyFile(state, keys: keys(Op.emptyList), storages: []), "storage '0': the file has no bytes for it"
  )

  // The storages.
  Hostile(legacyFile(state, storages: []), "storage '0': expected 8 bytes, but the file ends after 0")
  Hostile(
    legacyFile(state, storages: [4, 0, 0, 0, 0, 0, 0]),
    "storage '0': expected 8 bytes, but the file ends after 7")
  Hostile(
    legacyFile(state, storages: littleEndian(4)), "storage '0': expected 16 bytes, but the file ends after 0")
  Hostile(
    legacyFile(state, storages: littleEndian(4) + values.dropLast()),
    "expected 16 bytes, but the file ends after 15")
  Hostile(
    legacyFile(state, storages: littleEndian(5) + values),
    "storage '0': has 5 elements, but the pickle says 4")
  Hostile(
    legacyFile(state, storages: littleEndian(0) + values),
    "storage '0': has 0 elements, but the pickle says 4")
  Hostile(
    legacyFile(state, storages: littleEndian(-1) + values),
    "storage '0': has -1 elements, but the pickle says 4")
  Hostile(
    legacyFile(state, storages: littleEndian(Int.min) + values),
    "has -9223372036854775808 elements, but the pickle says 4"
  )
  Hostile(
    legacyFile(
      pickle([tensor.with { $0.storageCount = Op.long(1 << 60) }]), storages: littleEndian(1 << 60) + values),
    "storage '0': expected 4611686018427387904 bytes, but the file ends after 16"
  )
  Hostile(
    legacyFile(state, storages: littleEndian(4) + values + [0]),
    "expected the end of the file after the last storage")
  Hostile(
    legacyFile(state, storages: littleEndian(4) + values + littleEndian(4) + values),
    "expected the end of the file after the last storage"
  )
}

@Test(arguments: files.indices) func hostileLegacyFilesAreRefused(index: Int) {
  let bytes = files[index].bytes
  let text = files[index].text
  let error = #expect(throws: ModelFileError.self) { try stateDictionary(bytes) }
  let description = error?.description ?? "no error"
  #expect(description.contains(text), "\(description)")
  #expect(description.hasPrefix("memory: "))
  #expect(!description.contains("\n"))
  #expect(error?.kind == .badData)
}

@Test func aLegacyFileTruncatedAnywhereIsRefused() {
  let whole = legacyFile(state)
  for count in 0..<whole.count {
    let error = #expect(throws: ModelFileError.self) { try stateDictionary(Array(whole[..<count])) }
    #expect(error?.kind == .badData)
  }
}
