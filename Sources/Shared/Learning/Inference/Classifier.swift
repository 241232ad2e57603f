// A model, or several together, at work on a stream: batches of images in, batches of predictions out.

import ByteIO
import Compute
import Execution
import KernelInterface
import Networks
import TensorStream
import Threading

/// Why a stream does not fit a model.
public enum ClassifierError: Failure, Equatable {
  case noImages(name: String)
  case differentShape(name: String, shape: ImageShape, wanted: ImageShape)
  case unknownLabel(name: String, record: Int, label: Int, classCount: Int)
  case differentClasses(name: String, ClassDifference)
  case numberedLabels(name: String, classes: [String])
  case differentRecipe(name: String, recipe: RecordedRecipe?, wanted: RecordedRecipe?)
  case tooLarge(NetworkSizeError)

  public var kind: FailureKind {
    if case .tooLarge(let error) = self { error.kind } else { .badData }
  }

  public var description: String {
    switch self {
    case .noImages(let name): "\(name): holds predictions, not images; give it to fm-eval"
    case .differentShape(let name, let shape, let wanted):
      "\(name): images of \(shape.text), but the model is for \(wanted.text)"
    case .unknownLabel(let name, let record, let label, let classCount):
      "\(name): record \(record): expected a label below \(classCount), the model's classes, got \(label)"
    case .differentClasses(let name, let difference): "\(name): \(difference.text("the model"))"
    case .numberedLabels(let name, let classes): "\(name): \(numberedLabelsText(classes))"
    case .differentRecipe(let name, let recipe, let wanted):
      "\(name): the images were made by the recipe '\(recipe?.text ?? "none")', but the model learned from images made by"
        + " '\(wanted?.text ?? "none")'; make them by that, or --force it"
    case .tooLarge(let error): error.description
    }
  }
}

/// Classifies the records of a stream, batch by batch, in constant memory: a producer of predictions.
///
/// With an engine of several threads, the stream is read and verified by one more, ahead of the computation.
public final class Classifier: BatchProducer {
  /// What predictions hold: labels and names where the images have them.
  public let predictionFormat: RecordFormat
  private let name: String
  private let reader: TensorStreamReader
  private let records: ReadAhead<RecordProducer>
  private let classifier: ImageClassifier
  /// `nil` where any will do.
  private let recipe: RecordedRecipe?
  /// The records to be classified next.
  private var images: RecordBatch
  private var recordCount = 0
  /// What is wrong behind `images`.
  private var deferredError: ClassifierError?

  /// Records are handed from thread to thread by at least so many, if as many are there: handing one over takes longer
  /// than classifying it.
  private static let smallestLimit = 256
  /// Batches that may be ready before they are asked for. More would only wait.
  private static let batchesAhead = 2

  /// Throws ``ClassifierError`` where the stream's images are not what the models take; these agree, and there is at least
  /// one. `batchCapacity` images are computed at once, at most. Until the predictions are at their end, the reader belongs
  /// to the classifier.
  ///
  /// Classes and recipe of the stream, which its end tells, must be the models'; with `takesAnyRecipe`, the classes.
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

  /// Waits for records; `false` at the stream's proper end.
  public func wait() throws -> Bool {
    if let deferredError { throw deferredError }
    guard try records.next(&images) else {
      try checkEnd()
      return false
    }
    try checkLabels()
    return true
  }

  /// Replaces the batch's content by the predictions for the records that were there.
  public func fill(_ predictions: inout RecordBatch, adding: Bool) -> Bool {
    predictions.removeAll()
    predictions.count = images.count
    predictions.labels += images.labels
    predictions.names += images.names
    classifier.predict(images.images, count: images.count, into: &predictions)
    recordCount += images.count
    return false
  }

  /// Whether records are there.
  public var isReady: Bool { deferredError != nil || records.isReady }

  /// What the stream says of all its records it says behind them, when they are predicted: who reads the predictions knows
  /// by the status, or by the end that is missing, what they are worth.
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

  /// Records before one whose label is none of the classes are predicted, and then it is refused.
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
