// A model at work on a stream: batches of images in, batches of predictions out.

import ByteIO
import Compute
import TensorStream
import Threading

/// Why a stream does not fit a model.
public enum ClassifierError: Failure, Equatable {
  case noImages(name: String)
  case differentShape(name: String, shape: ImageShape, wanted: ImageShape)
  case unknownLabel(name: String, record: Int, label: Int, classCount: Int)
  case differentClasses(name: String)
  case tooLarge(TrainingError)

  public var kind: FailureKind { .badData }

  public var description: String {
    switch self {
    case .noImages(let name): "\(name): holds predictions, not images; give it to fm-eval"
    case .differentShape(let name, let shape, let wanted):
      "\(name): images of \(shape.text), but the model is for \(wanted.text)"
    case .unknownLabel(let name, let record, let label, let classCount):
      "\(name): record \(record): expected a label below \(classCount), the model's classes, got \(label)"
    case .differentClasses(let name): "\(name): the class names are not the model's"
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
  private let network: Network
  private let mirror: MirrorMemory?
  private let classes: [String]?
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

  /// Throws ``ClassifierError`` where the stream's images are not what the model takes. `batchCapacity` images are
  /// computed at once, at most. Until the predictions are at their end, the reader belongs to the classifier.
  public init(
    _ model: Model, averaging: Averaging = .none, reading reader: TensorStreamReader, batchCapacity: Int,
    engine: Engine, predictsLogarithms: Bool = false
  ) throws {
    guard let shape = reader.format.imageShape else { throw ClassifierError.noImages(name: reader.name) }
    guard shape == model.architecture.input else {
      throw ClassifierError.differentShape(name: reader.name, shape: shape, wanted: model.architecture.input)
    }
    do {
      try NetworkPlan.checkMemory(
        model.architecture, batch: batchCapacity, workers: engine.workers.count, forTraining: false)
    } catch {
      throw ClassifierError.tooLarge(error)
    }
    name = reader.name
    self.reader = reader
    classes = model.classes
    network = Network(model.architecture, batchCapacity: batchCapacity, forTraining: false, engine: engine)
    network.importParameters(model.parameters)
    mirror = MirrorMemory(averaging, model.architecture, batchCapacity: batchCapacity)
    predictionFormat = RecordFormat(
      content: .prediction(classCount: model.architecture.classCount, isLogarithmic: predictsLogarithms),
      hasLabels: reader.format.hasLabels, hasNames: reader.format.hasNames)
    images = RecordBatch(format: reader.format)
    records = ReadAhead(
      RecordProducer(reader, limit: max(batchCapacity, Self.smallestLimit)),
      spare: Array(repeating: images, count: engine.workers.count > 1 ? Self.batchesAhead : 0))
  }

  /// Waits for records; `false` at the stream's proper end.
  public func wait() throws -> Bool {
    if let deferredError { throw deferredError }
    guard try records.next(&images) else {
      if let theirs = reader.classes, let ours = classes, theirs != ours {
        throw ClassifierError.differentClasses(name: name)
      }
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
    predict(into: &predictions.probabilities)
    appendLikeliest(to: &predictions)
    recordCount += images.count
    return false
  }

  /// Whether records are there.
  public var isReady: Bool { deferredError != nil || records.isReady }

  /// Records before one whose label is none of the classes are predicted, and then it is refused.
  private func checkLabels() throws {
    let classCount = network.architecture.classCount
    guard let index = images.labels.firstIndex(where: { Int($0) >= classCount }) else { return }
    let error = ClassifierError.unknownLabel(
      name: name, record: recordCount + index, label: Int(images.labels[index]), classCount: classCount)
    if index == 0 { throw error }
    images.truncate(to: index)
    deferredError = error
  }

  /// Appends [count, classCount] probabilities or logarithms.
  private func predict(into probabilities: inout [Float]) {
    let classCount = network.architecture.classCount
    let imageByteCount = network.architecture.input.byteCount
    probabilities.append(contentsOf: repeatElement(0, count: images.count * classCount))
    images.images.withUnsafeBufferPointer { bytes in
      probabilities.withUnsafeMutableBufferPointer { probabilities in
        for start in stride(from: 0, to: images.count, by: network.batchCapacity) {
          let count = min(network.batchCapacity, images.count - start)
          network.predict(
            ImageBatch(
              bytes: UnsafeBufferPointer(rebasing: bytes[(start * imageByteCount)...]), count: count),
            averaging: mirror, asLogarithms: predictionFormat.isLogarithmic,
            into: UnsafeMutableBufferPointer(rebasing: probabilities[(start * classCount)...]))
        }
      }
    }
  }

  /// Appends each record's likeliest class, the first of equals.
  private func appendLikeliest(to predictions: inout RecordBatch) {
    let classCount = network.architecture.classCount
    predictions.probabilities.withUnsafeBufferPointer { probabilities in
      for start in stride(from: 0, to: probabilities.count, by: classCount) {
        var best = start
        for index in start..<start + classCount where probabilities[index] > probabilities[best] {
          best = index
        }
        predictions.predicted.append(UInt8(best - start))
      }
    }
  }
}
