// The report as CSV, one figure per line, for spreadsheets and data frames.
import ByteIO
import JSON

extension EvaluationReport {
  /// Returns the report as CSV (RFC 4180, except that lines end in a line feed alone) with the columns `metric`,
  /// `class` and `value`. The class is empty for figures of all classes. Metrics have the names that gates use; for a
  /// metric of a class, it is the part after the class.
  ///
  /// - Complexity: O(c² + m log m) for c classes and m different confusions
  func csv() -> String {
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
      // These have no single value, or follow from other members.
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

/// Returns a class's name in a form that no spreadsheet takes for a formula.
private func classField(_ name: String) -> String { FormulaGuard.isNeeded(name.utf8) ? "'" + name : name }

/// Returns a field, in quotes if it needs them.
private func csvField(_ text: String) -> String {
  let needsQuotes = text.unicodeScalars.contains { [",", "\"", "\n", "\r"].contains($0) }
  return needsQuotes ? "\"" + text.replacing("\"", with: "\"\"") + "\"" : text
}
