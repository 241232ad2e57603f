// Labelled images, as bytes: a quarter of what floats would take. They are in memory, or stay in a file (ImageStore.swift).

import ByteIO
import Compute
import TensorStream

/// Labelled images of one shape.
public struct Dataset: Sendable {
  public let shape: ImageShape
  /// [count, height, width, channels]
  let store: ImageStore
  /// [count]
  public let labels: [UInt8]
  /// The class names, where the stream has them.
  public let classes: [String]?
  /// The command lines that made the stream.
  public let history: [String]
  /// How pictures became the images; `nil` where nothing is known of it.
  public let recipe: RecordedRecipe?
  /// The classes there are: as many as there are names, or one more than the largest label, at least 2. A part of the
  /// records has the classes of the whole.
  public let classCount: Int

  /// Without `classCount`, the names or the labels tell it.
  public init(
    shape: ImageShape, images: [UInt8], labels: [UInt8], classes: [String]?, history: [String],
    recipe: RecordedRecipe? = nil, classCount: Int? = nil
  ) {
    precondition(images.count == labels.count * shape.byteCount, "images and labels differ in number")
    self.init(
      shape: shape, ImageStore(images, byteCount: shape.byteCount), labels: labels, classes: classes,
      history: history, recipe: recipe,
      classCount: classCount)
  }

  private init(
    shape: ImageShape, _ store: ImageStore, labels: [UInt8], classes: [String]?, history: [String],
    recipe: RecordedRecipe?, classCount: Int?
  ) {
    self.shape = shape
    self.store = store
    self.labels = labels
    self.classes = classes
    self.history = history
    self.recipe = recipe
    self.classCount = classCount ?? classes?.count ?? max(2, Int(labels.max() ?? 0) + 1)
  }

  public var count: Int { labels.count }

  /// Reads a stream from a file to its end. Where its images take more than `memory` bytes, they stay in the file, and each
  /// batch is read from it; `nil` is half of what memory there is. What comes by a pipe has to be in memory. Throws
  /// ``DatasetError`` where the stream has no labelled images or they find no room, and what the reader throws.
  public init(reading file: InputFile, memory: Int? = nil) throws {
    let limit = memory ?? MachineMemory().room.map { $0.byteCount / 2 }
    let isStored = if let limit, let byteCount = file.byteCount { byteCount > limit } else { false }
    let reader = try TensorStreamReader(file, notesPlaces: isStored)
    guard isStored else {
      try self.init(reading: reader, limit: memory)
      return
    }
    let shape = try Self.shape(of: reader)
    var labels: [UInt8] = []
    try reader.forEachBatch { labels += $0.labels }
    guard let stored = try RevisitedFile(file) else { preconditionFailure("a pipe that has a length") }
    self.init(
      shape: shape, ImageStore(StoredImages(in: stored, reader.places, byteCount: shape.byteCount)),
      labels: labels, classes: reader.classes, history: reader.history, recipe: reader.recipe,
      classCount: nil)
  }

  /// Reads a stream to its end, into memory: at most `limit` bytes of images. Throws as ``init(reading:memory:)`` does.
  public init(reading reader: TensorStreamReader, limit: Int? = nil) throws {
    let shape = try Self.shape(of: reader)
    var images: [UInt8] = []
    var labels: [UInt8] = []
    try reader.forEachBatch { batch in
      let byteCount = images.count + batch.images.count
      if let limit, byteCount > limit { throw DatasetError.beyondLimit(name: reader.name, limit: limit) }
      if byteCount > images.capacity {
        try Self.grow(&images, by: batch.images.count, limit: limit, name: reader.name)
      }
      images += batch.images
      labels += batch.labels
    }
    self.init(
      shape: shape, images: images, labels: labels, classes: reader.classes, history: reader.history,
      recipe: reader.recipe)
  }

  private static func shape(of reader: TensorStreamReader) throws(DatasetError) -> ImageShape {
    guard case .image(let shape) = reader.format.content else { throw .noImages(name: reader.name) }
    guard reader.format.hasLabels else { throw .noLabels(name: reader.name) }
    return shape
  }

  /// Takes memory for more images, half as much again, after a look at whether there is as much.
  private static func grow(
    _ images: inout [UInt8], by count: Int, limit: Int?, name: String
  ) throws(DatasetError) {
    let wanted = max(images.count + images.count / 2, images.count + count, 1 << 20)
    let capacity = max(images.count + count, min(wanted, limit ?? .max))
    // Less is there, or the system says so in its own words.
    if capacity > 64 << 20, let room = MachineMemory().room, room.byteCount < capacity {
      throw .noRoom(name: name, byteCount: images.count, room: room)
    }
    images.reserveCapacity(capacity)
  }

  /// The bytes of images that are in memory.
  public var heldByteCount: Int { store.heldByteCount }

  /// By what the data is known again. Throws ``FileError`` where images are in a file and cannot be read.
  public func fingerprint() throws(FileError) -> DataFingerprint {
    var sum = CRC32()
    try forEachImage { sum.update(UnsafeRawBufferPointer($0)) }
    labels.withUnsafeBytes { sum.update($0) }
    return DataFingerprint(count: count, crc32: sum.value)
  }

  /// [count, height, width, channels], all of them. Throws ``FileError``.
  package func imageBytes() throws(FileError) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(count * shape.byteCount)
    try forEachImage { bytes += $0 }
    return bytes
  }

  private func forEachImage(_ body: (UnsafeBufferPointer<UInt8>) -> Void) throws(FileError) {
    try forEachBatch(of: 1024) { batch, _ in
      for position in 0..<batch.count { body(batch.image(position, byteCount: shape.byteCount)) }
    }
  }

  /// The records `indexes`, in their order. The images are shared with the whole, not copied.
  public func selecting(_ indexes: [Int]) -> Dataset {
    Dataset(
      shape: shape, store.selecting(indexes), labels: indexes.map { labels[$0] }, classes: classes,
      history: history, recipe: recipe, classCount: classCount)
  }
}

extension TensorStreamReader {
  /// Reads all records that are left, a batch at a time.
  fileprivate func forEachBatch(_ body: (RecordBatch) throws -> Void) throws {
    var batch = RecordBatch(format: format)
    while try read(into: &batch, limit: 4096) > 0 { try body(batch) }
  }
}

/// By what data is known again: the number of records, and a CRC-32 over their images and then their labels.
public struct DataFingerprint: Equatable, Sendable {
  public var count: Int
  public var crc32: UInt32

  public init(count: Int, crc32: UInt32) {
    self.count = count
    self.crc32 = crc32
  }
}
