// Every command ends with the same statuses for the same reasons, and says why in one line.
import Foundation
import Testing

@Suite struct ExitStatusTests {
  /// A folder with small, valid files of every kind, on which every command can run.
  private static let prepared = PreparedFolder { place in
    let images = SmallImages(count: 12, classCount: 2, height: 4, width: 4)
    try place.write(images.imageFile, to: "images")
    try place.write(images.labelFile, to: "labels")
    try place.write(SmallStream(images).bytes, to: "data.raw")
    try place.write(SmallPNG().file, to: "boot.png")
    let outcome = try place.shell(
      """
      set -e
      fm-train --quiet --arch linear:2 --epochs 1 --batch-size 4 --validation 0.5 --output model < data.raw
      fm-predict --model model --format raw data.raw > predictions.raw
      fm-predict --model model data.raw > predictions.tsv
      """)
    try #require(outcome.ending == .exited(0), "\(outcome.messageText)")
  }

  static func smallFiles() throws -> Workplace { try prepared.copy() }

  /// Command lines that work on the small files; each writes something to standard output.
  static let workingLines: [[String]] = [
    ["idx2raw", "images", "labels"],
    ["png2raw", "--size", "4x4", "boot.png"],
    ["fm-split", "--quiet", "--emit", "train", "data.raw"],
    trainLine + [
      "--validation", "0.5", "--output", "-", "data.raw",
    ],
    ["fm-predict", "--model", "model", "data.raw"],
    ["fm-predict", "--model", "model", "--format", "raw", "data.raw"],
    ["fm-eval", "predictions.tsv"],
    ["fm-eval", "--format", "json", "predictions.raw"],
    ["fm-eval", "--format", "csv", "predictions.raw"],
    ["fm-eval", "--format", "junit", "--interval", "bootstrap", "predictions.raw"],
    ["raw2png", "--terminal", "data.raw"],
    ["fm-audit", "--quiet", "data.raw"],
    ["fm-audit", "--quiet", "--predictions", "predictions.raw", "data.raw"],
    ["fm-plot", "confusion", "--to", "svg", "predictions.tsv"],
    ["fm-plot", "reliability", "--to", "png", "predictions.raw"],
    ["fm-info", "data.raw", "model"],
    ["fm-export", "model", "--to", "pth"],
    ["fm-export", "model", "--to", "onnx"],
    ["fm-export", "model", "--to", "safetensors"],
  ]

  /// Describes the fault in the message of a command that failed; `nil` if it is one line from the command.
  static func fault(in outcome: Outcome, of command: String) -> String? {
    let lines = outcome.messageLines
    return lines.count == 1 && lines[0].hasPrefix("\(command): ") && outcome.messages.last == 0x0a
      ? nil : "expected one line from \(command), got: \(outcome.messageText)"
  }

  @Test func successIsSilentOnStandardError() throws {
    let place = try Self.smallFiles()
    for line in Self.workingLines {
      let outcome = try place.start(line[0], Array(line.dropFirst())).finish()
      #expect(outcome.ending == .exited(0), "\(line): \(outcome.messageText)")
      #expect(outcome.messageText == "", "\(line)")
      #expect(!outcome.output.isEmpty, "\(line)")
    }
  }

  @Test(arguments: commands)
  func helpAndVersionAreOutput(_ command: String) throws {
    let place = try Workplace()
    for (option, beginning) in [("--help", "OVERVIEW: "), ("--version", "\(command) (fm-tools) ")] {
      let outcome = try place.run(command, option)
      #expect(outcome.ending == .exited(0))
      #expect(outcome.text.hasPrefix(beginning))
      #expect(outcome.messageText == "")
    }
  }

  @Test(arguments: commands)
  func helpFitsEightyColumnsAndItsExamplesDoNotWrap(_ command: String) throws {
    let lines = try Workplace().run(command, "--help").text.split(
      separator: "\n", omittingEmptySubsequences: false)
    #expect(lines.allSatisfy { $0.count <= 80 })
    // A line that is too long would wrap and continue in the first column.
    let first = try #require(lines.firstIndex(of: "EXAMPLES:")) + 1
    let examples = lines[first...].prefix { !$0.isEmpty }
    #expect(examples.count >= 3)
    #expect(examples.allSatisfy { $0.hasPrefix("  ") }, "\(examples)")
  }

