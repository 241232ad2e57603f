// Checks that the classes of a table are those of the stream. Captions from another stream's table would look right.
import ByteIO
import Predictions

/// Compares the classes that rows name with the labels of their images.
struct ClassCheck {
  private let stream: String
  private let classes: [String]?
  private let known: Set<String>
  // If the stream has no class names, each name in the table must belong to one label, and each label to one name.
  private var labels: [String: Int] = [:]
  private var names: [Int: String] = [:]
  // Whether the true and the predicted classes seen so far are numbers, and the first row that has both.
  private var truthsAreNumbers: Set<Bool> = []
  private var predictionsAreNumbers: Set<Bool> = []
  private var first: RowPlace?

  /// Creates a check. `classes` are the names of the stream's labels; `nil` if it has none.
  init(stream: String, classes: [String]?) {
    (self.stream, self.classes) = (stream, classes)
    known = Set(classes ?? [])
  }

  /// Checks a row against the label of its image, which `record` describes.
  mutating func add(
    _ row: PredictionNotes.Row, label: Int?, record: @autoclosure () -> String
  ) throws(SelectionError) {
    if classes != nil {
      for name in [row.truth, row.predicted] {
        guard let name, name.utf8.areDigits, !known.contains(name) else { continue }
        throw .numberForName(row.place, number: name, stream: stream)
      }
    } else {
      addKinds(row, label: label)
    }
    guard let truth = row.truth, let label else { return }
    if let name = classes?[label] ?? (truth.utf8.areDigits ? String(label) : nil) {
      if truth == name { return }
      throw .otherTruth(row.place, record: record(), truth: truth, label: name, stream: stream)
    }
    if let other = labels.updateValue(label, forKey: truth), other != label {
      throw .twoLabels(row.place, truth: truth, labels: [other, label], stream: stream)
    }
    if let other = names.updateValue(truth, forKey: label), other != truth {
      throw .twoTruths(row.place, label: label, truths: [other, truth], stream: stream)
    }
  }

  /// Ends the check after the last row. Throws if all true classes are numbers and all predicted classes are names, or
  /// the other way round.
  func finish() throws(SelectionError) {
    guard truthsAreNumbers.count == 1, predictionsAreNumbers.count == 1, let first,
      truthsAreNumbers != predictionsAreNumbers
    else { return }
    throw .numbersAndNames(first, truthsAreNumbers: truthsAreNumbers.contains(true), stream: stream)
  }

  private mutating func addKinds(_ row: PredictionNotes.Row, label: Int?) {
    guard let truth = row.truth ?? label.map({ String($0) }), let predicted = row.predicted else { return }
    truthsAreNumbers.insert(truth.utf8.areDigits)
    predictionsAreNumbers.insert(predicted.utf8.areDigits)
    first = first ?? row.place
  }
}
