// Stores the images of a data set in memory, or leaves them in the file of their stream and reads each batch from
// there, ahead of the run that learns from them.

import ByteIO
import Execution
import TensorStream

/// The images of a data set, or a selection of them, all of the same size.
struct ImageStore: Sendable {
  private enum Place: Sendable {
    /// Images one after the other, without gaps.
    case memory([UInt8])
    case file(StoredImages)
  }

  private let place: Place
  /// The bytes of an image.
  private let byteCount: Int
  /// The stored row of each image; `nil` if it is the image's number. A selection shares the bytes with the whole.
  private var rows: [Int]?

  /// Images of `byteCount` bytes in memory.
  init(_ bytes: [UInt8], byteCount: Int) { (place, self.byteCount) = (.memory(bytes), byteCount) }

  init(_ images: StoredImages) { (place, byteCount) = (.file(images), images.byteCount) }

  /// Returns the images `indexes` in their order, without copying them.
  ///
  /// - Complexity: O(k) for k indexes.
  func selecting(_ indexes: [Int]) -> ImageStore {
    var selected = self
    selected.rows = rows.map { rows in indexes.map { rows[$0] } } ?? indexes
    return selected
  }

  /// Whether images are read from a file, batch by batch.
  var isFile: Bool { if case .file = place { true } else { false } }

  /// The bytes of all images in memory, including those that are not selected.
  var heldByteCount: Int { if case .memory(let bytes) = place { bytes.count } else { 0 } }

  /// Calls `body` with the images `indexes` in their order. Images of a file come from `loaded` blocks if those have
  /// them. Throws ``FileError``.
  ///
  /// - Complexity: O(k) for k images in memory, O(bytes of the images) for those of a file.
  func withBatch<Result>(
    _ indexes: ArraySlice<Int>, loaded: LoadedBlocks? = nil, _ body: (ImageBatch) -> Result
  ) throws(FileError) -> Result {
    let rows = rows.map { rows in indexes.map { rows[$0] }[...] } ?? indexes
    switch place {
    case .memory(let bytes):
      return bytes.withUnsafeBufferPointer { bytes in
        rows.withUnsafeBufferPointer { rows in
          indexes.withUnsafeBufferPointer { indexes in
            body(ImageBatch(bytes: bytes, indexes: rows, numbers: indexes, count: rows.count))
          }
        }
      }
    case .file(let stored):
      let images =
        if let found = loaded?.images(indexes, byteCount: byteCount) { found } else { try stored.read(rows) }
      return images.withUnsafeBufferPointer { bytes in
        indexes.withUnsafeBufferPointer { body(ImageBatch(bytes: bytes, numbers: $0, count: $0.count)) }
      }
    }
  }

  /// Calls `body` with consecutive images. Throws ``FileError``.
  ///
  /// - Complexity: O(1) for images in memory that are not a selection; otherwise that of any other indexes.
  func withBatch<Result>(
    _ range: Range<Int>, _ body: (ImageBatch) -> Result
  ) throws(FileError) -> Result {
    guard case .memory(let bytes) = place, rows == nil else { return try withBatch(Array(range)[...], body) }
    return bytes[range.lowerBound * byteCount..<range.upperBound * byteCount].withUnsafeBufferPointer {
      body(ImageBatch(bytes: $0, count: range.count))
    }
  }

  /// Reads consecutive images of a file in one piece, [count, height, width, channels]. Throws ``FileError``.
  ///
  /// - Complexity: O(bytes from the first record to the last).
  func read(_ range: Range<Int>) throws(FileError) -> [UInt8] {
    guard case .file(let stored) = place else { preconditionFailure("images in memory are not read") }
    return try stored.readTogether(rows.map { $0[range] } ?? Array(range)[...])
  }

  /// Asks the system to read ahead the images of a range, if they are in a file.
  func willRead(_ range: Range<Int>) {
    guard case .file(let stored) = place, let last = range.last else { return }
    let first = range.lowerBound
    stored.willRead(rows.map { $0[first]...$0[last] } ?? first...last)
  }
}

/// Images stored among the records of a file.
struct StoredImages: Sendable {
  private let file: RevisitedFile
  private let places: RecordPlaces
  /// The bytes of an image.
  let byteCount: Int

  init(in file: RevisitedFile, _ places: RecordPlaces, byteCount: Int) {
    (self.file, self.places, self.byteCount) = (file, places, byteCount)
  }

