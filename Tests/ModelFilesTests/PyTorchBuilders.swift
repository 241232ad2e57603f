// Small builders of PyTorch files that can be broken in one place: pickles operation by operation, zip archives field
// by field. PyTorchModelTests.swift checks that unbroken files are read.

import ByteIO
import MemoryStreams
import ModelFiles
import Networks
import TensorStream

/// Returns a number's bytes, little-endian.
func littleEndian<Value: FixedWidthInteger>(_ value: Value) -> [UInt8] {
  (0..<Value.bitWidth / 8).map { UInt8(truncatingIfNeeded: value >> Value($0 * 8)) }
}

/// Returns the pieces, concatenated.
func joined(_ pieces: [UInt8]...) -> [UInt8] { pieces.flatMap { $0 } }

/// Builds lists of many cases. The compiler checks each case by itself, because one large literal takes it too long.
@resultBuilder
enum ListBuilder<Element> {
  static func buildExpression(_ element: Element) -> Element { element }
  static func buildBlock(_ elements: Element...) -> [Element] { elements }
}

func list<Element>(of: Element.Type, @ListBuilder<Element> _ elements: () -> [Element]) -> [Element] {
  elements()
}

// MARK: - Pickles

/// The operations of a pickle, as bytes.
enum Op {
  static let proto: [UInt8] = [0x80, 2]
  static let stop: [UInt8] = [0x2e]
  static let mark: [UInt8] = [0x28]
  static let none: [UInt8] = [0x4e]
  static let yes: [UInt8] = [0x88]
  static let no: [UInt8] = [0x89]
  static let emptyTuple: [UInt8] = [0x29]
  static let tuple: [UInt8] = [0x74]
  static let tuple1: [UInt8] = [0x85]
  static let tuple2: [UInt8] = [0x86]
  static let tuple3: [UInt8] = [0x87]
  static let emptyList: [UInt8] = [0x5d]
  static let append: [UInt8] = [0x61]
  static let appends: [UInt8] = [0x65]
  static let emptyDict: [UInt8] = [0x7d]
  static let setItem: [UInt8] = [0x73]
  static let setItems: [UInt8] = [0x75]
  static let reduce: [UInt8] = [0x52]
  static let build: [UInt8] = [0x62]
  static let persistent: [UInt8] = [0x51]
  static let stackGlobal: [UInt8] = [0x93]
  static let memoize: [UInt8] = [0x94]

  static func global(_ module: String, _ name: String) -> [UInt8] { Array("c\(module)\n\(name)\n".utf8) }
  static func text(_ text: String) -> [UInt8] { [0x58] + littleEndian(UInt32(text.utf8.count)) + text.utf8 }
  static func int(_ value: Int32) -> [UInt8] { [0x4a] + littleEndian(value) }
  static func long(_ bytes: [UInt8]) -> [UInt8] { [0x8a, UInt8(bytes.count)] + bytes }
  static func long(_ value: Int) -> [UInt8] { long(littleEndian(value)) }
  static func put(_ place: UInt8) -> [UInt8] { [0x71, place] }
  static func get(_ place: UInt8) -> [UInt8] { [0x68, place] }
  static func longPut(_ place: UInt32) -> [UInt8] { [0x72] + littleEndian(place) }
  static func longGet(_ place: UInt32) -> [UInt8] { [0x6a] + littleEndian(place) }
  static let orderedDict = joined(global("collections", "OrderedDict"), emptyTuple, reduce)
  static func integers(_ values: [Int]) -> [UInt8] { joined(mark, values.flatMap { long($0) }, tuple) }
}

/// A tensor's description in a pickle, any part of which can be replaced.
struct PickledTensor {
  var name = "w"
  var type = "FloatStorage"
  var key = "0"
  var device = Op.text("cpu")
  var storageCount = Op.int(4)
  /// The part after the five parts of a storage; `None` in legacy files.
  var view: [UInt8] = []
  var offset = Op.int(0)
  var shape = Op.integers([4])
  var strides = Op.integers([1])
  var hooks = Op.orderedDict
  var more: [UInt8] = []

  var storage: [UInt8] {
    joined(
      Op.mark, Op.text("storage"), Op.global("torch", type), Op.text(key), device, storageCount, view,
      Op.tuple,
      Op.persistent)
  }

  var tensor: [UInt8] {
    joined(
      Op.global("torch._utils", "_rebuild_tensor_v2"), Op.mark, storage, offset, shape, strides, Op.no, hooks,
      more,
      Op.tuple, Op.reduce)
  }

  func with(_ change: (inout Self) -> Void) -> Self {
    var copy = self
    change(&copy)
    return copy
  }
}

/// Returns a pickle of a dictionary of tensors.
func pickle(_ tensors: [PickledTensor]) -> [UInt8] {
  let items = tensors.flatMap { Op.text($0.name) + $0.tensor }
  return joined(Op.proto, Op.orderedDict, Op.mark, items, Op.setItems, Op.stop)
}

// MARK: - Zip archives

/// An entry of a zip archive. An optional field that is not `nil` replaces the correct value.
struct ZipEntry {
  var name: String
  var data: [UInt8]
  var method: UInt16 = 0
  var flags: UInt16 = 0x0808
  var checksum: UInt32?
  var byteCount: UInt32?
  var originalByteCount: UInt32?
  var headerOffset: UInt32?
  var disk: UInt16 = 0
  var extra: [UInt8] = []
  var comment: [UInt8] = []
  var signature: UInt32 = 0x0201_4b50
  var localName: String?
  var localSignature: UInt32 = 0x0403_4b50
  var localMethod: UInt16?
  var localExtraCount: UInt16?

  init(_ name: String, _ data: [UInt8]) {
    self.name = name
    self.data = data
  }
}

