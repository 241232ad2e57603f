// Pictures by their names: read, decoded and made images by a recipe, several at once, in the order of the names.

import ByteIO
import TensorStream
import Threading

/// Some pictures of a list.
public struct PictureBatch: Sendable {
  public struct Entry: Equatable, Sendable {
    /// As it is in the list.
    public var name: [UInt8]
    /// Why there is no image; it goes behind the name.
    public var problem: String?
    /// What should be said about the image.
    public var notes: [PictureNote] = []
  }
  /// In the order of the list.
  public fileprivate(set) var entries: [Entry] = []
  /// [entries without a problem, height, width, channels].
  public fileprivate(set) var images: [UInt8] = []

  public init() {}
}

/// Makes images of the picture files that a list names: for a `ReadAhead`.
public final class PictureProducer: BatchProducer {
  /// Runs `body` for each number below `count`, in any order, at once or not; `worker` is below the number of threads, and
  /// no two bodies run at once with the same.
  public typealias Loop = (_ count: Int, _ body: (_ number: Int, _ worker: Int) -> Void) -> Void

  private let names: ArrivingNames
  private let maker: PictureMaker
  private let limit: Int
  private let readers: [WholeFileReader]
  private let loop: Loop

  /// Batches of up to `limit` pictures, decoded by `loop` in so many threads.
  public init(
    _ names: ArrivingNames, _ maker: PictureMaker, limit: Int, threadCount: Int, loop: @escaping Loop
  ) {
    self.names = names
    self.maker = maker
    self.limit = limit
    readers = (0..<threadCount).map { _ in WholeFileReader(limit: PictureLimits.fileByteCount) }
    self.loop = loop
  }

  public func wait() throws -> Bool { try names.waitForName() }

  public var isReady: Bool { names.holdsName }

  public func fill(_ batch: inout PictureBatch, adding: Bool) throws -> Bool {
    if !adding {
      batch.entries.removeAll(keepingCapacity: true)
      batch.images.removeAll(keepingCapacity: true)
    }
    var taken: [ArrivingNames.Name] = []
    while batch.entries.count + taken.count < limit, let name = try names.next() {
      taken.append(name)
    }
    for (name, result) in zip(taken, results(of: taken)) {
      switch result {
      case .success(let image):
        batch.entries.append(PictureBatch.Entry(name: name.bytes, notes: image.notes))
        batch.images += image.pixels
      case .failure(let problem):
        batch.entries.append(PictureBatch.Entry(name: name.bytes, problem: "\(problem)"))
      }
    }
    return batch.entries.count < limit
  }

  private func results(of names: [ArrivingNames.Name]) -> [Result<MadeImage, any Error>] {
    var results = [Result<MadeImage, any Error>?](repeating: nil, count: names.count)
    results.withUnsafeMutableBufferPointer { results in
      loop(names.count) { number, worker in
        results[number] = Result { try image(names[number], worker) }
      }
    }
    return results.map { result in
      guard let result else { preconditionFailure("a loop left a number out") }
      return result
    }
  }

  private func image(_ name: ArrivingNames.Name, _ worker: Int) throws -> MadeImage {
    // No path has one: it would end there. A whole list that is taken for one name has many.
    if name.bytes.contains(0) { throw NameProblem.hasNUL }
    if name.isCut { throw NameProblem.tooLong }
    if name.bytes.isEmpty { throw NameProblem.empty }
    return try maker.image(of: try readers[worker].withBytes(of: name.bytes) { try maker.decode($0) })
  }
}

/// Why a line of a list names no file.
enum NameProblem: Error, CustomStringConvertible {
  case empty
  case tooLong
  case hasNUL

  var description: String {
    switch self {
    case .empty: "expected the name of a file, found nothing"
    case .tooLong: "expected a name of at most \(StreamLimits.nameByteCount) bytes, found a longer one"
    case .hasNUL:
      "expected the name of a file, found a NUL in it; where names end with NUL, --null (fm-predict) or --files0-from (png2raw) reads them"
    }
  }
}
