// Messages about files name an option or argument exactly as the command's help text does.
import Foundation
import Testing

@Suite struct FileOptionTests {
  /// Command lines with a file that cannot have both of its uses, and the beginnings of their messages. Together, the
  /// messages name every option and argument for a file.
  static let conflicts = otherConflicts + evaluationConflicts + pictureConflicts

  private static let otherConflicts: [(String, String)] = [
    ("idx2raw same.png -o same.png", "--output: same.png is also read by <images>,"),
    ("idx2raw images same.png -o same.png", "--output: same.png is also read by <labels>,"),
    ("idx2raw images --classes same.png -o same.png", "--output: same.png is also read by --classes,"),
    ("fm-split same.png --train same.png", "--train: same.png is also read by <file>,"),
    ("fm-split same.png --held-out same.png", "--held-out: same.png is also read by <file>,"),
    (
      "fm-split same.png --test 0.1 --test-out same.png", "--test-out: same.png is also read by <file>,"
    ),
    ("fm-train same.png --arch linear:2 -o same.png", "--output: same.png is also read by <stream>,"),
    ("fm-train --arch @same.png -o same.png data.raw", "--output: same.png is also read by --arch,"),
    ("fm-train --from same.png -o new --log same.png", "--log: same.png is also read by --from,"),
    (
      "fm-train --arch linear:2 --validation same.png -o same.png data.raw",
      "--output: same.png is also read by --validation,"
    ),
    (
      "fm-train --arch linear:2 --teacher same.png -o same.png data.raw",
      "--output: same.png is also read by --teacher,"
    ),
    (
      "fm-train --arch linear:2 --class-weights same.png -o same.png data.raw",
      "--output: same.png is also read by --class-weights,"
    ),
    (
      "fm-train same.png --arch linear:2 -o new --checkpoint same.png",
      "--checkpoint: same.png is also read by <stream>,"
    ),
    (
      "fm-train same.png --arch linear:2 --show-augmented same.png",
      "--show-augmented: same.png is also read by <stream>,"
    ),
    ("fm-train --arch @- -o new", "--arch and <stream>: standard input can be read once only"),
    ("fm-predict same.png --model model -o same.png", "--output: same.png is also read by <input>,"),
    ("fm-predict data.raw --model same.png -o same.png", "--output: same.png is also read by --model,"),
    (
      "fm-predict data.raw --model model --arch @same.png -o same.png",
      "--output: same.png is also read by --arch,"
    ),
    (
      "fm-predict data.raw --model model --thresholds same.png -o same.png",
      "--output: same.png is also read by --thresholds,"
    ),
    ("fm-predict --model -", "--model and <input>: standard input can be read once only"),
    ("fm-eval same.png -o same.png", "--output: same.png is also read by <predictions>,"),
    ("fm-eval same.png --wrong same.png", "--wrong: same.png is also read by <predictions>,"),
    ("fm-eval same.svg --svg same.svg", "--svg: same.svg is also read by <predictions>,"),
    ("fm-eval same.png --png same.png", "--png: same.png is also read by <predictions>,"),
    ("fm-eval same.png --html same.png", "--html: same.png is also read by <predictions>,"),
    (
      "fm-eval same.png --choose-thresholds f1 --thresholds-out same.png",
      "--thresholds-out: same.png is also read by <predictions>,"
    ),
    (
      "fm-eval predictions.tsv --html page --images same.png -o same.png",
      "--output: same.png is also read by --images,"
    ),
    ("fm-eval --baseline -", "--baseline and <predictions>: standard input can be read once only"),
    ("fm-audit same.png -o same.png", "--output: same.png is also read by <stream>,"),
    ("fm-audit same.png --summary same.png", "--summary: same.png is also read by <stream>,"),
    (
      "fm-audit data.raw --predictions same.png -o same.png",
      "--output: same.png is also read by --predictions,"
    ),
    ("fm-plot confusion same.png -o same.png", "--output: same.png is also read by <file>,"),
    (
      "fm-plot confusion predictions.tsv --classes same.png -o same.png",
      "--output: same.png is also read by --classes,"
    ),
    ("fm-info - -", "<file>: standard input can be read once only"),
    ("fm-export same.png --to onnx -o same.png", "--output: same.png is also read by <model>,"),
    (
      "fm-export model --arch @same.png --to onnx -o same.png", "--output: same.png is also read by --arch,"
    ),
    ("raw2png same.png --tar same.png", "--tar: same.png is also read by <stream>,"),
    ("raw2png data.raw --tar same.png --select same.png", "--tar: same.png is also read by --select,"),
    (
      "raw2png data.raw --sheet same.png --predictions same.png",
      "--sheet: same.png is also read by --predictions,"
    ),
  ]

  /// Options of fm-eval for files that it reads.
  private static let evaluationConflicts = ["--classes", "--baseline", "--truth", "--costs", "--thresholds"]
    .map { option -> (String, String) in
      (
        "fm-eval predictions.tsv \(option) same.png -o same.png",
        "--output: same.png is also read by \(option),"
      )
    }

  /// The commands that read pictures have the same options.
  private static let pictureConflicts = ["png2raw", "img2raw"].flatMap { command -> [(String, String)] in
    let ofPaths = [
      ("\(command) same.png -o same.png", "--output: same.png is also read by <path>,"),
      ("\(command) same.png --errors same.png", "--errors: same.png is also read by <path>,"),
    ]
    let options = ["--label-from", "--classes", "--files-from", "--files0-from"]
    return ofPaths
      + options.map { option -> (String, String) in
        (
          "\(command) boot.png \(option) same.png -o same.png",
          "--output: same.png is also read by \(option),"
        )
      }
  }

  @Test(arguments: FileOptionTests.conflicts)
  func aConflictNamesBothUsesAsTheHelpDoes(_ line: String, _ message: String) throws {
    let place = try ExitStatusTests.smallFiles()
    for name in ["same.png", "same.svg"] { try place.write([], to: name) }
    let words = line.split(separator: " ").map(String.init)
    let outcome = try place.start(words[0], Array(words.dropFirst())).finish()
    #expect(outcome.ending == .exited(64), "\(outcome.messageText)")
    #expect(outcome.messageText.hasPrefix("\(words[0]): \(message)"), "\(outcome.messageText)")
    #expect(ExitStatusTests.fault(in: outcome, of: words[0]) == nil)
  }

  /// What help texts call the values of options for files, but not for folders.
  private static let valueNames: Set<String> = [
    "file", "model", "names", "source", "spec", "stream", "balanced|file", "file|n|fraction",
  ]

  /// Arguments and options that look like those for files, but name something else.
  private static let others = ["fm-plot": ["<kind>"], "fm-audit": ["--of"]]

  @Test(arguments: commands)
  func theConflictsNameEveryFileOfTheHelp(_ command: String) throws {
    let help = try Workplace().run(command, "--help").text
    let arguments = help.matches(of: #/(?m)^  (<[^>]+>)/#).map { String($0.1) }
    let options = help.matches(of: #/(?m)^  (?:-., )?(--[a-z0-9-]+) <([^>]+)>/#)
      .filter { Self.valueNames.contains(String($0.2)) }.map { String($0.1) }
    let listed = Set(arguments + options).subtracting(Self.others[command] ?? [])
    let named = Self.conflicts.filter { $0.0.hasPrefix(command + " ") }.flatMap { _, message in
      message.matches(of: #/--[a-z0-9-]+|<[a-z]+>/#).map { String($0.output) }
    }
    #expect(Set(named) == listed)
  }
}
