// The predictions of some records, read from a table.
import ByteIO
import Evaluation
import Predictions

/// The predictions of chosen records, for captions.
struct PredictionNotes {
  /// A row of the table.
  struct Row: Equatable {
    /// The record's displayed name; empty if it has none.
    var name: [UInt8]
    var number: Int?
    var place: RowPlace
    var truth: String?
    /// The predicted class; `nil` if the model abstained.
    var predicted: String?
    var probability: Float?
    // The indices of the classes. They become names once all classes are known.
    private var truthIndex: Int?
    private var predictedIndex: Int?

    init(_ row: PredictionRow, number: Int?, place: RowPlace) {
      (name, self.number, self.place) = (row.name, number, place)
      (truthIndex, predictedIndex, probability) = (row.truth, row.predicted, row.probability)
    }

    /// Creates a row from a wrong record, which has the names of its classes.
    init(_ record: WrongRecord) {
      (name, number, place) = (record.name, record.number, record.place)
      (truth, predicted, probability) = (record.truth, record.predicted, record.probability)
    }

    /// Returns the row with the names of its classes.
    func named(_ classes: [String]) -> Row {
      var row = self
      row.truth = truthIndex.map { classes[$0] }
      row.predicted = predictedIndex.map { classes[$0] }
      return row
    }
  }

  /// The row of each image, in the order of the images.
  private(set) var rows: [Row] = []

  /// Reads predictions to their end and keeps those of the images. They are joined by name if both have names, else by
  /// the column `record`, else by order. Throws ``SelectionError``, or the errors of `PredictionReader`.
  ///
  /// - Complexity: One pass over the predictions. Memory is that of the rows kept.
  init(_ source: any ByteSource, of images: ImageSelection) throws {
    let reader = try PredictionReader(source)
    let isByName = reader.columns.hasNames && images.format.hasNames
    var places: [RecordKey: Int] = [:]
    for (place, image) in images.images.enumerated() {
      let key = isByName ? RecordKey.name(image.displayedName) : .number(image.number)
      if places.updateValue(place, forKey: key) != nil {
        throw SelectionError.ambiguous(stream: images.name, record: "\(key)")
      }
    }
    var found = [Row?](repeating: nil, count: images.images.count)
    var row = PredictionRow()
    while try reader.next(&row) {
      let number = reader.columns.hasRecords ? row.record : reader.rowCount - 1
      guard let number = isByName ? number ?? 0 : number else { throw SelectionError.noNumber(reader.place) }
      let key = isByName ? RecordKey.name(row.name) : .number(number)
      guard let place = places[key] else { continue }
      if found[place] != nil { throw SelectionError.twice(name: reader.name, record: "\(key)") }
      found[place] = Row(row, number: number, place: reader.place)
    }
    if !isByName, !reader.columns.hasRecords, reader.rowCount != images.recordCount {
      throw SelectionError.otherCount(
        name: reader.name, rows: reader.rowCount, stream: images.name, records: images.recordCount)
    }
    let missing = found.indices.filter { found[$0] == nil }
    if let first = missing.first {
      throw SelectionError.unpredicted(
        name: reader.name, stream: images.name, count: missing.count, record: images.images[first].description
      )
    }
    rows = found.compactMap { $0?.named(reader.classes.names) }
  }
}
