// Reads pictures in archives as they arrive. A separate thread reads them, so that nobody waits for a member while
// another one is available.
import ImageFiles
import Threading

/// The pictures of archives, for a ``PictureProducer``.
public final class ArrivingMembers: ArrivingPictures {
  private let ahead: ReadAhead<MemberProducer>
  private var batch = MemberBatch()
  /// The index of the next picture in the batch.
  private var index = 0

  /// Starts reading. Until all pictures are read, `pictures` belongs to the reading thread.
  public init(_ pictures: ArchivePictures) {
    ahead = ReadAhead(MemberProducer(pictures), spare: [MemberBatch(), MemberBatch()])
  }

  public var holdsPicture: Bool { index < batch.pictures.count || ahead.isReady }

  public func waitForPicture() throws -> Bool {
    if index < batch.pictures.count { return true }
    index = 0
    batch.removeAll()
    return try ahead.next(&batch)
  }

  public func nextPicture() throws -> FoundPicture? {
    if index == batch.pictures.count {
      guard ahead.isReady, try waitForPicture() else { return nil }
    }
    defer { index += 1 }
    return batch.pictures[index]
  }
}

private struct MemberBatch: Sendable {
  var pictures: [FoundPicture] = []
  var byteCount = 0

  mutating func removeAll() {
    pictures.removeAll(keepingCapacity: true)
    byteCount = 0
  }
}

/// Reads members, up to 256 of them or 16 MiB at a time.
private final class MemberProducer: BatchProducer {
  private let pictures: ArchivePictures
  private var pending: FoundPicture?
  private static let batchCount = 256
  /// Enough for that many small photos. Fewer large ones wait.
  private static let batchByteCount = 16 << 20

  init(_ pictures: ArchivePictures) { self.pictures = pictures }

  func wait() throws -> Bool {
    pending = try pictures.next()
    return pending != nil
  }

  var isReady: Bool { false }

  func fill(_ batch: inout MemberBatch, adding: Bool) -> Bool {
    if !adding { batch.removeAll() }
    if let picture = pending.take() {
      batch.byteCount += picture.byteCount
      batch.pictures.append(picture)
    }
    return batch.pictures.count < Self.batchCount && batch.byteCount < Self.batchByteCount
  }
}
