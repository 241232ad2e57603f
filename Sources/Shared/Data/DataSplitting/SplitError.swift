import ByteIO
import TensorStream

/// The reason why records cannot be divided as requested.
public enum SplitError: Failure, Equatable {
  case noLabels(name: String)
  case noImages(name: String, found: RecordFormat)
  case tooFewRecords(name: String, heldOut: Int, available: Int)
  case tooFewForFolds(name: String, folds: Int, available: Int)
  case shareTooLarge(validation: Double, test: Double)
  case countByHash(Int)
  case inputChanged(name: String)
  /// A part would be written without any record.
  case emptyPart(name: String, part: Part, records: Int, byHash: Bool)

  public var kind: FailureKind {
    switch self {
    case .countByHash, .shareTooLarge: .usage
    case .noLabels, .noImages, .tooFewRecords, .tooFewForFolds, .emptyPart: .badData
    case .inputChanged: .inputOutput
    }
  }

  public var description: String {
    switch self {
    case .noLabels(let name):
      "\(name): a stratified split needs labels, but the records have none"
    case .noImages(let name, let found): "\(name): expected images, found \(found)"
    case .tooFewRecords(let name, let heldOut, let available):
      "\(name): \(counted(heldOut, "record")) \(heldOut == 1 ? "is" : "are") to be held out, but there"
        + " \(available == 1 ? "is" : "are") only \(grouped(available))"
    case .tooFewForFolds(let name, let folds, let available):
      "\(name): \(counted(folds, "fold")) \(folds == 1 ? "needs" : "need") at least as many records, but"
        + " only \(grouped(available)) \(available == 1 ? "remains" : "remain") after the test part"
    case .shareTooLarge(let validation, let test):
      "validation (\(validation)) and test (\(test)) add up to more than all the records"
    case .countByHash(let count):
      "a split by hash assigns each record on its own and cannot meet a count of \(count); give a fraction, such as 0.2"
    case .emptyPart(let name, let part, let records, _):
      "\(name): \(part.words) would get none of \(counted(records, "record"))"
    case .inputChanged(let name): "\(name): the file changed while it was being read"
    }
  }
}

extension Part {
  /// The name of the part in messages.
  var words: String {
    switch self {
    case .training: "the training part"
    case .validation: "the validation part"
    case .test: "the test part"
    }
  }
}
