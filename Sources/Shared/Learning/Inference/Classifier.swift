// Runs a model or an ensemble on a stream: batches of images in, batches of predictions out.

import Compute
import Execution
import KernelInterface
import Networks
import TensorStream
import Threading

/// Classifies the records of a stream, batch by batch, in constant memory: a producer of predictions.
///
/// With an engine of several threads, one more thread reads and verifies the stream ahead of the computation.
public final class Classifier: BatchProducer {
  /// The format of predictions, with labels and names if the images have them.
  public let predictionFormat: RecordFormat
  private let name: String
  private let reader: TensorStreamReader
  private let records: ReadAhead<RecordProducer>
  private let classifier: ImageClassifier
  /// The recipe that the stream must have; `nil` if any will do.
  private let recipe: RecordedRecipe?
  /// The records to classify next.
  private var images: RecordBatch
  private var recordCount = 0
  /// The error in the record after `images`, to be thrown when these are predicted.
  private var deferredError: ClassifierError?

  /// Threads hand over at least this many records at a time, if available: handing over a record takes longer than
  /// classifying it.
  private static let smallestLimit = 256
  /// The number of batches that may be ready before they are needed. More would only wait.
  private static let batchesAhead = 2

  /// Throws ``ClassifierError`` if the models do not take the stream's images. There is at least one model, and all
  /// agree. At most `batchCapacity` images are computed together. The reader belongs to the classifier until the end of
  /// the predictions.
  ///
  /// Classes and recipe of the stream, which its end contains, must be the models'. With `takesAnyRecipe`, only the
  /// classes must.
  public init(
    _ members: [EnsembleMember], reading reader: TensorStreamReader, batchCapacity: Int, engine: Engine,
    precision: Precision = .float32, predictsLogarithms: Bool = false,
    takesAnyRecipe: Bool = false
  ) throws {
    guard let shape = reader.format.imageShape else { throw ClassifierError.noImages(name: reader.name) }
    let input = members[0].model.architecture.input
    guard shape == input else {
      throw ClassifierError.differentShape(name: reader.name, shape: shape, wanted: input)
    }
    do {
      classifier = try ImageClassifier(
        members, batchCapacity: batchCapacity, engine: engine, precision: precision,
        predictsLogarithms: predictsLogarithms)
    } catch {
      throw ClassifierError.tooLarge(error)
    }
    name = reader.name
    self.reader = reader
    recipe = takesAnyRecipe ? nil : members.recipe
    predictionFormat = RecordFormat(
      content: classifier.content, hasLabels: reader.format.hasLabels, hasNames: reader.format.hasNames)
    images = RecordBatch(format: reader.format)
    records = ReadAhead(
      RecordProducer(reader, limit: max(batchCapacity, Self.smallestLimit)),
      spare: Array(repeating: images, count: engine.workers.count > 1 ? Self.batchesAhead : 0))
  }

  /// Waits for records. Returns `false` at the stream's proper end.
  public func wait() throws -> Bool {
    if let deferredError { throw deferredError }
    guard try records.next(&images) else {
      try checkEnd()
      return false
    }
    try checkLabels()
    return true
  }

  /// Replaces the batch's content with the predictions for the records that ``wait()`` found.
  ///
  /// - Complexity: A forward pass for each record, view and model.
  public func fill(_ predictions: inout RecordBatch, adding: Bool) -> Bool {
    predictions.removeAll()
    predictions.count = images.count
    predictions.labels += images.labels
    predictions.names += images.names
    classifier.predict(images.images, count: images.count, into: &predictions)
    recordCount += images.count
    return false
  }

  /// Whether ``wait()`` would return without waiting.
  public var isReady: Bool { deferredError != nil || records.isReady }

  /// Checks what the end of the stream says about all its records, which are predicted by then. The exit status, or a
  /// missing end, warns readers of the predictions.
  private func checkEnd() throws(ClassifierError) {
    if let ours = classifier.classes {
      if let theirs = reader.classes {
        if theirs != ours {
          throw .differentClasses(name: name, ClassDifference(found: theirs, wanted: ours))
        }
      } else if predictionFormat.hasLabels, ours.areNumbersOutOfPlace {
        throw .numberedLabels(name: name, classes: ours)
      }
    }
    guard RecordedRecipe.agree(reader.recipe, recipe) else {
      throw .differentRecipe(name: name, recipe: reader.recipe, wanted: recipe)
    }
  }

  /// Throws an error for the first record whose label is none of the classes, after the records before it have been
  /// predicted.
  private func checkLabels() throws {
    let classCount = classifier.classCount
    guard let index = images.labels.firstIndex(where: { Int($0) >= classCount }) else { return }
    let error = ClassifierError.unknownLabel(
      name: name, record: recordCount + index, label: Int(images.labels[index]), classCount: classCount)
    if index == 0 { throw error }
    images.truncate(to: index)
    deferredError = error
  }
}
