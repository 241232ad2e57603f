// The report as JUnit XML, which build servers show beside their tests (Jenkins, GitLab, and actions for GitHub).
//
// JUnit never specified its format. All of these servers read testsuites > testsuite > (properties, testcase > failure,
// system-out).
import ByteIO
import JSON

extension EvaluationReport {
  /// Returns the report as XML 1.0. Each gate is a test case; without gates, there is one for the evaluation. The main
  /// figures are properties, and the text report is the output of the tests.
  ///
  /// - Complexity: O(c² + m log m) for c classes and m different confusions
  func junit() -> String {
    let counts = "tests=\"\(max(1, gates.count))\" failures=\"\(failures.count)\" errors=\"0\""
    var lines = [
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>",
      "<testsuites name=\"fm-eval\" \(counts) time=\"0\">",
      "  <testsuite name=\"fm-eval\" \(counts) skipped=\"0\" time=\"0\">",
      "    <properties>",
    ]
    lines += mainFigures.map {
      "      <property name=\"\(escapedXML($0.key))\" value=\"\(escapedXML($0.value))\"/>"
    }
    lines.append("    </properties>")
    if gates.isEmpty { lines.append(testCase("evaluation") + "/>") }
    for gate in gates { lines += testCase(gate) }
    lines += ["    <system-out>\(escapedXML(text()))</system-out>", "  </testsuite>", "</testsuites>"]
    return lines.joined(separator: "\n") + "\n"
  }

  /// The figures over all classes, as in the JSON report.
  private var mainFigures: [(key: String, value: String)] {
    figures.members.flatMap { member -> [(key: String, value: String)] in
      switch member.value {
      case .number(let text): [(member.key, text)]
      case .object(let parts) where member.key != "sums":
        parts.compactMap { part in
          if case .number(let text) = part.value { ("\(member.key).\(part.key)", text) } else { nil }
        }
      default: []
      }
    }
  }

  private func testCase(_ result: GateResult) -> [String] {
    // The name is the same in every build, so that a server can tell when a gate began to fail.
    let opening = testCase(result.gate.words)
    guard !result.isPassed else { return [opening + "/>"] }
    let failure = "message=\"\(escapedXML(result.words))\" type=\"\(result.gate.kind.rawValue)\""
    return [
      opening + ">", "      <failure \(failure)>\(escapedXML(result.words))</failure>", "    </testcase>",
    ]
  }

  private func testCase(_ name: String) -> String {
    "    <testcase classname=\"fm-eval\" name=\"\(escapedXML(name))\" time=\"0\""
  }
}
