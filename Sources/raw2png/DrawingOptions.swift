// The options of raw2png for what it shows, and how: the records, their captions and their layout.
import ByteIO
import Charts
import CommandLine

/// `--select`, `--limit` and `--predictions`: the records, and the predictions for their captions.
struct RecordChoiceOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      """
      Take the records that this table of predictions names in its column name or record, in its order. fm-eval \
      --wrong writes such a table. (default: all, in the order of the stream)
      """, valueName: "file"), completion: .predictions)
  var select: InputPath?

  @Option(
    help: ArgumentHelp("Take at most <n> records, or rows of --select. (default: all)", valueName: "n"))
  var limit: Int?

  @Option(
    help: ArgumentHelp(
      "Show these predictions of the records in the captions; any format of fm-predict.", valueName: "file"),
    completion: .predictions)
  var predictions: InputPath?

  func validate() throws {
    if let limit, limit < 1 { throw ValidationError("--limit: expected 1 or more, got \(limit)") }
  }

  /// Refuses options for captions, which files do not have.
  func checkForFiles() throws {
    if predictions != nil {
      throw ValidationError(
        "--predictions is for captions, which the files of --directory and --tar do not have")
    }
  }

  /// Reads the table of `--select`; `nil` if none is given.
  func selection() throws -> RecordSelection? {
    try select.map { try RecordSelection(try InputFile(path: $0.path), limit: limit ?? .max) }
  }
}

/// `--columns`, `--scale` and `--colors`: the layout of images, on a sheet and in a terminal.
struct GridOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Put <n> images side by side. (default: 8 or more on a sheet, as many as fit in a terminal)",
      valueName: "n"))
  var columns: Int?

  @Option(
    help: ArgumentHelp(
      "Draw each pixel as <n> × <n> on a sheet. (default: an image is about 140 wide)", valueName: "n"
    ))
  var scale: Int?

  @Option(
    help: ArgumentHelp(
      "The colours of --terminal: 24-bit, 256, none, or auto for what the terminal supports.",
      valueName: "colors"))
  var colors = Colors.auto

  enum Colors: String, CaseIterable, ExpressibleByArgument {
    case auto
    case all = "24-bit"
    case indexed = "256"
    case none
  }

  /// Refuses options that the target does not use, and numbers out of range.
  func check(isFiles: Bool, isSheet: Bool) throws {
    if let columns, !(1...4096).contains(columns) {
      throw ValidationError("--columns: expected 1 to 4096, got \(columns)")
    }
    if let scale, !(1...256).contains(scale) {
      throw ValidationError("--scale: expected 1 to 256, got \(scale)")
    }
    if isFiles && columns != nil { throw ValidationError("--columns is for --sheet and --terminal") }
    if !isSheet && scale != nil { throw ValidationError("--scale is for --sheet") }
    if (isSheet || isFiles) && colors != .auto { throw ValidationError("--colors is for --terminal") }
  }

  /// The colours that were asked for; else those that the terminal reports in COLORTERM and TERM.
  var terminalColors: TerminalColors {
    switch colors {
    case .all: .all
    case .indexed: .indexed
    case .none: .none
    case .auto: TerminalColors(Terminal.colorDepth(of: 1))
    }
  }
}

extension TerminalColors {
  /// Creates the value for a terminal with this number of bits per colour.
  fileprivate init(_ bits: Int) {
    self = bits >= 24 ? .all : bits >= 8 ? .indexed : .none
  }
}
