// Whether true and predicted classes are called by the same names: figures of classes that never meet mean nothing.
import ByteIO
import Predictions

/// The names of the true and of the predicted classes of a table that does not say which classes there are.
struct ClassAgreement {
  private let classes: [ClassFigures]
  private let truths: [String]
  private let predictions: [String]

  init(_ classes: [ClassFigures]) {
    self.classes = classes
    truths = classes.filter { $0.support > 0 }.map(\.name)
    predictions = classes.filter { $0.predicted > 0 }.map(\.name)
  }

  /// Throws where the names are of two kinds. `areOfOneTool` says that both were written by one command, as by fm-predict,
  /// which means the same by the same name; then they may be all different in a few records that are all wrong.
  func check(name: String, areOfOneTool: Bool) throws(EvaluationError) {
    try checkMeeting(name: name, areOfOneTool: areOfOneTool)
    try checkKind(name: name)
    try checkSpelling(name: name, areOfOneTool: areOfOneTool)
  }

  /// Some classes are numbers and others names: most likely, tables by name and by index were put together.
  private func checkKind(name: String) throws(EvaluationError) {
    let occurring = classes.filter { $0.support + $0.predicted > 0 }.map(\.name)
    let numbers = occurring.filter(Self.isLabelNumber)
    guard !numbers.isEmpty, numbers.count < occurring.count else { return }
    throw .mixedClasses(name: name, numbers: numbers, names: occurring.filter { !Self.isLabelNumber($0) })
  }

  /// Two spellings of one number, or of one text in two Unicode forms, are no two classes. Those that differ in case or in
  /// blanks may be, as letters are, but not where one of both is only true and the other only predicted.
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

  /// Names as bytes: Swift takes texts for equal that differ in their Unicode form.
  private struct Bytes: Hashable {
    let bytes: [UInt8]
    init(_ name: String) { bytes = Array(name.utf8) }
  }

  /// Whether it may be a label's number, which has no sign.
  private static func isLabelNumber(_ name: String) -> Bool { isNumber(name) && name.first != "-" }

  private static func isNumber(_ name: String) -> Bool {
    !name.isEmpty
      && name.utf8.allSatisfy { 0x30...0x39 ~= $0 || $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: "-") }
      && Double(name) != nil
  }
}

/// In which way names of classes never meet.
public enum ClassDisagreement: Equatable, Sendable {
  case numbersAndNames
  /// They differ in leading zeros, case, blanks or Unicode form alone.
  case spelling
  case others

  var remedy: String {
    switch self {
    case .numbersAndNames: "say which number is which name by --classes"
    case .spelling:
      "they differ in leading zeros, case, blanks or Unicode form alone; write them alike, or list them all by --classes"
    case .others: "if they are different classes indeed, list them all by --classes"
    }
  }
}
