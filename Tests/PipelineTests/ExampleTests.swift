// The scripts of examples/ do what they say, on small data.
import Foundation
import Testing

@Suite struct ExampleTests {
  private func run(
    _ script: String, _ arguments: [String] = [], in place: Workplace, shell: String = "/bin/bash",
    environment: [String: String] = [:]
  ) throws -> Outcome {
    try place.start(
      shell, ["\(Workplace.package)/examples/\(script)"] + arguments,
      environment: [
        "TRAIN": "train-images,train-labels", "TEST": "test-images,test-labels",
        "DATA": "train-images,train-labels", "CLASSES": "classes.txt",
        "ARCH": "conv:8 relu pool linear:16 relu",
        "EPOCHS": "5", "FOLDS": "3", "ARCHS": "linear:16,dropout:0.2", "SEEDS": "3 4", "TMPDIR": place.path,
      ].merging(environment) { $1 }
    ).finish()
  }

  @Test func thePipelineEndsWithAReport() throws {
    let place = try WholePipelineTests.dataSet()
    let before = try place.names
    let outcome = try run("pipeline.sh", in: place)
    #expect(outcome.ending == .exited(0), "\(outcome.messageText)")
    for name in ["top", "middle", "bottom"] { #expect(outcome.text.contains(name)) }
    #expect(outcome.text.hasPrefix("Accuracy "))
    #expect(try place.names == before)
  }

  @Test func crossValidationJudgesEachFold() throws {
    let place = try WholePipelineTests.dataSet()
    let before = try place.names
    let outcome = try run("cross-validation.sh", in: place)
    #expect(outcome.ending == .exited(0), "\(outcome.messageText)")
    let lines = outcome.text.split(separator: "\n").map { $0.split(separator: " ") }
    #expect(lines.count == 4)
    let accuracies = lines.prefix(3).map { Double($0.last ?? "") ?? .nan }
    #expect(accuracies.allSatisfy { $0 > 0 && $0 <= 1 }, "\(outcome.text)")
    let mean = String(format: "%.4f,", accuracies.reduce(0, +) / 3)
    #expect(lines.last?.prefix(2) == ["mean", Substring(mean)], "\(outcome.text)")
    #expect(try place.names == before)
  }

  @Test func theReferenceIsTrainedOncePerSeed() throws {
    let place = try WholePipelineTests.dataSet()
    let outcome = try run("reference.sh", ["results"], in: place)
    #expect(outcome.ending == .exited(0), "\(outcome.messageText)")
    let lines = outcome.text.split(separator: "\n").map { $0.split(separator: "\t") }
    #expect(lines.map(\.count) == [6, 6, 6], "\(outcome.text)")
    #expect(lines.dropFirst().map { $0[1] } == ["3", "4"])
    for line in lines.dropFirst() {
      let report = try place.text(of: "results/linear:16,dropout:0.2-\(line[1]).json")
      #expect(report.contains("\"accuracy\": \(line[4])") || report.contains("\"accuracy\":\(line[4])"))
      #expect((1...5).contains(Int(line[2]) ?? 0))
      #expect(Double(line[3]) ?? .nan > 0)
    }
    // Existing models are judged again, but not trained again.
    let before = try place.text(of: "results/linear:16,dropout:0.2-3.jsonl")
    #expect(try run("reference.sh", ["results"], in: place).text == outcome.text)
    #expect(try place.text(of: "results/linear:16,dropout:0.2-3.jsonl") == before)
    #expect(try run("reference.sh", in: place).ending == .exited(64))
  }

  @Test func anAuditTrainsAModelForEachFold() throws {
    let place = try WholePipelineTests.dataSet()
    let outcome = try place.shell(
      """
      set -e
      idx2raw train-images train-labels --classes classes.txt > train.raw
      idx2raw test-images test-labels --classes classes.txt > test.raw
      """)
    try #require(outcome.ending == .exited(0), "\(outcome.messageText)")
    let before = try place.names
    let audit = try run(
      "audit.sh", ["train.raw", "test.raw", "--max", "leak=0"], in: place,
      environment: ["PREDICTIONS": "folds.tsv"])
    try #require(audit.ending == .exited(0), "\(audit.messageText)")
    #expect(audit.text.hasPrefix("kind\tstream\trecord\ttruth\tclass\t"))
    #expect(audit.messageText.contains("\n  suspect "))
    #expect(try place.names == (before + ["folds.tsv"]).sorted())
    // The rows have the order and the labels of the stream.
    let rows = try place.text(of: "folds.tsv").split(separator: "\n").map { $0.split(separator: "\t") }
    #expect(rows[0] == ["record", "truth", "class", "probability", "p:top", "p:middle", "p:bottom"])
    #expect(rows.dropFirst().map { String($0[0]) } == (0..<240).map(String.init))
    let labels = SmallImages(count: 240, seed: 1).labels
    #expect(rows.dropFirst().map { String($0[1]) } == labels.map { ["top", "middle", "bottom"][Int($0)] })
    // Existing predictions are read again; training with this architecture would fail.
    let again = try run(
      "audit.sh", ["train.raw", "test.raw", "--max", "leak=0"], in: place,
      environment: ["PREDICTIONS": "folds.tsv", "ARCH": "nonsense"])
    #expect(again.text == audit.text)
  }

  @Test(arguments: commands)
  func aManPageHasEveryOptionOfTheHelp(_ command: String) throws {
    let place = try Workplace()
    let page = try place.run(
      "/bin/bash", "\(Workplace.package)/scripts/man-page", "\(Workplace.executables)/\(command)")
    #expect(page.ending == .exited(0), "\(page.messageText)")
    for title in ["NAME", "SYNOPSIS", "DESCRIPTION", "OPTIONS", "EXAMPLES", "EXIT STATUS", "SEE ALSO"] {
      #expect(page.text.contains("\n.SH \(title)\n"))
    }
    // In the help text, names begin in the third column, such as `-o, --output <file>`.
    let help = try place.run(command, "--help").text
    let options = help.split(separator: "\n").filter { $0.hasPrefix("  -") }
      .compactMap { $0.split(separator: " ").first { $0.hasPrefix("--") } }
    #expect(options.count >= 2)
    for option in options {
      #expect(page.text.contains(option.replacing("-", with: "\\-")), "\(option)")
    }
  }
}
