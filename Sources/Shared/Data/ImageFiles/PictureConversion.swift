// Converts pictures to a tensor stream. Several threads decode the files that a search finds, and their images are
// written in the order of the search. No thread waits for another, which suits many pictures that exist already.
// PictureProducer.swift suits pictures that are still arriving.
import ByteIO
import TensorStream
import Threading

/// A part of the pictures: every `count`th one, beginning with the `number`th, counted from 1.
public struct PicturePart: Equatable, Sendable {
  public let number: Int
  public let count: Int

  public init(number: Int, count: Int) {
    precondition(1 <= number && number <= count, "part \(number) of \(count)")
    self.number = number
    self.count = count
  }

  public static let all = PicturePart(number: 1, count: 1)

  /// Whether the part includes the picture at `index`, counted from 0.
  func contains(_ index: Int) -> Bool { index % count == number - 1 }
}

/// Writes pictures as records that carry the pictures' names.
public struct PictureConversion {
  /// An event of a conversion. Events come in the order of the pictures, whatever the number of threads.
  public enum Event {
    case bad(BadPicture)
    /// A picture was read, but is doubtful.
    case note(name: String, PictureNote)
    /// The number of pictures processed so far.
    case progress(Int)
  }

  private let labels: LabelSource
  private let maker: PictureMaker

  public init(_ maker: PictureMaker, labels: LabelSource) { (self.maker, self.labels) = (maker, labels) }

  public var format: RecordFormat {
    RecordFormat(content: .image(maker.shape), hasLabels: !labels.isNone, hasNames: true)
  }

  /// Writes all pictures that can be read, and reports the others to `observe`. Returns the total number of pictures.
  ///
  /// Each thread needs memory for a file and its picture. A few waiting pieces need a megabyte of images each, and
  /// archives some megabytes of members.
  ///
  /// - Complexity: O(n) for n bytes of files and pixels of pictures and images, divided among the threads.
  public func run(
    _ pictures: any PictureFinding, standardInput: (any ByteSource)? = nil, part: PicturePart = .all,
    jobs: Int, to writer: TensorStreamWriter, observe: (Event) throws -> Void
  ) throws -> Int {
    let reader = PictureReader(maker, threadCount: jobs, standardInput: standardInput)
    let workers = OrderedWorkers<PictureGroup>(count: jobs) { piece, worker in
      piece.work { try reader.image(of: $0, worker: worker) }
    }
    let source = PieceSource(pictures, part: part, labels: labels, format: format)
    var (count, heldByteCount) = (0, 0)
    while true {
      while workers.hasRoom, heldByteCount < Self.mostHeldByteCount, let piece = try source.next() {
        heldByteCount += piece.byteCount
        workers.submit(piece)
      }
      guard let piece = workers.next() else { return count }
      heldByteCount -= piece.byteCount
      if piece.batch.count > 0 { try writer.append(piece.batch) }
      for event in piece.events { try observe(event) }
      count += piece.entries.count
      try observe(.progress(count))
      piece.removeAll()
      source.spare.append(piece)
    }
  }

  /// The bytes of archive members that may wait to be decoded. A single member may be larger.
  private static let mostHeldByteCount = 64 << 20
}

/// A few pictures, and the records and events that they become.
private final class PictureGroup: @unchecked Sendable {
  var entries: [(picture: FoundPicture, label: Result<UInt8, any Error>)] = []
  var batch: RecordBatch
  var events: [PictureConversion.Event] = []

  init(format: RecordFormat) { batch = RecordBatch(format: format) }

  /// The bytes of the pictures that are in memory already.
  private(set) var byteCount = 0

  func append(_ picture: FoundPicture, label: Result<UInt8, any Error>) {
    byteCount += picture.byteCount
    entries.append((picture, label))
  }

  func removeAll() {
    entries.removeAll(keepingCapacity: true)
    batch.removeAll()
    events.removeAll(keepingCapacity: true)
    byteCount = 0
  }

  /// Decodes the pictures. Any thread may call it.
  func work(_ make: (FoundPicture) throws -> MadeImage) {
    for (picture, label) in entries {
      do {
        try picture.check()
        let label = try label.get()
        let image = try make(picture)
        batch.images.append(contentsOf: image.pixels)
        if batch.format.hasLabels { batch.labels.append(label) }
        batch.names.append(picture.name)
        batch.count += 1
        for note in image.notes { events.append(.note(name: picture.displayedName, note)) }
      } catch {
        events.append(.bad(BadPicture(picture, error)))
      }
    }
  }
}

/// Cuts the found pictures into pieces.
private final class PieceSource {
  private let pictures: any PictureFinding
  private let part: PicturePart
  private let labels: LabelSource
  private let format: RecordFormat
  /// The pictures of a piece: enough small ones that handing them to a thread costs nothing compared to decoding them,
  /// and at most a megabyte of images.
  private let pieceCount: Int
  /// The bytes of archive members in a piece: enough for small pictures, so that large ones go to different threads.
  private static let pieceByteCount = 1 << 20
  private var index = 0
  /// Finished pieces, for reuse.
  var spare: [PictureGroup] = []

  init(_ pictures: any PictureFinding, part: PicturePart, labels: LabelSource, format: RecordFormat) {
    self.pictures = pictures
    self.part = part
    self.labels = labels
    self.format = format
    pieceCount = max(1, min(32, 1 << 20 / (format.imageShape?.byteCount ?? 1)))
  }

  func next() throws -> PictureGroup? {
    let piece = spare.popLast() ?? PictureGroup(format: format)
    while piece.entries.count < pieceCount, piece.byteCount < Self.pieceByteCount,
      let found = try pictures.next()
    {
      index += 1
      guard part.contains(index - 1) else { continue }
      piece.append(found, label: Result { try labels.label(of: found) })
    }
    return piece.entries.isEmpty ? nil : piece
  }
}
