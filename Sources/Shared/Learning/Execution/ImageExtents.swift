// How much of an image is more than background, so that images with the same background can be neighbours in a batch.
//
// A dense layer that reads images passes over a pixel that is 0 in all twelve or so images of a register tile. For images
// of Fashion-MNIST in any order that is one pixel in ten; sorted by how many rows and columns are not empty, trousers
// come beside trousers and sandals beside sandals, and it is three in ten. The order changes nothing in an image's result.

import Compute
import TensorStream

/// Images' extents: the number of their rows and of their columns that hold more than background.
package struct ImageExtents {
  /// For each image, its rows and its columns, as one number to sort by.
  private var keys: [UInt32]

  /// For `capacity` images, which are still to be measured.
  package init(capacity: Int) { keys = Array(repeating: 0, count: capacity) }

  /// Sorts each batch of `size` image numbers.
  package func sortBatches(of order: inout [Int], size: Int) {
    for start in stride(from: 0, to: order.count, by: size) {
      order[start..<min(start + size, order.count)].sort { (keys[$0], $0) < (keys[$1], $1) }
    }
  }

  /// What images are sorted by.
  package func key(of image: Int) -> UInt32 { keys[image] }

  /// Fills `positions` with those of a batch's images, 0 to count − 1, in the order in which images are alike.
  package mutating func order(
    _ batch: ImageBatch, shape: ImageShape, engine: Engine, into positions: inout [Int]
  ) {
    measure(batch, shape, engine)
    // Key and position in one number: no look-up for each comparison.
    var ranks = (0..<batch.count).map { UInt64(keys[$0]) << 32 | UInt64($0) }
    ranks.sort()
    positions.replaceSubrange(0..., with: ranks.lazy.map { Int($0 & 0xFFFF_FFFF) })
  }

  /// Images of a task: measuring one takes a tenth of a microsecond.
  private static let imagesPerTask = 64

  /// Measures a batch, whose images have the numbers from `first` on.
  package mutating func measure(
    _ batch: ImageBatch, from first: Int = 0, _ shape: ImageShape, _ engine: Engine
  ) {
    keys.withUnsafeMutableBufferPointer { keys in
      // The pointer, not the array, is what the threads share.
      nonisolated(unsafe) let keys = keys
      engine.forEachRun(batch.count, length: Self.imagesPerTask) { run in
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: shape.width * shape.channels) { columns in
          for position in run {
            keys[first + position] = Self.key(
              batch.image(position, byteCount: shape.byteCount), shape, columns)
          }
        }
      }
    }
  }

  /// `columns` is room for a row of the image.
  private static func key(
    _ image: UnsafeBufferPointer<UInt8>, _ shape: ImageShape, _ columns: UnsafeMutableBufferPointer<UInt8>
  ) -> UInt32 {
    columns.initialize(repeating: 0)
    var rowCount: UInt32 = 0
    var row = UnsafeRawPointer(image.baseAddress!)
    for _ in 0..<shape.height {
      rowCount &+= add(row, columns.count, to: UnsafeMutableRawPointer(columns.baseAddress!)) ? 1 : 0
      row += columns.count
    }
    var columnCount: UInt32 = 0
    var index = 0
    for _ in 0..<shape.width {
      var any: UInt8 = 0
      for _ in 0..<shape.channels {
        any |= columns[index]
        index &+= 1
      }
      columnCount &+= any == 0 ? 0 : 1
    }
    // A side is 4,096 at most.
    return rowCount << 16 | columnCount
  }

  /// columns |= row; returns whether the row holds anything but 0.
  @inline(__always)
  private static func add(_ row: UnsafeRawPointer, _ count: Int, to columns: UnsafeMutableRawPointer) -> Bool
  {
    var any: UInt64 = 0
    var index = 0
    // Words that do not overlap: what is read next must be what was written at once, or the processor waits.
    while index &+ 8 <= count {
      any |= UInt64(add(row, index, to: columns, as: UInt64.self))
      index &+= 8
    }
    if index &+ 4 <= count {
      any |= UInt64(add(row, index, to: columns, as: UInt32.self))
      index &+= 4
    }
    while index < count {
      any |= UInt64(add(row, index, to: columns, as: UInt8.self))
      index &+= 1
    }
    return any != 0
  }

  /// The same for one word, which is returned.
  @inline(__always)
  private static func add<Word: FixedWidthInteger & BitwiseCopyable>(
    _ row: UnsafeRawPointer, _ index: Int, to columns: UnsafeMutableRawPointer, as type: Word.Type
  ) -> Word {
    let word = row.loadUnaligned(fromByteOffset: index, as: type)
    let sum = word | columns.loadUnaligned(fromByteOffset: index, as: type)
    columns.storeBytes(of: sum, toByteOffset: index, as: type)
    return word
  }
}
