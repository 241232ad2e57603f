// Joins true classes from a separate file to predictions by name.
import ByteIO
import Predictions
import TensorStream

/// True classes, and how to treat names that only one side has.
public struct Truths {
  public enum Missing: String, CaseIterable, Sendable {
    /// Such names are an error.
    case fail
    /// Such names are left out and counted.
    case skip
  }
  let file: TrueClasses
  let missing: Missing

  public init(_ file: TrueClasses, missing: Missing = .fail) { (self.file, self.missing) = (file, missing) }
}

/// The numbers of names that a join left out.
public struct LeftOut: Equatable, Sendable {
  /// The number of predictions whose name has no true class.
  public var withoutTruth: Int
  /// The number of true classes whose name was not predicted.
  public var notPredicted: Int
}

/// Names that have no counterpart, or more than one: their number, and the first.
public struct UnmatchedNames: Equatable, Sendable {
  public var count = 0
  public var first: [UInt8] = []

  mutating func add(_ name: [UInt8]) {
    if count == 0 { first = name }
    count += 1
  }
}

/// Finds the true class of each row.
///
/// Memory: a byte for each true class, besides the file's.
struct TruthJoin {
  private let truths: Truths
  private var isUsed: [Bool]
  /// The class of the predictions for each label of the file; `nil` until it is first needed.
  private var classes: [Int?]
  private var withoutTruth = UnmatchedNames()
  private var twice = UnmatchedNames()

  init(_ truths: Truths) {
    self.truths = truths
    isUsed = [Bool](repeating: false, count: truths.file.names.count)
    classes = [Int?](repeating: nil, count: truths.file.labels.count)
  }

  /// Returns the true class of a row that `reader` has just read; `nil` if the name has none, or was already used.
  ///
  /// - Complexity: O(1) on average
  mutating func truth(of row: PredictionRow, _ reader: PredictionReader) throws(EvaluationError) -> Int? {
    guard let position = truths.file.position(of: row.name) else {
      withoutTruth.add(row.name)
      return nil
    }
    if isUsed[position] {
      twice.add(row.name)
      return nil
    }
    isUsed[position] = true
    let label = truths.file.labelIndex(at: position)
    if let known = classes[label] { return known }
    do {
      let index = try index(ofLabel: label, reader)
      classes[label] = index
      return index
    } catch {
      // A stream of predictions names its classes at its end, which is too late.
      let isTooEarly = reader.format == .raw && !reader.areClassesGiven
      throw .truthClass(
        file: truths.file.name, record: String(decoding: row.name, as: UTF8.self), error,
        needsClasses: isTooEarly)
    }
  }

  /// Marks the name of a row without a prediction as used.
  mutating func passOver(_ row: PredictionRow) {
    guard let position = truths.file.position(of: row.name) else { return withoutTruth.add(row.name) }
    if isUsed[position] { twice.add(row.name) }
    isUsed[position] = true
  }

  private func index(ofLabel label: Int, _ reader: PredictionReader) throws(RowProblem) -> Int {
    let file = truths.file
    if file.areNumbered && reader.format == .raw {
      let count = reader.classes.names.count
      guard label < count else { throw .labelUnknown("\(label)", classCount: count, areGiven: false) }
      return label
    }
    return try reader.index(ofLabel: file.labels[label])
  }

  /// Checks, after all rows, that both sides have the same names, or that others may be left out. Returns how many
  /// were.
  ///
  /// - Complexity: O(t) for t true classes
  func finish(_ reader: PredictionReader) throws(EvaluationError) -> LeftOut {
    var notPredicted = UnmatchedNames()
    for (position, isUsed) in isUsed.enumerated() where !isUsed {
      notPredicted.add(truths.file.names[position])
    }
    let isGap = withoutTruth.count + notPredicted.count > 0
    if twice.count > 0 || isGap && truths.missing == .fail {
      throw .unmatched(
        predictions: reader.name, truths: truths.file.name, withoutTruth: withoutTruth,
        notPredicted: notPredicted, twice: twice)
    }
    if truths.file.areNumbered, reader.format == .raw, truths.file.classNames == nil, reader.areClassesNamed,
      reader.classes.names.areNumbersOutOfPlace
    {
      throw .otherClasses(predictions: reader.name, truths: truths.file.name)
    }
    // Numbers in two streams mean the same only if the classes have the same names.
    if truths.file.areNumbered, reader.format == .raw, let names = truths.file.classNames,
      reader.areClassesNamed, names != reader.classes.names
    {
      throw .otherClasses(predictions: reader.name, truths: truths.file.name)
    }
    return LeftOut(withoutTruth: withoutTruth.count, notPredicted: notPredicted.count)
  }
}
