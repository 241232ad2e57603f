// The images that a network computes together.

/// The images of a batch: `count` of the consecutive images in `bytes`, in the order of `indexes` if given.
public struct ImageBatch {
  /// [image, height, width, channels]
  public let bytes: UnsafeBufferPointer<UInt8>
  /// The indexes of the images in their order; `nil` stands for the first `count` images.
  public let indexes: UnsafeBufferPointer<Int>?
  public let count: Int
  /// The numbers of the images in their data set, if these are not their indexes in `bytes`.
  private let numbers: UnsafeBufferPointer<Int>?

  public init(
    bytes: UnsafeBufferPointer<UInt8>, indexes: UnsafeBufferPointer<Int>? = nil,
    numbers: UnsafeBufferPointer<Int>? = nil, count: Int
  ) {
    precondition(indexes.map { $0.count >= count } ?? true, "fewer indexes than images")
    precondition(numbers.map { $0.count >= count } ?? true, "fewer numbers than images")
    self.bytes = bytes
    self.indexes = indexes
    self.numbers = numbers
    self.count = count
  }

  /// Returns the images at `positions`, of `byteCount` bytes each.
  package func part(_ positions: Range<Int>, byteCount: Int) -> ImageBatch {
    precondition(
      positions.lowerBound >= 0 && positions.upperBound <= count, "images \(positions) of \(count)")
    func part(_ all: UnsafeBufferPointer<Int>) -> UnsafeBufferPointer<Int> {
      UnsafeBufferPointer(rebasing: all[positions])
    }
    let own =
      indexes == nil
      ? UnsafeBufferPointer(
        rebasing: bytes[positions.lowerBound * byteCount..<positions.upperBound * byteCount])
      : bytes
    return ImageBatch(
      bytes: own, indexes: indexes.map(part), numbers: numbers.map(part), count: positions.count)
  }

  /// Calls `body` with the images at `positions`, which keep their numbers.
  package func withImages<Result>(_ positions: [Int], _ body: (ImageBatch) -> Result) -> Result {
    let places = positions.map { indexes?[$0] ?? $0 }
    let own = positions.map(number)
    return places.withUnsafeBufferPointer { places in
      own.withUnsafeBufferPointer { own in
        body(ImageBatch(bytes: bytes, indexes: places, numbers: own, count: positions.count))
      }
    }
  }

  /// Returns the number of an image in its data set.
  package func number(_ position: Int) -> Int { numbers?[position] ?? indexes?[position] ?? position }

  /// Returns the bytes of one image.
  package func image(_ position: Int, byteCount: Int) -> UnsafeBufferPointer<UInt8> {
    let index = indexes?[position] ?? position
    return UnsafeBufferPointer(rebasing: bytes[index * byteCount..<(index + 1) * byteCount])
  }
}
