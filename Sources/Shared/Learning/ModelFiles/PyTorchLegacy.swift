// The format of torch.save before PyTorch 1.6, and later with _use_new_zipfile_serialization=False.
//
//     pickle    the magic number
//     pickle    1001, the version
//     pickle    {"protocol_version": 1001, "little_endian": True, "type_sizes": {…}}
//     pickle    the saved object
//     pickle    [KEY, …], the keys of the storages
//     for each storage, in that order: the number of elements, 8 bytes, and then the elements

/// A file of the legacy format.
struct PyTorchLegacy {
  let bytes: [UInt8]
  let objects: PickleObjects
  /// The range of the elements of each storage, by its key.
  let storageRanges: [String: Range<Int>]

  /// 0x1950a86a20f9469cfc6c, little-endian.
  private static let magic: [UInt8] = [0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19]
  private static let version = 1001

  init(_ bytes: [UInt8]) throws(PyTorchProblem) {
    var reader = PickleSequence(bytes: bytes)
    guard case .wideInteger(let range)? = try? reader.next().root, bytes[range] == Self.magic[...] else {
      throw .foreignPickle
    }
    guard try reader.next().root == .integer(Self.version) else { throw .unknownLegacyVersion }
    let system = try reader.next()
    guard case .dictionary(let place) = system.root else { throw .unknownLegacyVersion }
    let order = system.dictionaries[place].filter { $0.key == .string("little_endian") }
    guard order.count == 1, order[0].value == .boolean(true) else { throw .bigEndian }
    let objects = try reader.next()
    let keys = try reader.next()
    storageRanges = try Self.storageRanges(bytes, from: reader.offset, keys: keys, objects)
    self.bytes = bytes
    self.objects = objects
  }

  private static func storageRanges(
    _ bytes: [UInt8], from start: Int, keys: PickleObjects, _ objects: PickleObjects
  ) throws(PyTorchProblem) -> [String: Range<Int>] {
    guard case .list(let place) = keys.root else { throw .malformedStorageKeys }
    let storages = Dictionary(uniqueKeysWithValues: objects.storages.map { ($0.key, $0) })
    var ranges: [String: Range<Int>] = [:]
    var offset = start
    for value in keys.lists[place] {
      guard case .string(let key) = value, let storage = storages[key] else { throw .malformedStorageKeys }
      guard let count = bytes.littleEndian(Int64.self, at: offset) else {
        throw .endsInStorage(key: key, needed: 8, left: bytes.count - offset)
      }
      guard count == storage.elementCount, let byteCount = storage.byteCount else {
        throw .wrongElementCount(storage: key, expected: storage.elementCount, found: count)
      }
      offset += 8
      guard byteCount <= bytes.count - offset else {
        throw .endsInStorage(key: key, needed: byteCount, left: bytes.count - offset)
      }
      guard ranges.updateValue(offset..<offset + byteCount, forKey: key) == nil else {
        throw .malformedStorageKeys
      }
      offset += byteCount
    }
    guard offset == bytes.count else { throw .bytesBehindStorages(offset: offset) }
    return ranges
  }
}

/// Reads pickles that follow each other.
private struct PickleSequence {
  let bytes: [UInt8]
  var offset = 0

  mutating func next() throws(PyTorchProblem) -> PickleObjects {
    let end = min(bytes.count, offset + PyTorchFile.maximumPickleByteCount)
    let (objects, next) = try PickleMachine.run(bytes, in: offset..<end, format: .legacy, record: nil)
    offset = next
    return objects
  }
}