/// A zip archive as PyTorch writes it, with sizes in the directory only.
struct ZipBuilder {
  var entries: [ZipEntry]
  var count: UInt16?
  var countHere: UInt16?
  var disk: UInt16 = 0
  var directoryOffset: UInt32?
  var directoryByteCount: UInt32?
  var comment: [UInt8] = []
  var commentByteCount: UInt16?
  /// Writes a zip64 end record and its locator.
  var zip64: (@Sendable (inout Zip64) -> Void)?

  /// The fields of the zip64 end record.
  struct Zip64 {
    var signature: UInt32 = 0x0606_4b50
    var byteCount: UInt64 = 44
    var count: UInt64
    var countHere: UInt64
    var disk: UInt32 = 0
    var directoryByteCount: UInt64
    var directoryOffset: UInt64
    /// The record's offset according to the locator.
    var place: UInt64

    var bytes: [UInt8] {
      joined(
        littleEndian(signature), littleEndian(byteCount), [0, 0, 0, 0], littleEndian(disk),
        littleEndian(disk),
        littleEndian(countHere), littleEndian(count), littleEndian(directoryByteCount),
        littleEndian(directoryOffset), littleEndian(UInt32(0x0706_4b50)), [0, 0, 0, 0], littleEndian(place),
        [1, 0, 0, 0])
    }
  }

  var bytes: [UInt8] {
    var bytes: [UInt8] = []
    var directory: [UInt8] = []
    for entry in entries {
      directory += Self.directoryEntry(entry, offset: bytes.count)
      bytes += Self.localEntry(entry)
    }
    let offset = bytes.count
    bytes += directory
    if let change = zip64 {
      var record = Zip64(
        count: UInt64(entries.count), countHere: UInt64(entries.count),
        directoryByteCount: UInt64(directory.count),
        directoryOffset: UInt64(offset), place: UInt64(bytes.count))
      change(&record)
      bytes += record.bytes
    }
    bytes += joined(
      littleEndian(UInt32(0x0605_4b50)), littleEndian(disk), littleEndian(disk),
      littleEndian(countHere ?? count ?? UInt16(entries.count)), littleEndian(count ?? UInt16(entries.count)),
      littleEndian(directoryByteCount ?? UInt32(directory.count)),
      littleEndian(directoryOffset ?? UInt32(offset)),
      littleEndian(commentByteCount ?? UInt16(comment.count)), comment)
    return bytes
  }

  private static func localEntry(_ entry: ZipEntry) -> [UInt8] {
    let name = Array((entry.localName ?? entry.name).utf8)
    return joined(
      littleEndian(entry.localSignature), [0, 0], littleEndian(entry.flags),
      littleEndian(entry.localMethod ?? entry.method),
      [UInt8](repeating: 0, count: 16), littleEndian(UInt16(name.count)),
      littleEndian(entry.localExtraCount ?? 0), name, entry.data)
  }

  private static func directoryEntry(_ entry: ZipEntry, offset: Int) -> [UInt8] {
    var checksum = CRC32()
    entry.data.withUnsafeBytes { checksum.update($0) }
    let byteCount = entry.byteCount ?? UInt32(entry.data.count)
    let head = joined(
      littleEndian(entry.signature), [0, 0, 0, 0], littleEndian(entry.flags), littleEndian(entry.method),
      [0, 0, 0, 0], littleEndian(entry.checksum ?? checksum.value), littleEndian(byteCount),
      littleEndian(entry.originalByteCount ?? byteCount))
    let name = Array(entry.name.utf8)
    return joined(
      head, littleEndian(UInt16(name.count)), littleEndian(UInt16(entry.extra.count)),
      littleEndian(UInt16(entry.comment.count)), littleEndian(entry.disk), [UInt8](repeating: 0, count: 6),
      littleEndian(entry.headerOffset ?? UInt32(offset)), name, entry.extra, entry.comment)
  }
}

// MARK: - Files

/// Returns the bytes of Float values.
func bytes(_ values: [Float]) -> [UInt8] { values.withUnsafeBytes { Array($0) } }

/// Returns an archive with the given pickle and a storage `0` of 1, 2, 3, 4.
func archive(_ pickle: [UInt8]) -> ZipBuilder {
  ZipBuilder(entries: [
    ZipEntry("archive/data.pkl", pickle), ZipEntry("archive/data/0", bytes([1, 2, 3, 4])),
    ZipEntry("archive/version", Array("3\n".utf8)),
  ])
}

/// Returns a legacy file with the given parts.
func legacyFile(
  _ pickle: [UInt8], keys: [UInt8] = Op.proto + Op.emptyList + Op.text("0") + Op.append + Op.stop,
  storages: [UInt8] = littleEndian(4) + bytes([1, 2, 3, 4]),
  magic: [UInt8] = [0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19],
  version: Int32 = 1001, order: [UInt8] = Op.yes
) -> [UInt8] {
  let system = joined(Op.proto, Op.emptyDict, Op.text("little_endian"), order, Op.setItem, Op.stop)
  return joined(
    Op.proto, Op.long(magic), Op.stop, Op.proto, Op.int(version), Op.stop, system, pickle, keys, storages)
}

/// Returns all tensors of a file by name.
func stateDictionary(_ bytes: [UInt8], step: Int = .max) throws -> [String: Parameter] {
  let source = PeekedSource(MemorySource(bytes, name: "memory", step: step))
  let state = try PyTorchStateDictionary(reading: source)
  let parameters = try state.tensors.map {
    Parameter(name: $0.name, shape: $0.shape, values: try state.values(of: $0.name))
  }
  return Dictionary(uniqueKeysWithValues: parameters.map { ($0.name, $0) })
}
