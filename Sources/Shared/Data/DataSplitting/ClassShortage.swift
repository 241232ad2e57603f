// Reports classes with few or no records in a part. Whatever is learned or measured there says little about them.
import ByteIO

/// The number of records of each class in each part.
public struct SplitTally: Equatable, Sendable {
  /// The counts, [parts][classes]. A part's row ends at its largest label.
  private(set) var counts = [[Int]](repeating: [], count: Part.allCases.count)
  /// Whether each part is written, [parts].
  private var isWritten: [Bool]
  /// The class names, if known.
  var classes: [String]?

  init(written: [Bool]) { isWritten = written }

  /// With fewer records than this, one more correct prediction changes the recall of a class by more than 0.1.
  static let fewRecords = 10

  /// Counts the labels of records of a part, whether or not the part is written.
  mutating func add(_ labels: ArraySlice<UInt8>, to part: Part) {
    for label in labels {
      while counts[part.rawValue].count <= Int(label) { counts[part.rawValue].append(0) }
      counts[part.rawValue][Int(label)] += 1
    }
  }

  /// A line for each written part that has few or no records of one of the input's classes. Empty parts get no line.
  public var remarks: [String] { Part.allCases.compactMap(remark) }

  private func remark(_ part: Part) -> String? {
    let own = counts[part.rawValue]
    guard isWritten[part.rawValue], own.contains(where: { $0 > 0 }) else { return nil }
    let labels = (0..<(counts.map(\.count).max() ?? 0)).filter { label in
      counts.contains { label < $0.count && $0[label] > 0 }
    }
    func count(_ label: Int) -> Int { label < own.count ? own[label] : 0 }
    let missing = labels.filter { count($0) == 0 }
    let few = labels.filter { 1..<Self.fewRecords ~= count($0) }
    var clauses: [String] = []
    if !missing.isEmpty { clauses.append("no record of \(listed(missing.map(name)))") }
    if !few.isEmpty {
      let texts = few.map { "\(name($0)) (\(count($0)))" }
      clauses.append("fewer than \(Self.fewRecords) of \(listed(texts))")
    }
    return clauses.isEmpty ? nil : "\(part.words) has \(clauses.joined(separator: ", and "))"
  }

  private func name(_ label: Int) -> String {
    guard let classes, label < classes.count else { return "class \(label)" }
    return "'\(displayed(classes[label]))'"
  }

  /// Lists the first three texts and the number of the others.
  private func listed(_ texts: [String]) -> String {
    guard let last = texts.last, 2...3 ~= texts.count else { return shortList(texts, atMost: 3) { $0 } }
    return texts.dropLast().joined(separator: ", ") + " and \(last)"
  }
}
