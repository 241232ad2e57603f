// The images of a stream that a sheet shows.
import ByteIO
import TensorStream

/// An image of a stream.
public struct SelectedImage: Equatable {
  /// The pixels, [height, width, channels].
  public var pixels: [UInt8]
  /// The record's number in the stream, counted from 0.
  var number: Int
  /// The record's name; `nil` if the stream has no names.
  var name: [UInt8]?
  var label: Int?
  /// The row of a table about this image.
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

  var displayedName: [UInt8] { displayedBytes(name ?? []) }

  var description: String {
    name == nil || name == [] ? "record \(number)" : "'\(String(decoding: displayedName, as: UTF8.self))'"
  }
}

/// Some images of a stream, in memory, with their names, labels and predictions.
public struct ImageSelection {
  /// The maximum number of images. With more, the eye finds nothing, and most programs cannot open the sheet.
  public static let limit = 4096

  /// The name of the stream in messages.
  let name: String
  let format: RecordFormat
  public let shape: ImageShape
  public internal(set) var images: [SelectedImage] = []
  /// The names of the classes, if the stream has them.
  private(set) var classes: [String]?
  /// The number of records in the stream.
  private(set) var recordCount = 0

  /// Reads a stream to its end. Keeps the images of a selection in its order, or else the first `count`, or else all.
  /// Throws ``SelectionError`` if these are more than ``limit``.
  ///
  /// - Complexity: One pass over the stream. Memory is that of the images kept.
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

  /// Creates a selection of labelled images in memory, each [height, width, channels].
  public init(_ images: [[UInt8]], labels: [Int], _ shape: ImageShape, classes: [String]?, name: String) {
    precondition(images.count == labels.count, "\(images.count) images, \(labels.count) labels")
    format = RecordFormat(content: .image(shape), hasLabels: true, hasNames: false)
    (self.name, self.shape, self.classes) = (name, shape, classes)
    self.images = zip(images, labels).enumerated().map { number, image in
      SelectedImage(image.0, number: number, label: image.1)
    }
    recordCount = images.count
  }

  /// Reads a table of predictions. Its rows replace those of the table that selected the images. Throws
  /// ``SelectionError``, or the errors of `PredictionReader`.
  ///
  /// - Complexity: O(rows of the table + images).
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

/// Reads a stream to its end, and calls `body` for each image of a selection, or else for the first `count`, or else
/// for all, in the order of the stream.
///
/// `body` receives a batch, the image's row in it, the record's number in the stream, and the record's place in the
/// selection (without a selection, its number again). Throws at the end if the selection contradicts the stream's
/// labels.
///
/// - Complexity: One pass over the stream, plus O(s log s) for s selected records. Memory is that of a batch and of the
///   selection.
public func visitImages(
  of reader: TensorStreamReader, select selection: RecordSelection? = nil, count: Int? = nil,
  _ body: (_ batch: RecordBatch, _ row: Int, _ number: Int, _ place: Int) throws -> Void
) throws {
  guard reader.format.imageShape != nil else { throw SelectionError.predictions(name: reader.name) }
  var places = try selection?.places(streamHasNames: reader.format.hasNames)
  /// The records of the selection that have been read, with their places.
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
    // The check comes last because the names of the classes are at the end of the stream.
    var check = ClassCheck(stream: reader.name, classes: reader.classes)
    for (key, place) in found.sorted(by: { $0.value < $1.value }) {
      try check.add(selection.rows[place], label: labels[place], record: "\(key)")
    }
    try check.finish()
  }
}
