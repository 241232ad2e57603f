// examples/ci: what a build server runs, keeps and shows.
import Foundation
import Testing

@Suite struct BuildServerTests {
  /// A folder with a good model, a bad one, and the data to judge them on.
  private static func models() throws -> Workplace {
    let place = try WholePipelineTests.dataSet()
    let trained = try place.shell(
      """
      set -e
      idx2raw train-images train-labels --classes classes.txt > train.raw
      fm-train --quiet --arch 'conv:8 relu pool linear:16 relu' --epochs 8 --batch-size 20 --validation 0.2 --seed 1 \\
        --output good train.raw
      fm-train --quiet --arch linear:1 --epochs 1 --batch-size 200 --learning-rate 1e-9 --validation 0.2 \\
        --output bad train.raw
      """)
    #expect(trained.ending == .exited(0), "\(trained.messageText)")
    return place
  }

  private func judge(
    _ arguments: [String], in place: Workplace, _ environment: [String: String] = [:]
  ) throws -> Outcome {
    let settings = ["TEST": "test-images,test-labels", "CLASSES": "classes.txt", "TMPDIR": place.path]
    return try place.start(
      "/bin/sh", ["\(Workplace.package)/examples/ci/evaluate.sh"] + arguments,
      environment: settings.merging(environment) { $1 }
    ).finish()
  }

  private static let reports = [
    "confusion.png", "junit.xml", "report.html", "report.json", "report.md", "wrong.tsv",
  ]

  @Test func theScriptTellsGoodModelsFromBadOnes() throws {
    let place = try Self.models()
    let before = try place.names
    for (arguments, status, gateCount) in [
      (["good"], 0, 1), (["bad"], 1, 1), (["good", "bad"], 0, 2), (["bad", "good"], 1, 2),
    ] {
      let outcome = try judge(arguments, in: place)
      #expect(outcome.ending == .exited(Int32(status)), "\(arguments): \(outcome.messageText)")
      #expect(outcome.messageLines.count == status, "\(outcome.messageText)")
      #expect(try place.names == (before + ["reports"]).sorted())
      let kept = try FileManager.default.contentsOfDirectory(atPath: "\(place.path)/reports").sorted()
      #expect(kept == Self.reports)
      #expect(outcome.text == (try place.text(of: "reports/report.md")))
      #expect(outcome.text.contains(status == 0 ? "✅" : "❌"))
      let report = try place.report("reports/report.json")
      let gates = try #require(report["gates"] as? [[String: Any]])
      #expect(gates.count == gateCount)
      #expect(gates.contains { $0["passed"] as? Bool == false } == (status == 1))
      // Two models are compared on the same records.
      #expect(((report["baseline"] as? [String: Any])?["mcnemar_p"] != nil) == (gateCount == 2))
      #expect(try place.text(of: "reports/junit.xml").contains("<failure ") == (status == 1))
      let wrong = try place.text(of: "reports/wrong.tsv").split(separator: "\n").count - 1
      #expect(wrong == (report["records"] as? Int ?? 0) - (report["correct"] as? Int ?? 0))
      #expect(try place.bytes(of: "reports/confusion.png").starts(with: [0x89, 0x50, 0x4e, 0x47]))
    }
  }

  @Test func theReportGoesToTheJobsPage() throws {
    let place = try Self.models()
    try place.write(Array("another step\n".utf8), to: "summary")
    let outcome = try judge(
      ["good"], in: place, ["GITHUB_STEP_SUMMARY": "\(place.path)/summary", "REPORTS": "a folder/of its own"])
    #expect(outcome.ending == .exited(0), "\(outcome.messageText)")
    #expect(try place.text(of: "summary") == "another step\n" + outcome.text)
    #expect(try place.text(of: "a folder/of its own/report.md") == outcome.text)
  }

  @Test func limitsComeFromTheEnvironment() throws {
    let place = try Self.models()
    #expect(try judge(["bad"], in: place, ["ACCURACY": "0.01"]).ending == .exited(0))
    #expect(
      try judge(["bad", "good"], in: place, ["ACCURACY": "0.01", "DROP": "0.99"]).ending == .exited(0))
    #expect(
      try judge(["bad", "good"], in: place, ["ACCURACY": "0.01", "DROP": "0.01"]).ending == .exited(1))
  }

  /// After a failure, no report of an earlier build can pass for an answer.
  @Test func aFailureLeavesNoReports() throws {
    let place = try Self.models()
    #expect(try judge(["good"], in: place).ending == .exited(0))
    for (arguments, status) in [
      (["absent"], 66), (["train.raw"], 65), (["good", "train.raw"], 65), ([], 64), (["a", "b", "c"], 64),
    ] {
      let outcome = try judge(arguments, in: place)
      #expect(outcome.ending == .exited(Int32(status)), "\(arguments): \(outcome.messageText)")
      #expect(outcome.messageLines.count == 1 && outcome.text == "")
      if status != 64 {
        #expect(try FileManager.default.contentsOfDirectory(atPath: "\(place.path)/reports") == [])
      }
    }
  }

  @Test func theWorkflowCallsTheScriptAndKeepsItsReports() throws {
    let folder = "\(Workplace.package)/examples/ci"
    let workflow = try String(contentsOfFile: "\(folder)/evaluate.yml", encoding: .utf8)
    let script = try String(contentsOfFile: "\(folder)/evaluate.sh", encoding: .utf8)
    #expect(workflow.contains("examples/ci/evaluate.sh \"$MODEL\""))
    #expect(workflow.contains("path: reports/") && script.contains("${REPORTS:-reports}"))
    for name in ["ACCURACY", "DROP"] {
      #expect(workflow.contains("\n  \(name): \"") && script.contains("${\(name):-"))
    }
    for name in Self.reports { #expect(script.contains("$reports/\(name)")) }
    // YAML is indented with blanks; a tab is an error.
    #expect(!workflow.contains("\t"))
  }
}
