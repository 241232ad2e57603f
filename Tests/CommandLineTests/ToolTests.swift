import ByteIO
import Testing

@testable import CommandLine

@Suite struct ToolTests {
  @Test(
    arguments: [
      ("done", ToolStatus.success, nil),
      ("no", .no, "fm-sample: accuracy is below 0.9"),
      ("silentNo", .no, nil),
      ("badData", .badData, "fm-sample: labels.txt: expected at most 5 bytes, found more"),
      (
        "noInput", .cannotOpen,
        "fm-sample: /nowhere/at all: cannot open for reading: No such file or directory"
      ),
      ("usage", .usage, "fm-sample: --fold: expected I/K, got 3"),
      ("validation", .usage, "fm-sample: two models were given (see fm-sample --help)"),
      (
        "defect", .internalDefect,
        "fm-sample: a bound was wrong; this is a bug in fm-tools, please report it"
      ),
    ] as [(String, ToolStatus, String?)])
  func everyEndingHasItsStatusAndAtMostOneLine(ending: String, status: ToolStatus, message: String?) {
    #expect(SampleTool.outcome(of: [ending]) == Outcome(status: status, message: message))
  }

  @Test func failedGatesAreCountedAndNamed() {
    #expect(NegativeAnswer(failedGates: ["accuracy"], of: 1).reason == "the gate failed: accuracy")
    #expect(NegativeAnswer(failedGates: ["accuracy"], of: 2).reason == "1 of 2 gates failed: accuracy")
    #expect(
      NegativeAnswer(failedGates: ["leak is 3, at most 0", "imbalance is 2"], of: 3, separator: "; ").reason
        == "2 of 3 gates failed: leak is 3, at most 0; imbalance is 2")
  }

  @Test func everyKindOfFailureHasItsExitStatus() {
    let kinds: [(FailureKind, Int32)] = [
      (.usage, 64), (.badData, 65), (.cannotOpen, 66), (.internalDefect, 70), (.cannotCreate, 73),
      (.inputOutput, 74), (.interrupted, 75),
    ]
    for (kind, status) in kinds { #expect(ToolStatus(kind).rawValue == status) }
  }

  @Test(
    arguments: [
      ([], "missing expected argument '<ending>'"),
      (["done", "--model"], "unknown option '--model'"),
      (["done", "more"], "unexpected argument 'more'"),
      (["done", "--jobs", "0"], "--jobs: expected 1 to 1024, got 0"),
      (["done", "--jobs", "1025"], "--jobs: expected 1 to 1024, got 1025"),
      (["done", "--jobs", "-1"], "--jobs: expected 1 to 1024, got -1"),
      (["done", "-j", "-1"], "--jobs: expected 1 to 1024, got -1"),
      (["done", "--progress", "-,x"], "the value '-,x' is invalid for '--progress <when>'"),
      (["done", "--progress", "--", "-1"], "missing value for '--progress <when>'"),
      (["done", "-jx"], "the value 'x' is invalid for '-j <n>'"),
      (
        ["done", "--share", "1.0"],
        "the value '1.0' is invalid for '--share <share>': expected a number, such as 12000, or a fraction below 1"
      ),
      (["done", "--progress"], "missing value for '--progress <when>'"),
      (["--", "--jobs"], "the value '--jobs' is invalid for '<ending>'"),
      (["done", "a\u{1B}[31m\nb"], #"unexpected argument 'a\x1b[31m b'"#),
    ] as [([String], String)])
  func aMistypedCommandLineIsExplainedInOneLine(arguments: [String], problem: String) throws {
    let outcome = SampleTool.outcome(of: arguments)
    let message = try #require(outcome.message)
    #expect(outcome.status == .usage)
    #expect(outcome.output == nil)
    #expect(message.hasPrefix("fm-sample: \(problem)"), "\(message)")
    #expect(message.hasSuffix(" (see fm-sample --help)"), "\(message)")
    #expect(!message.contains("\n"))
  }

  @Test func aValueMayBeginWithAHyphen() {
    #expect(SampleTool.outcome(of: ["done", "--share", "-5"]) == Outcome(status: .success))
  }

  @Test func helpIsOutputThatFitsEightyColumns() throws {
    let outcome = SampleTool.outcome(of: ["--help"])
    let help = try #require(outcome.output)
    #expect(outcome == Outcome(status: .success, output: help))
    for line in help.split(separator: "\n") { #expect(line.count <= 80, "\(line)") }
    for text in ["USAGE: fm-sample [<options>] <ending>", "EXAMPLES:\n  fm-sample done\n", "(default: 0.2)"] {
      #expect(help.contains(text), "\(help)")
    }
    #expect(SampleTool.outcome(of: ["done", "-h"]) == outcome)
  }

  @Test(
    arguments: [
      (["--shaer", "0.5"], "unknown option '--shaer', did you mean '--share'?"),
      (["--jbos=2", "-q"], "unknown option '--jbos', did you mean '--jobs'?"),
      (["-Z", "done"], "unknown option '-Z'"),
      (["done", "--", "--shaer"], "unexpected argument '--shaer'"),
      (["-share", "0.5", "done"], "unknown option '-share', did you mean '--share'?"),
      (["-jobs=2", "done"], "unknown option '-jobs', did you mean '--jobs'?"),
      (["done", "-thresh", "1"], "unknown option '-thresh'"),
      (["done", "-progres"], "unknown option '-p'"),
      (["--share"], "missing value for '--share <share>'"),
      (["--share", "0.5"], "missing expected argument '<ending>'"),
    ])
  func aMisspeltOptionIsNamedBeforeAMissingOne(arguments: [String], problem: String) throws {
    let message = try #require(SampleTool.outcome(of: arguments).message)
    #expect(message == "fm-sample: \(problem) (see fm-sample --help)")
  }

  @Test(arguments: [
    ["-qf", "done"], ["-j2", "-q", "done"], ["-j2", "done"], ["--", "done"], ["-fq", "-j", "1", "done"],
  ])
  func shortOptionsMayBeJoined(arguments: [String]) {
    #expect(SampleTool.outcome(of: arguments) == Outcome(status: .success))
  }

  @Test(
    arguments: [
      ("", "", 0), ("", "abc", 3), ("abc", "", 3), ("--modle", "--model", 2), ("--clases", "--classes", 1),
      ("kitten", "sitting", 3),
    ])
  func editsAreCounted(one: String, other: String, count: Int) {
    #expect(editDistance(one, other) == count)
  }

  @Test func helpListsGeneralOptionsFirst() {
    let text = """
      OVERVIEW: Do it.

      USAGE: do-it

      OUTPUT OPTIONS:
        --format <format>       How.

      OPTIONS:
        --model <model>         What.

      """
    #expect(
      withOptionsFirst(text) == """
        OVERVIEW: Do it.

        USAGE: do-it

        OPTIONS:
          --model <model>         What.

        OUTPUT OPTIONS:
          --format <format>       How.

        """)
    #expect(
      withOptionsFirst("OVERVIEW: Do it.\n\nOPTIONS:\n  -h\n") == "OVERVIEW: Do it.\n\nOPTIONS:\n  -h\n")
  }

  @Test func versionCompletionsAndInformationAreOutput() throws {
    #expect(
      SampleTool.outcome(of: ["--version"]) == Outcome(status: .success, output: "fm-sample (fm-tools) 0.1.0")
    )
    for shell in ["bash", "zsh", "fish"] {
      let outcome = SampleTool.outcome(of: ["--generate-completion-script", shell])
      #expect(outcome.status == .success)
      #expect(try #require(outcome.output).contains("--jobs") || shell == "fish")
    }
    #expect(
      SampleTool.outcome(of: ["cleanExit"]) == Outcome(status: .success, output: "presets: ffnn cnn"))
  }
}
