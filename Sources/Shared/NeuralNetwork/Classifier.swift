// A model at work on a stream: batches of images in, batches of predictions out.

import ByteIO
import Compute
import TensorStream

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

/// Classifies the records of a stream, batch by batch, in constant memory.
public final class Classifier {
  /// What predictions hold: labels and names where the images have them.
  public let predictionFormat: RecordFormat
  private let reader: TensorStreamReader
  private let network: Network
  private let classes: [String]?
  private var images: RecordBatch
  private var predictions: RecordBatch
  private var recordCount = 0

  /// Throws ``ClassifierError`` where the stream's images are not what the model takes.
  public init(_ model: Model, reading reader: TensorStreamReader, batchCapacity: Int, engine: Engine) throws {
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
    self.reader = reader
    classes = model.classes
    network = Network(model.architecture, batchCapacity: batchCapacity, forTraining: false, engine: engine)
    network.importParameters(model.parameters)
    predictionFormat = RecordFormat(
      content: .prediction(classCount: model.architecture.classCount), hasLabels: reader.format.hasLabels,
      hasNames: reader.format.hasNames)
    images = RecordBatch(format: reader.format)
    predictions = RecordBatch(format: predictionFormat)
  }

  /// The predictions for the next records that are there, `nil` at the stream's proper end. The batch is valid until
  /// the next call.
  public func next() throws -> RecordBatch? {
    guard try reader.read(into: &images, limit: network.batchCapacity) > 0 else {
      if let theirs = reader.classes, let ours = classes, theirs != ours {
        throw ClassifierError.differentClasses(name: reader.name)
      }
      return nil
    }
    try checkLabels()
    predictions.removeAll()
    predictions.count = images.count
    predictions.labels += images.labels
    predictions.names += images.names
    predict()
    recordCount += images.count
    return predictions
  }

  private func checkLabels() throws {
    let classCount = network.architecture.classCount
    guard let index = images.labels.firstIndex(where: { Int($0) >= classCount }) else { return }
    throw ClassifierError.unknownLabel(
      name: reader.name, record: recordCount + index, label: Int(images.labels[index]), classCount: classCount
    )
  }

  private func predict() {
    let classCount = network.architecture.classCount
    predictions.probabilities.append(contentsOf: repeatElement(0, count: images.count * classCount))
    images.images.withUnsafeBufferPointer { bytes in
      predictions.probabilities.withUnsafeMutableBufferPointer { probabilities in
        network.predict(ImageBatch(bytes: bytes, count: images.count), into: probabilities)
      }
    }
    for record in 0..<images.count {
      predictions.predicted.append(UInt8(largest(record * classCount..<(record + 1) * classCount)))
    }
  }

  /// The likeliest class, the first of equals.
  private func largest(_ range: Range<Int>) -> Int {
    var best = range.lowerBound
    for index in range where predictions.probabilities[index] > predictions.probabilities[best] {
      best = index
    }
    return best - range.lowerBound
  }
}