  /// Reads the images of records, [count, height, width, channels], one after the other. Throws ``FileError``, also if
  /// the file has changed.
  ///
  /// - Complexity: O(bytes of the images), and one read for each.
  func read(_ records: ArraySlice<Int>) throws(FileError) -> [UInt8] {
    try file.checkUnchanged()
    let images = UnsafeMutableRawBufferPointer.allocate(byteCount: records.count * byteCount, alignment: 16)
    defer { images.deallocate() }
    for (position, record) in records.enumerated() {
      let image = images[position * byteCount..<(position + 1) * byteCount]
      try file.read(
        at: places.bytes(of: record).lowerBound, into: UnsafeMutableRawBufferPointer(rebasing: image))
    }
    return Array(images)
  }

  /// Reads the images of records in rising order, with one read from the first to the last. Throws ``FileError``.
  ///
  /// - Complexity: O(bytes from the first record to the last), in time and memory.
  func readTogether(_ records: ArraySlice<Int>) throws(FileError) -> [UInt8] {
    guard let first = records.first, let last = records.last else { return [] }
    // Images of records in any other order are read one by one.
    guard zip(records, records.dropFirst()).allSatisfy({ $0 < $1 }) else { return try read(records) }
    try file.checkUnchanged()
    let span = places.bytes(of: first).lowerBound..<places.bytes(of: last).upperBound
    let bytes = UnsafeMutableRawBufferPointer.allocate(byteCount: span.count, alignment: 16)
    defer { bytes.deallocate() }
    try file.read(at: span.lowerBound, into: bytes)
    var images: [UInt8] = []
    images.reserveCapacity(records.count * byteCount)
    for record in records {
      let start = places.bytes(of: record).lowerBound - span.lowerBound
      images += bytes[start..<start + byteCount]
    }
    return images
  }

  /// Asks the system to read ahead from the first of these records to the last.
  func willRead(_ records: ClosedRange<Int>) {
    file.willRead(
      places.bytes(of: records.lowerBound).lowerBound..<places.bytes(of: records.upperBound).upperBound)
  }
}

// MARK: - Batches

extension Dataset {
  /// Calls `body` with all images in order, `size` at a time, and the number of each batch's first image. With
  /// `batches`, visits only the batches of these numbers. Throws ``FileError`` if the images are in a file and cannot
  /// be read.
  func forEachBatch(
    of size: Int, batches: Range<Int>? = nil, _ body: (_ batch: ImageBatch, _ start: Int) -> Void
  ) throws(FileError) {
    for batch in batches ?? 0..<(count + size - 1) / size {
      let start = batch * size
      try store.withBatch(start..<min(start + size, count)) { body($0, start) }
    }
  }
}

// MARK: - Reading ahead

/// Keeps the blocks of the pools that a run is learning from in memory. Each is read in one piece. Single images are
/// only announced to the system.
///
/// The system's cache alone is not enough. It ranks the pages of one pool, which were used many times, above those of
/// the next, which were read ahead and not used yet. A small cache evicts those first, and they would be read again one
/// by one.
final class LoadedBlocks {
  /// The bytes of each block's images, by the number of its first image.
  private var blocks: [Int: [UInt8]] = [:]
  private var blockLength = 1

  /// Loads the images that are at `places` of an order, and asks the system to read those that follow. Throws
  /// ``FileError``.
  ///
  /// - Complexity: O(bytes of the blocks that are not loaded yet).
  func prepare(_ order: ShuffledOrder, _ places: Range<Int>, from store: ImageStore) throws(FileError) {
    guard store.isFile else { return }
    order.rangesAhead(of: places).forEach(store.willRead)
    let wanted = order.pools[order.pools(at: places)].flatMap(\.blocks)
    let kept = Set(wanted.map(\.lowerBound))
    blocks = blocks.filter { kept.contains($0.key) }
    blockLength = order.blockLength
    for block in wanted where blocks[block.lowerBound] == nil {
      blocks[block.lowerBound] = try store.read(block)
    }
  }

  /// Returns the images `indexes`, one after the other, or `nil` if a block is not loaded.
  ///
  /// - Complexity: O(bytes of the images).
  func images(_ indexes: ArraySlice<Int>, byteCount: Int) -> [UInt8]? {
    guard !blocks.isEmpty else { return nil }
    var images: [UInt8] = []
    images.reserveCapacity(indexes.count * byteCount)
    for index in indexes {
      let first = index / blockLength * blockLength
      guard let block = blocks[first] else { return nil }
      images += block[(index - first) * byteCount..<(index - first + 1) * byteCount]
    }
    return images
  }
}
