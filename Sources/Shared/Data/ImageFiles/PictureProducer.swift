// Turns pictures into images as they arrive, a batch at a time, so that nobody waits for a picture while the images of
// others are ready. The images come in the order of the pictures. PictureConversion.swift has no such batches.
import ByteIO
import TensorStream
import Threading

/// A batch of pictures of a list.
public struct PictureBatch: Sendable {
  public struct Entry: Equatable, Sendable {
    /// The picture's name, as it is in the list, at most ``StreamLimits/nameByteCount`` bytes of it.
    public var name: [UInt8]
    /// The archive that contains the picture, for messages.
    public var archive: String?
    /// Why there is no image; `nil` if there is one.
    public var problem: BadPicture?
    /// Doubts about the image.
    public var notes: [PictureNote] = []
  }
  /// The entries, in the order of the list.
  public fileprivate(set) var entries: [Entry] = []
  /// The images, [entries without a problem, height, width, channels].
  public fileprivate(set) var images: [UInt8] = []

  public init() {}
}

/// Turns pictures into images as they arrive. A `ReadAhead` runs it.
public final class PictureProducer: BatchProducer {
  /// Runs `body` for each number below `count`, in any order and possibly in parallel. `worker` is below the number of
  /// threads, and no two bodies run at the same time with the same `worker`.
  public typealias Loop = (_ count: Int, _ body: (_ number: Int, _ worker: Int) -> Void) -> Void

  private let pictures: any ArrivingPictures
  private let reader: PictureReader
  private let limit: Int
  private let loop: Loop

  /// Produces batches of up to `limit` pictures, which `loop` decodes in `threadCount` threads.
  public init(
    _ pictures: any ArrivingPictures, _ maker: PictureMaker, limit: Int, threadCount: Int,
    loop: @escaping Loop
  ) {
    self.pictures = pictures
    self.limit = limit
    reader = PictureReader(maker, threadCount: threadCount)
    self.loop = loop
  }

  public func wait() throws -> Bool { try pictures.waitForPicture() }

  public var isReady: Bool { pictures.holdsPicture }

  public func fill(_ batch: inout PictureBatch, adding: Bool) throws -> Bool {
    if !adding {
      batch.entries.removeAll(keepingCapacity: true)
      batch.images.removeAll(keepingCapacity: true)
    }
    var taken: [FoundPicture] = []
    var byteCount = 0
    while batch.entries.count + taken.count < limit, byteCount < Self.mostHeldByteCount,
      let picture = try pictures.nextPicture()
    {
      byteCount += picture.byteCount
      taken.append(picture)
    }
    for (picture, result) in zip(taken, results(of: taken)) {
      var entry = PictureBatch.Entry(
        name: Array(picture.name.prefix(StreamLimits.nameByteCount)), archive: picture.archive)
      switch result {
      case .success(let image):
        entry.notes = image.notes
        batch.images += image.pixels
      case .failure(let problem): entry.problem = BadPicture(picture, problem)
      }
      batch.entries.append(entry)
    }
    return batch.entries.count < limit
  }

  /// The bytes of archive members that are decoded in one batch. A single member may be larger.
  private static let mostHeldByteCount = 64 << 20

  private func results(of pictures: [FoundPicture]) -> [Result<MadeImage, any Error>] {
    var results = [Result<MadeImage, any Error>?](repeating: nil, count: pictures.count)
    results.withUnsafeMutableBufferPointer { results in
      loop(pictures.count) { number, worker in
        results[number] = Result { try image(pictures[number], worker) }
      }
    }
    return results.map { result in
      guard let result else { preconditionFailure("a loop left a number out") }
      return result
    }
  }

  private func image(_ picture: FoundPicture, _ worker: Int) throws -> MadeImage {
    // A search passes over empty lines. Here, each line of the list has an answer.
    if picture.name.isEmpty { throw NameProblem.empty }
    try picture.check()
    return try reader.image(of: picture, worker: worker)
  }
}
