// Reads the files of torch.save, as far as tensors are concerned: a pickle, and storages beside it.
//
//     zip (since PyTorch 1.6)    NAME/data.pkl, NAME/data/KEY for each storage, NAME/version, NAME/byteorder, …
//     legacy                     PyTorchLegacy.swift

/// A PyTorch file in memory. Its pickle has been run, and its storages are found by key.
struct PyTorchFile {
  let objects: PickleObjects
  private let storages: Storages

  private enum Storages {
    case archive(ZipArchive, name: String)
    case legacy(PyTorchLegacy)
  }

  /// The limit of the file. The largest network with an optimiser's two moments fits.
  static let maximumByteCount = 1 << 32
  /// The limit of the pickle. That of a large network with its optimiser is below a megabyte.
  static let maximumPickleByteCount = 1 << 24

  /// Reads a zip archive.
  init(archive bytes: [UInt8]) throws(PyTorchProblem) {
    let archive: ZipArchive
    do { archive = try ZipArchive(bytes) } catch { throw .zip(error) }
    let name = try Self.archiveName(archive)
    if archive.entries.keys.contains(where: { $0 == "\(name)/constants.pkl" || $0.hasPrefix("\(name)/code/") }
    ) {
      throw .torchScript
    }
    do { try archive.checkStored() } catch { throw .zip(error) }
    if let range = try Self.range(of: "\(name)/byteorder", in: archive),
      !bytes[range].elementsEqual("little".utf8)
    {
      throw .bigEndian
    }
    let record = "\(name)/data.pkl"
    guard let range = try Self.range(of: record, in: archive) else { throw .missingEntry(record) }
    guard range.count <= Self.maximumPickleByteCount else {
      throw .pickleTooLong(byteCount: range.count, limit: Self.maximumPickleByteCount)
    }
    let (objects, end) = try PickleMachine.run(bytes, in: range, format: .zip, record: record)
    guard end == range.upperBound else {
      throw .pickle(record: record, offset: end - range.lowerBound, .bytesBehind)
    }
    self.objects = objects
    storages = .archive(archive, name: name)
  }

  /// Reads a file of the legacy format.
  init(legacy bytes: [UInt8]) throws(PyTorchProblem) {
    let file = try PyTorchLegacy(bytes)
    objects = file.objects
    storages = .legacy(file)
  }

  /// Returns the values of a tensor in row-major order. In an archive, verifies the checksum of its whole storage.
  func values(of tensor: TorchTensor, named name: String) throws(PyTorchProblem) -> [Float] {
    let storage = tensor.storage
    guard storage.type.elementType.isConvertible(named: name) else {
      throw .unsupportedType(tensor: name, storage.type)
    }
    let range = try range(of: storage)
    return bytes.withUnsafeBytes { tensor.values(in: UnsafeRawBufferPointer(rebasing: $0[range])) }
  }

  private var bytes: [UInt8] {
    switch storages {
    case .archive(let archive, _): archive.bytes
    case .legacy(let file): file.bytes
    }
  }

  /// Returns the range of a storage's bytes, after a check that they are as many as its elements take. In an archive,
  /// verifies the checksum.
  ///
  /// - Complexity: O(bytes of the storage) in an archive, otherwise O(1).
  func range(of storage: TorchStorage) throws(PyTorchProblem) -> Range<Int> {
    let range: Range<Int>
    switch storages {
    case .archive(let archive, let archiveName):
      let entry = "\(archiveName)/data/\(storage.key)"
      guard let found = try Self.range(of: entry, in: archive) else { throw .missingEntry(entry) }
      range = found
    case .legacy(let file):
      guard let found = file.storageRanges[storage.key] else { throw .missingStorage(key: storage.key) }
      range = found
    }
    guard range.count == storage.byteCount else {
      throw .wrongByteCount(
        storage: storage.key, type: storage.type, elementCount: storage.elementCount, found: range.count)
    }
    return range
  }

  /// Returns the name of the folder that has all entries, which is the name under which the file was saved.
  private static func archiveName(_ archive: ZipArchive) throws(PyTorchProblem) -> String {
    let folders = Set(archive.entries.keys.map { $0.split(separator: "/", maxSplits: 1)[0] })
    guard folders.count == 1, let folder = folders.first else {
      throw .severalFolders(folders.sorted().map(String.init))
    }
    return String(folder)
  }

  private static func range(
    of entry: String, in archive: ZipArchive
  ) throws(PyTorchProblem) -> Range<Int>? {
    do { return try archive.range(of: entry) } catch { throw .zip(error) }
  }
}
