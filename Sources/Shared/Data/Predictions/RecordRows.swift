// Reads predictions from a tensor stream.
import ByteIO
import TensorStream

/// Reads rows that are records of a tensor stream.
final class RecordRows: RowSource {
  let columns: PredictionColumns
  /// The classes that are known beforehand: those that the user gave, else numbers until the stream's end names them.
  let classes: ClassTable
  var namesClasses: Bool { reader.classes != nil }
  var place: RowPlace { RowPlace(name: reader.name, row: .record(recordCount - 1)) }

  private let reader: TensorStreamReader
  private let classCount: Int
  private let areClassesGiven: Bool
  private var batch: RecordBatch
  private var position = 0
  private var recordCount = 0

  /// Reads the first header. `given` are the class names that the user gave, if any.
  init(_ source: any ByteSource, given: [String]?) throws {
    reader = try TensorStreamReader(source)
    guard let classCount = reader.format.classCount else {
      throw PredictionError.images(name: source.name)
    }
    if let given, given.count != classCount {
      throw PredictionError.givenClassCount(name: source.name, given: given.count, found: classCount)
    }
    self.classCount = classCount
    areClassesGiven = given != nil
    classes = ClassTable(given ?? (0..<classCount).map(String.init), acceptsIndices: false)
    batch = RecordBatch(format: reader.format)
    columns = PredictionColumns(
      hasNames: reader.format.hasNames, hasTruth: reader.format.hasLabels, hasProbability: true,
      hasProbabilities: true, isLogarithmic: reader.format.isLogarithmic)
  }

  /// Adopts the class names from the stream's end. Throws if they differ from names that the user gave.
  private func take(_ names: [String], _ classes: inout ClassTable) throws(PredictionError) {
    guard areClassesGiven else { return classes.rename(names) }
    guard names == classes.names else {
      throw .givenClassesDiffer(name: reader.name, ClassDifference(found: names, wanted: classes.names))
    }
  }

  func next(_ row: inout PredictionRow, _ classes: inout ClassTable) throws -> Bool {
    if position == batch.count {
      position = 0
      if try reader.read(into: &batch, limit: 1024) == 0 {
        if let names = reader.classes { try take(names, &classes) }
        return false
      }
    }
    if columns.hasNames {
      row.name.removeAll(keepingCapacity: true)
      appendDisplayed(batch.names[position], to: &row.name)
    }
    row.truth = columns.hasTruth ? Int(batch.labels[position]) : nil
    let predicted = Int(batch.predicted[position])
    let probabilities = batch.probabilities[position * classCount..<(position + 1) * classCount]
    row.predicted = predicted
    row.probability = probabilities[probabilities.startIndex + predicted]
    row.probabilities.removeAll(keepingCapacity: true)
    row.probabilities.append(contentsOf: probabilities)
    position += 1
    recordCount += 1
    return true
  }
}
