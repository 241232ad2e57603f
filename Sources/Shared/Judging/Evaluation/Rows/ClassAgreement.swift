// Checks that true and predicted classes have the same names. If they have none in common, figures mean nothing. Two
// names that people would take for one are probably a mistake.
import ByteIO
import Predictions
import TensorStream

/// The true and the predicted classes of a table that does not list its classes.
struct ClassAgreement {
  private let classes: [ClassFigures]
  private let truths: [String]
  private let predictions: [String]

  init(_ classes: [ClassFigures]) {
    self.classes = classes
    truths = classes.filter { $0.support > 0 }.map(\.name)
    predictions = classes.filter { $0.predicted > 0 }.map(\.name)
  }

  /// Throws if true and predicted classes are named in different ways. `areOfOneTool` says that a single command, such
  /// as fm-predict, wrote both. It always uses the same name for a class, so the two sides may have no name in common
  /// if a few records are all wrong.
  ///
  /// - Complexity: O(c) for c classes, on average
  func check(name: String, areOfOneTool: Bool) throws(EvaluationError) {
    try checkMeeting(name: name, areOfOneTool: areOfOneTool)
    try checkKind(name: name)
    try checkSpelling(name: name, areOfOneTool: areOfOneTool)
  }

  /// Throws if some classes are numbers and others names. Most likely, a table by name and one by index were
  /// concatenated.
  private func checkKind(name: String) throws(EvaluationError) {
    let occurring = classes.filter { $0.support + $0.predicted > 0 }.map(\.name)
    let numbers = occurring.filter(Self.isLabelNumber)
    guard !numbers.isEmpty, numbers.count < occurring.count else { return }
    throw .mixedClasses(name: name, numbers: numbers, names: occurring.filter { !Self.isLabelNumber($0) })
  }

  /// Throws if two names are spellings of one class. Two spellings of one number, and one text in two Unicode forms,
  /// are never two classes. Names that differ in case or blanks can be two classes, as the letters are, unless one
  /// occurs only as a true class and the other only as a predicted one.
  private func checkSpelling(name: String, areOfOneTool: Bool) throws(EvaluationError) {
    let occurring = classes.filter { $0.support + $0.predicted > 0 }
    let figures = Dictionary(uniqueKeysWithValues: occurring.map { (Bytes($0.name), $0) })
    for pair in LookalikePair.all(of: occurring.map(\.name)) {
      if pair.likeness == .letterCase || pair.likeness == .separators {
        guard let one = figures[Bytes(pair.one)], let other = figures[Bytes(pair.other)], !areOfOneTool,
          one.support + other.predicted == 0 || one.predicted + other.support == 0
        else { continue }
      }
      throw .lookalikes(name: name, pair.one, pair.other, pair.likeness, in: nil)
    }
  }

  private func checkMeeting(name: String, areOfOneTool: Bool) throws(EvaluationError) {
    guard !predictions.isEmpty, Set(truths.map(Bytes.init)).isDisjoint(with: predictions.map(Bytes.init))
    else { return }
    let areNumbers = (truths.allSatisfy(Self.isNumber), predictions.allSatisfy(Self.isNumber))
    let areNames = (!truths.contains(where: Self.isNumber), !predictions.contains(where: Self.isNumber))
    let isNumbering = areNumbers.0 && areNames.1 || areNumbers.1 && areNames.0
    let isSpelling = !Set(truths.map(Likeness.folded)).isDisjoint(with: predictions.map(Likeness.folded))
    let areMany = truths.count > 1 && predictions.count > 1
    guard isNumbering || !areOfOneTool && (isSpelling || areMany) else { return }
    throw .classesNeverMeet(
      name: name, truths: truths, predictions: predictions,
      isNumbering ? .numbersAndNames : isSpelling ? .spelling : .others)
  }

  /// A name as bytes, since Swift's strings are equal if they differ only in Unicode form.
  private struct Bytes: Hashable {
    let bytes: [UInt8]
    init(_ name: String) { bytes = Array(name.utf8) }
  }

  /// Whether a name can be the number of a label, which has no sign.
  private static func isLabelNumber(_ name: String) -> Bool { isNumber(name) && name.first != "-" }

  private static func isNumber(_ name: String) -> Bool {
    !name.isEmpty
      && name.utf8.allSatisfy { 0x30...0x39 ~= $0 || $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: "-") }
      && Double(name) != nil
  }
}

/// How true and predicted classes differ if they have no name in common.
public enum ClassDisagreement: Equatable, Sendable {
  case numbersAndNames
  /// The names differ only in leading zeros, case, blanks or Unicode form.
  case spelling
  case others

  /// The difference in words; `nil` if there is nothing to add to the lists of names.
  var words: String? {
    self == .spelling ? "they differ only in leading zeros, case, blanks or Unicode form" : nil
  }
}

// MARK: - Names that look alike

/// Two names that people would take for the same one.
struct LookalikePair: Equatable {
  let one: String
  let other: String
  let likeness: Likeness

  /// Returns the pairs among distinct names, each name with the first that it looks like.
  ///
  /// - Complexity: O(n) for n names, on average
  static func all(of names: [String]) -> [LookalikePair] {
    var first: [String: String] = [:]
    return names.compactMap { name in
      guard let other = first[Likeness.folded(name)] else {
        first[Likeness.folded(name)] = name
        return nil
      }
      return Likeness(other, name).map { LookalikePair(one: other, other: name, likeness: $0) }
    }
  }
}
