// The report as CSV, a figure a line, for spreadsheets and whatever reads data frames.
import ByteIO
import JSON

extension EvaluationReport {
  /// The report as CSV (RFC 4180, but for lines that end in a line feed alone): the columns `metric`, `class`, `value`. The
  /// class is empty for figures of all classes. Metrics are called as gates call them, those of classes by what follows
  /// the class.
  public func csv() -> String {
    var lines = ["metric,class,value"]
    func add(_ metric: String, _ value: JSONValue, ofClass name: String? = nil) {
      guard case .number(let text) = value else { return }
      lines.append([metric, name.map(classField) ?? "", text].map(csvField).joined(separator: ","))
    }
    func addAll(_ metric: String, _ value: JSONValue) {
      guard case .object(let parts) = value else { return add(metric, value) }
      for part in parts { addAll("\(metric).\(part.key)", part.value) }
    }
    for member in figures.members {
      switch (member.key, member.value) {
      // What has no one value, or is made of the others.
      case ("classes", _), ("confusion", _), ("confusions", _), ("sums", _): break
      case (let key, let value): addAll(key, value)
      }
    }
    for (index, ofClass) in figures.classes.enumerated() {
      for member in figures.classMembers(index) {
        add(member.key, member.value, ofClass: displayed(ofClass.name))
      }
    }
    return lines.joined(separator: "\n") + "\n"
  }
}

/// A class's name as no spreadsheet takes it for a formula.
private func classField(_ name: String) -> String { FormulaGuard.isNeeded(name.utf8) ? "'" + name : name }

/// A field in quotes where it needs them.
private func csvField(_ text: String) -> String {
  let needsQuotes = text.unicodeScalars.contains { [",", "\"", "\n", "\r"].contains($0) }
  return needsQuotes ? "\"" + text.replacing("\"", with: "\"\"") + "\"" : text
}