  @Test(arguments: commands)
  func anInvalidCommandLineExitsWith64(_ command: String) throws {
    let place = try Workplace()
    for arguments in [["--no-such-option"], ["--format"], ["a", "b", "c", "d", "--jobs", "0"]] {
      let outcome = try place.start(command, arguments).finish()
      #expect(outcome.ending == .exited(64), "\(arguments): \(outcome.messageText)")
      #expect(Self.fault(in: outcome, of: command) == nil)
      #expect(outcome.output == [])
    }
    #expect(try place.names == [])
  }

  @Test(
    arguments: [
      ["idx2raw", "absent"], ["idx2raw", "images", "absent"], ["idx2raw", "."],
      ["idx2raw", "images", "labels", "--classes", "absent"],
      ["png2raw", "absent"], ["png2raw", "--files-from", "absent"], ["png2raw", "--files0-from", "absent"],
      ["png2raw", "boot.png", "--label-from", "absent"], ["png2raw", "boot.png", "--classes", "absent"],
      ["fm-split", "--emit", "train", "absent"], ["fm-split", "--emit", "train", "."],
      trainLine + ["--output", "new", "absent"],
      trainLine + ["--output", "new", "--validation", "absent", "data.raw"],
      ["fm-predict", "--model", "absent", "data.raw"], ["fm-predict", "--model", ".", "data.raw"],
      ["fm-predict", "--model", "model", "absent"],
      ["fm-eval", "absent"], ["fm-eval", "."], ["fm-eval", "--baseline", "absent", "predictions.tsv"],
      ["fm-eval", "--truth", "absent", "predictions.tsv"], ["fm-eval", "--merge", "absent"],
      ["raw2png", "--terminal", "absent"], ["raw2png", "--terminal", "--select", "absent", "data.raw"],
      ["raw2png", "--terminal", "--predictions", "absent", "data.raw"],
      ["fm-audit", "absent"], ["fm-audit", "data.raw", "."],
      ["fm-audit", "data.raw", "--quiet", "--predictions", "absent"],
      ["fm-plot", "confusion", "absent", "--output", "new.svg"], ["fm-plot", "curves", ".", "--to", "png"],
      ["fm-info", "absent"], ["fm-info", "."],
      ["fm-export", "absent", "--output", "new.onnx"], ["fm-export", ".", "--to", "pth"],
    ])
  func anInputThatCannotBeOpenedExitsWith66(_ line: [String]) throws {
    let place = try Self.smallFiles()
    let before = try place.names
    let outcome = try place.start(line[0], Array(line.dropFirst())).finish()
    #expect(outcome.ending == .exited(66), "\(line): \(outcome.messageText)")
    #expect(Self.fault(in: outcome, of: line[0]) == nil)
    // Predictions as text end with the failure, so that it shows when several are joined.
    let isBegun = line[0] == "fm-predict" && line.last == "absent"
    #expect(outcome.text == (isBegun ? "#failed\t" + outcome.messageText : ""))
    #expect(try place.names == before)
  }

  @Test(
    arguments: [
      ["idx2raw", "images", "--output", "absent/new"],
      ["png2raw", "boot.png", "--output", "absent/new"], ["png2raw", "boot.png", "--errors", "absent/new"],
      ["fm-split", "--train", "absent/new", "--held-out", "held", "data.raw"],
      ["fm-split", "--train", "train", "--held-out", "absent/new", "data.raw"],
      trainLine + ["--output", "absent/new", "--validation", "0.5", "data.raw"],
      trainLine + [
        "--output", "new", "--validation", "0.5", "--log", "absent/new",
        "data.raw",
      ],
      ["raw2png", "data.raw", "--sheet", "absent/new.png"],
      ["raw2png", "data.raw", "--directory", "absent/new"],
      ["raw2png", "data.raw", "--directory", "labels"],
      ["fm-audit", "data.raw", "--output", "absent/new"],
      ["fm-audit", "data.raw", "--summary", "absent/new"],
      ["fm-plot", "confusion", "predictions.tsv", "--output", "absent/new.svg"],
      ["fm-eval", "predictions.tsv", "--svg", "absent/new.svg"],
      ["fm-eval", "predictions.tsv", "--png", "."],
      ["fm-eval", "predictions.tsv", "--wrong", "absent/new.tsv"],
      ["fm-export", "model", "--output", "absent/new.onnx"],
      ["fm-export", "model", "--to", "pth", "--output", "."],
    ])
  func anOutputThatCannotBeCreatedExitsWith73(_ line: [String]) throws {
    let place = try Self.smallFiles()
    let before = try place.names
    let outcome = try place.start(line[0], Array(line.dropFirst())).finish()
    #expect(outcome.ending == .exited(73), "\(line): \(outcome.messageText)")
    #expect(Self.fault(in: outcome, of: line[0]) == nil)
    // The command notices it before any work is done, and leaves nothing behind.
    #expect(outcome.output == [])
    #expect(try place.names == before)
  }

