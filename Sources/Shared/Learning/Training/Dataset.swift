// Labelled images as bytes, which take a quarter of the memory of floats. They are in memory or stay in a file
// (ImageStore.swift).

import ByteIO
import Compute
import TensorStream

/// Labelled images of one shape.
public struct Dataset: Sendable {
  public let shape: ImageShape
  /// The images, [count, height, width, channels].
  let store: ImageStore
  /// The labels, [count].
  public let labels: [UInt8]
  /// The class names, if the stream has them.
  public let classes: [String]?
  /// The command lines that made the stream.
  public let history: [String]
  /// The recipe by which pictures became the images; `nil` if unknown.
  public let recipe: RecordedRecipe?
  /// The number of classes: that of the names, or without names one more than the largest label, at least 2. A
  /// selection of the records has the classes of the whole.
  public let classCount: Int

  /// Without `classCount`, the names or the labels determine it.
  ///
  /// - Complexity: O(n) for n labels if these determine the number of classes, otherwise O(1).
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

  /// Reads a stream from a file to its end. If the file is larger than `memory` bytes, the images stay in it, and each
  /// batch is read from there; `nil` means half of the available memory. Images from a pipe must fit in memory. Throws
  /// ``DatasetError`` if the stream has no labelled images or they do not fit, and the errors of the reader.
  ///
  /// - Complexity: O(bytes of the stream). Memory: O(bytes of the images), or O(n) for n images that stay in the file.
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

  /// Reads a stream to its end into memory, at most `limit` bytes of images. Throws the errors of
  /// ``init(reading:memory:)``.
  ///
  /// - Complexity: O(bytes of the stream), and as much memory.
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

  /// Allocates memory for more images, half as much again, after checking that this much is available.
  private static func grow(
    _ images: inout [UInt8], by count: Int, limit: Int?, name: String
  ) throws(DatasetError) {
    let wanted = max(images.count + images.count / 2, images.count + count, 1 << 20)
    let capacity = max(images.count + count, min(wanted, limit ?? .max))
    // This error says more than a failed allocation, which would end the process.
    if capacity > 64 << 20, let room = MachineMemory().room, room.byteCount < capacity {
      throw .noRoom(name: name, byteCount: images.count, room: room)
    }
    images.reserveCapacity(capacity)
  }

  /// The bytes of images that are held in memory.
  public var heldByteCount: Int { store.heldByteCount }

  /// Identifies the data across runs. Throws ``FileError`` if the images are in a file and cannot be read.
  ///
  /// - Complexity: O(bytes of the images).
  public func fingerprint() throws(FileError) -> DataFingerprint {
    var sum = CRC32()
    try forEachImage { sum.update(UnsafeRawBufferPointer($0)) }
    labels.withUnsafeBytes { sum.update($0) }
    return DataFingerprint(count: count, crc32: sum.value)
  }

  /// Returns all images, [count, height, width, channels]. Throws ``FileError``.
  ///
  /// - Complexity: O(bytes of the images), and as much memory.
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

  /// Returns the records `indexes` in their order. The images are shared with the whole, not copied.
  ///
  /// - Complexity: O(k) for k indexes.
  public func selecting(_ indexes: [Int]) -> Dataset {
    Dataset(
      shape: shape, store.selecting(indexes), labels: indexes.map { labels[$0] }, classes: classes,
      history: history, recipe: recipe, classCount: classCount)
  }
}

extension TensorStreamReader {
  /// Reads the remaining records, a batch at a time.
  fileprivate func forEachBatch(_ body: (RecordBatch) throws -> Void) throws {
    var batch = RecordBatch(format: format)
    while try read(into: &batch, limit: 4096) > 0 { try body(batch) }
  }
}

/// Identifies a data set across runs: the number of records, and a CRC-32 over their images and then their labels.
public struct DataFingerprint: Equatable, Sendable {
  public var count: Int
  public var crc32: UInt32

  public init(count: Int, crc32: UInt32) {
    self.count = count
    self.crc32 = crc32
  }
}
