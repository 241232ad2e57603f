// Labelled images in memory, as bytes: a quarter of what floats would take.

import Compute
import TensorStream

/// Labelled images of one shape.
public struct Dataset: Sendable {
  public let shape: ImageShape
  /// [count, height, width, channels]
  public let images: [UInt8]
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
    self.shape = shape
    self.images = images
    self.labels = labels
    self.classes = classes
    self.history = history
    self.recipe = recipe
    self.classCount = classCount ?? classes?.count ?? max(2, Int(labels.max() ?? 0) + 1)
  }

  public var count: Int { labels.count }

  /// Reads a stream to its end. Throws ``DatasetError`` where it has no labelled images, and what the reader throws.
  public init(reading reader: TensorStreamReader) throws {
    guard case .image(let shape) = reader.format.content else {
      throw DatasetError.noImages(name: reader.name)
    }
    guard reader.format.hasLabels else { throw DatasetError.noLabels(name: reader.name) }
    var images: [UInt8] = []
    var labels: [UInt8] = []
    var batch = RecordBatch(format: reader.format)
    while try reader.read(into: &batch, limit: 4096) > 0 {
      if images.count + batch.images.count > images.capacity {
        try Self.grow(&images, by: batch.images.count, name: reader.name)
      }
      images += batch.images
      labels += batch.labels
    }
    self.init(
      shape: shape, images: images, labels: labels, classes: reader.classes, history: reader.history,
      recipe: reader.recipe)
  }

  /// Takes memory for more images, half as much again, after a look at whether there is as much.
  private static func grow(_ images: inout [UInt8], by count: Int, name: String) throws(DatasetError) {
    let capacity = max(images.count + images.count / 2, images.count + count, 1 << 20)
    // Less is there, or the system says so in its own words.
    if capacity > 64 << 20, let room = MachineMemory().room, room.byteCount < capacity {
      throw .noRoom(name: name, byteCount: images.count, room: room)
    }
    images.reserveCapacity(capacity)
  }

  /// By what the data is known again.
  public var fingerprint: DataFingerprint {
    var sum = CRC32()
    images.withUnsafeBytes { sum.update($0) }
    labels.withUnsafeBytes { sum.update($0) }
    return DataFingerprint(count: count, crc32: sum.value)
  }

  /// The records `indexes`, in their order.
  public func selecting(_ indexes: [Int]) -> Dataset {
    var images: [UInt8] = []
    images.reserveCapacity(indexes.count * shape.byteCount)
    for index in indexes { images += self.images[index * shape.byteCount..<(index + 1) * shape.byteCount] }
    return Dataset(
      shape: shape, images: images, labels: indexes.map { labels[$0] }, classes: classes, history: history,
      recipe: recipe, classCount: classCount)
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
