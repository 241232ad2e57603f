// Predicts pictures from names or archives. As with a stream, three threads pass batches to each other: the first reads
// and decodes pictures, the second computes predictions, and the third writes rows.

import Archives
import ByteIO
import CommandLine
import Compute
import ImageFiles
import Networks
import Inference
import PictureRemedies
import Predictions
import TensorStream
import Threading

/// A batch of predictions for pictures, and the errors of pictures that could not be used.
struct PicturePredictions {
  var records: RecordBatch
  var failures: [FailedRecord] = []
  /// Notes about predicted pictures that are doubtful.
  var notes: [(name: String, note: PictureNote)] = []
}

/// Classifies pictures, batch by batch, in constant memory.
final class PictureClassifier: BatchProducer {
  let predictionFormat: RecordFormat
  private let classifier: ImageClassifier
  private let pictures: ReadAhead<PictureProducer>
  private var batch = PictureBatch()

  /// The number of decoded batches that may wait to be computed. More would not make anything faster.
  private static let batchesAhead = 2

  /// Creates a classifier of the producer's pictures. It owns the producer until the predictions end. With `isAhead`,
  /// another thread decodes pictures ahead of the computation.
  init(_ classifier: ImageClassifier, _ producer: PictureProducer, isAhead: Bool) {
    self.classifier = classifier
    predictionFormat = RecordFormat(content: classifier.content, hasLabels: false, hasNames: true)
    pictures = ReadAhead(
      producer, spare: Array(repeating: PictureBatch(), count: isAhead ? Self.batchesAhead : 0))
  }

  func wait() throws -> Bool { try pictures.next(&batch) }

  func fill(_ predictions: inout PicturePredictions, adding: Bool) -> Bool {
    predictions.records.removeAll()
    predictions.failures.removeAll(keepingCapacity: true)
    predictions.notes.removeAll(keepingCapacity: true)
    for entry in batch.entries {
      if let problem = entry.problem {
        predictions.failures.append(
          FailedRecord(name: entry.name, reason: problem.wholeReason, place: predictions.records.names.count))
      } else {
        predictions.records.names.append(entry.name)
        let name = (entry.archive.map { "\($0): " } ?? "") + displayed(entry.name)
        for note in entry.notes { predictions.notes.append((name, note)) }
      }
    }
    predictions.records.count = predictions.records.names.count
    classifier.predict(batch.images, count: predictions.records.count, into: &predictions.records)
    return false
  }

  var isReady: Bool { pictures.isReady }
}

extension Predictor {
  /// Writes a row for each picture that is named or in archives. Throws ``NegativeAnswer`` if some have no prediction,
  /// unless --keep-going.
  func predictPictures(to target: OutputFile) throws {
    let failureCount: Int
    let rowCount: Int
    if options.pathOptions.tar {
      let archives = try options.pathOptions.archives(options.inputs, options.force)
      (rowCount, failureCount) = try predict(archives, to: target)
    } else {
      let names = try options.pathOptions.names(options.inputs)
      (rowCount, failureCount) = try predict(names, to: target)
      if !options.reporting.quiet, let remark = names.leftovers.remark { FMPredict.say(remark) }
    }
    if failureCount == 0 { return }
    let summary =
      "\(grouped(failureCount)) of \(counted(rowCount, "file")) gave no prediction; the column 'error' says why"
    guard options.keepGoing else { throw NegativeAnswer(summary) }
    if !options.reporting.quiet { FMPredict.say(summary) }
  }

  /// Writes a row for each picture in archives. Returns the number of rows, and of rows without a prediction.
  func predict(
    _ archives: ArchivePictures, to target: OutputFile
  ) throws -> (rows: Int, failures: Int) {
    let counts = try predict(ArrivingMembers(archives), to: target)
    guard !options.reporting.quiet else { return counts }
    for remark in [archives.passedOver.foreignRemark].compactMap({ $0 }) + archives.remarks {
      FMPredict.say(remark)
    }
    return counts
  }

  private func predict(
    _ arriving: any ArrivingPictures, to target: OutputFile
  ) throws -> (rows: Int, failures: Int) {
    let modelNames = options.models.names.joined(separator: ", ")
    let recipe = try options.pathOptions.recipe(
      for: members.recipe, name: modelNames, force: options.force.force)
    let classifier: ImageClassifier
    do {
      classifier = try ImageClassifier(
        members, batchCapacity: options.batchSize, engine: engine, precision: options.precision.precision,
        predictsLogarithms: options.text.logProbabilities)
    } catch {
      throw ClassifierError.tooLarge(error)
    }
    // Decoding has its own threads, since those of the engine compute at the same time.
    let decoders = WorkerPool(count: engine.workers.count)
    let producer = PictureProducer(
      arriving,
      PictureMaker(recipe: recipe, shape: classifier.input, isStrict: options.pathOptions.damage.strict),
      limit: max(options.batchSize, Self.smallestPictureBatch), threadCount: decoders.count
    ) { count, body in decoders.forEach(count, body) }
    let pictures = PictureClassifier(classifier, producer, isAhead: isAhead)
    var textOptions = try options.text.options(
      classes: members.classes, classCount: pictures.predictionFormat.classCount ?? 0)
    textOptions.showsErrors = true
    let writer = try PredictionTextWriter(
      target, format: options.text.format, records: pictures.predictionFormat, classes: members.classes,
      options: textOptions)
    return try write(pictures, by: writer, to: target)
  }

  /// The minimum size of a batch that is decoded together, if this many names are available.
  private static var smallestPictureBatch: Int { 64 }

  /// Writes all rows. Returns their number, and the number of rows without a prediction.
  private func write(
    _ pictures: PictureClassifier, by writer: PredictionTextWriter, to target: OutputFile
  ) throws -> (rows: Int, failures: Int) {
    let empty = PicturePredictions(records: RecordBatch(format: pictures.predictionFormat))
    var (rowCount, failureCount) = (0, 0)
    var notes = PictureNotes()
    try forEachBatch(of: pictures, in: empty, unit: "pictures", to: target) { batch in
      try writer.write(batch.records, failures: batch.failures)
      for (name, note) in batch.notes { notes.add(note, name: name) }
      failureCount += batch.failures.count
      let count = batch.records.count + batch.failures.count
      rowCount += count
      return count
    }
    try writer.finish()
    try target.commit()
    if !options.reporting.quiet { for line in notes.lines { FMPredict.say(line) } }
    return (rowCount, failureCount)
  }
}