  #if os(Linux)
    @Test func aFullDiskExitsWith74() throws {
      let place = try Self.smallFiles()
      for line in Self.workingLines {
        let outcome = try place.start(line[0], Array(line.dropFirst()), output: .file("/dev/full")).finish()
        #expect(outcome.ending == .exited(74), "\(line)")
        #expect(Self.fault(in: outcome, of: line[0]) == nil)
      }
      for command in commands {
        for option in ["--help", "--version"] {
          let outcome = try place.run(command, option, output: .file("/dev/full"))
          #expect(outcome.ending == .exited(74), "\(command) \(option)")
          #expect(Self.fault(in: outcome, of: command) == nil)
        }
      }
    }

    @Test(
      arguments: [
        ["idx2raw", "images", "--output", "/dev/full"],
        ["png2raw", "--size", "4x4", "boot.png", "--output", "/dev/full"],
        ["png2raw", "--size", "4x4", "boot.png", "--output", "new", "--errors", "/dev/full"],
        ["fm-split", "--train", "/dev/full", "--held-out", "held", "data.raw"],
        ["fm-split", "--train", "train", "--held-out", "/dev/full", "data.raw"],
        trainLine + ["--output", "/dev/full", "--validation", "0.5", "data.raw"],
        ["fm-audit", "-q", "data.raw", "--output", "/dev/full"],
        ["fm-audit", "-q", "data.raw", "--output", "new", "--summary", "/dev/full"],
        ["fm-plot", "confusion", "predictions.tsv", "--to", "png", "--output", "/dev/full"],
        ["fm-eval", "predictions.tsv", "--svg", "/dev/full"],
        ["fm-eval", "predictions.tsv", "--wrong", "/dev/full"],
        ["fm-export", "model", "--to", "onnx", "--output", "/dev/full"],
        ["fm-export", "model", "--to", "pth", "--output", "/dev/full"],
      ])
    func aFullDeviceNamedAsOutputExitsWith74(_ line: [String]) throws {
      let place = try Self.smallFiles()
      let before = try place.names
      let outcome = try place.start(line[0], Array(line.dropFirst())).finish()
      #expect(outcome.ending == .exited(74), "\(line): \(outcome.messageText)")
      #expect(Self.fault(in: outcome, of: line[0]) == nil)
      // A model, which may have taken long to train, is kept elsewhere.
      let kept = try place.names.filter { $0.contains(".kept-") }
      #expect(kept.count == (line[0] == "fm-train" ? 1 : 0))
      #expect(try place.names.filter { !kept.contains($0) } == before)
    }
  #endif

  @Test func gatesSetTheExitStatus() throws {
    let place = try Workplace()
    // Three of four predictions are right.
    try place.write(
      Array("name\ttruth\tclass\tprobability\na\tx\tx\t0.9\nb\tx\ty\t0.6\nc\ty\ty\t0.8\nd\ty\ty\t0.7\n".utf8),
      to: "now.tsv")
    try place.write(
      Array("name\ttruth\tclass\tprobability\na\tx\tx\t0.9\nb\tx\tx\t0.6\nc\ty\ty\t0.8\nd\ty\ty\t0.7\n".utf8),
      to: "before.tsv")
    let gates: [([String], Int32)] = [
      (["--min", "accuracy=0.75"], 0), (["--min", "accuracy=0.76"], 1), (["--max", "accuracy=0.75"], 0),
      (["--max", "accuracy=0.74"], 1), (["--min", "accuracy=0.5", "--min", "kappa=0.9"], 1),
      (["--baseline", "before.tsv", "--max-drop", "accuracy=0.25"], 0),
      (["--baseline", "before.tsv", "--max-drop", "accuracy=0.2"], 1),
      (["--min", "brilliance=1"], 64), (["--min", "accuracy"], 64), (["--max-drop", "accuracy=0.1"], 64),
      // Log loss needs the probability of every class, which the table lacks.
      (["--max", "log_loss=1"], 65),
    ]
    for (arguments, status) in gates {
      let outcome = try place.start("fm-eval", arguments + ["now.tsv"]).finish()
      #expect(outcome.ending == .exited(status), "\(arguments): \(outcome.messageText)")
    }
  }
}
