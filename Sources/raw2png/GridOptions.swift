// Options for the layout of images, on a sheet and in a terminal.
import CommandLine
import Pictures

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

  func validate(isFiles: Bool, isSheet: Bool) throws {
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
