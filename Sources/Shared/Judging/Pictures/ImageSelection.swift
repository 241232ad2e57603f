// The images that a picture shows, taken out of a stream.
import ByteIO
import TensorStream

/// An image of a stream.
public struct SelectedImage: Equatable {
  /// [height, width, channels].
  public var pixels: [UInt8]
  /// Its place in the stream, from 0.
  var number: Int
  /// Its name, `nil` where the stream has none.
  var name: [UInt8]?
  var label: Int?
  /// What a table says of it.
  var note: PredictionNotes.Row?

  init(_ batch: RecordBatch, _ row: Int, number: Int) {
    let byteCount = batch.format.imageShape?.byteCount ?? 0
    pixels = Array(batch.images[row * byteCount..<(row + 1) * byteCount])
    self.number = number
    name = batch.format.hasNames ? batch.names[row] : nil
    label = batch.format.hasLabels ? Int(batch.labels[row]) : nil
  }

  init(_ pixels: [UInt8], number: Int, label: Int) {
    self.pixels = pixels
    self.number = number
    self.label = label
  }

  var displayedName: [UInt8] {
    var text: [UInt8] = []
    appendDisplayed(name ?? [], to: &text)
    return text
  }

  var description: String {
    name == nil || name == [] ? "record \(number)" : "'\(String(decoding: displayedName, as: UTF8.self))'"
  }
}

/// Some images of a stream, in memory, with what is known of them.
public struct ImageSelection {
  /// More than this is no picture: the eye finds nothing, and most programs do not open it.
  public static let limit = 4096

  /// What messages call the stream.
  let name: String
  let format: RecordFormat
  public let shape: ImageShape
  public internal(set) var images: [SelectedImage] = []
  /// The names of the classes, where the stream has them.
  private(set) var classes: [String]?
  /// How many records the stream has.
  private(set) var recordCount = 0

  /// Reads a stream to its end and keeps the images of a selection, in its order, or else the first `count`; with neither, all,
  /// which must not be more than ``limit``. Memory: that of the images kept.
  public init(_ reader: TensorStreamReader, select selection: RecordSelection? = nil, count: Int? = nil)
    throws
  {
    guard let shape = reader.format.imageShape else { throw SelectionError.predictions(name: reader.name) }
    (name, format, self.shape) = (reader.name, reader.format, shape)
    if let selection, selection.rows.count > Self.limit {
      throw SelectionError.tooMany(name: selection.name, limit: Self.limit)
    }
    var found: [SelectedImage?] = Array(repeating: nil, count: selection?.rows.count ?? 0)
    try visitImages(of: reader, select: selection, count: count) { batch, row, number, place in
      var image = SelectedImage(batch, row, number: number)
      if let selection {
        image.note = selection.rows[place]
        found[place] = image
      } else {
        if found.count == Self.limit { throw SelectionError.tooMany(name: reader.name, limit: Self.limit) }
        found.append(image)
      }
    }
    images = found.compactMap { $0 }
    classes = reader.classes
    recordCount = reader.recordCount
  }

  /// Labelled images that are in memory.
  public init(_ images: [[UInt8]], labels: [Int], _ shape: ImageShape, classes: [String]?, name: String) {
    precondition(images.count == labels.count, "\(images.count) images, \(labels.count) labels")
    format = RecordFormat(content: .image(shape), hasLabels: true, hasNames: false)
    (self.name, self.shape, self.classes) = (name, shape, classes)
    self.images = zip(images, labels).enumerated().map { number, image in
      SelectedImage(image.0, number: number, label: image.1)
    }
    recordCount = images.count
  }

  /// What a table of predictions says of the images replaces what their selection said.
  public mutating func note(_ predictions: any ByteSource) throws {
    let notes = try PredictionNotes(predictions, of: self)
    var check = ClassCheck(stream: name, classes: classes)
    for (index, row) in notes.rows.enumerated() {
      images[index].note = row
      try check.add(row, label: images[index].label, record: images[index].description)
    }
    try check.finish()
  }
}

/// Reads a stream to its end, and hands out the images of a selection, or else the first `count`, or all: a batch, the row in
/// it, the record's number in the stream, and the place in the selection, or again the number. Throws at the end if the
/// selection contradicts the stream's labels. Memory is that of a batch and of the selection.
public func visitImages(
  of reader: TensorStreamReader, select selection: RecordSelection? = nil, count: Int? = nil,
  _ body: (_ batch: RecordBatch, _ row: Int, _ number: Int, _ place: Int) throws -> Void
) throws {
  guard reader.format.imageShape != nil else { throw SelectionError.predictions(name: reader.name) }
  var places = try selection?.places(streamHasNames: reader.format.hasNames)
  /// What is read of the selection's records.
  var found: [RecordKey: Int] = [:]
  var labels = [Int?](repeating: nil, count: selection?.rows.count ?? 0)
  var batch = RecordBatch(format: reader.format)
  var number = 0
  while try reader.read(into: &batch, limit: 1024) > 0 {
    for row in 0..<batch.count {
      if let selection {
        let key = selection.key(batch, row, number)
        if let place = places?.removeValue(forKey: key) {
          found[key] = place
          if batch.format.hasLabels { labels[place] = Int(batch.labels[row]) }
          try body(batch, row, number, place)
        } else if found[key] != nil {
          throw SelectionError.ambiguous(stream: reader.name, record: "\(key)")
        }
      } else if number < count ?? .max {
        try body(batch, row, number, number)
      }
      number += 1
    }
  }
  if let selection, let places, let first = places.min(by: { $0.value < $1.value }) {
    throw SelectionError.missing(
      name: selection.name, stream: reader.name, count: places.count, record: "\(first.key)")
  }
  if let selection {
    // A stream names its classes at its end.
    var check = ClassCheck(stream: reader.name, classes: reader.classes)
    for (key, place) in found.sorted(by: { $0.value < $1.value }) {
      try check.add(selection.rows[place], label: labels[place], record: "\(key)")
    }
    try check.finish()
  }
}
