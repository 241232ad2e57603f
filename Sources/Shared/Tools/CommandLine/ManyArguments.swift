// Command lines with thousands of names, as xargs makes them: the argument parser's time grows with the square of their
// number, so it sees only the ends of a long run of names.
import ByteIO

/// Runs of names that were taken out of a command line.
struct ManyArguments {
  /// The arguments with a token in place of the inner part of each long run.
  private(set) var arguments: [String] = []
  private var runs: [[InputPath]] = []

  /// Names that the parser may see without a delay that anybody notices.
  private static let shortRun = 64

  init(_ arguments: [String]) {
    var rest = arguments[...]
    var isTerminated = false
    while !rest.isEmpty {
      let run = isTerminated ? rest : rest.prefix { !$0.hasPrefix("-") || $0 == "-" }
      append(run)
      rest = rest[run.endIndex...]
      if let option = rest.popFirst() {
        self.arguments.append(option)
        isTerminated = option == "--"
      }
    }
  }

  /// The first may be the value of an option before it, so it stays; the last stays for who counts them.
  private mutating func append(_ run: ArraySlice<String>) {
    guard run.count > Self.shortRun else {
      arguments += run
      return
    }
    arguments += [run.first!, Self.token(runs.count), run.last!]
    runs.append(run.dropFirst().dropLast().map(InputPath.init(argument:)))
  }

  /// The arguments as they were typed: each token among the parsed ones gives way to the names that it stands for.
  func restored(_ paths: [InputPath]) -> [InputPath] {
    guard !runs.isEmpty else { return paths }
    let tokens = runs.indices.map { InputPath(argument: Self.token($0)) }
    return paths.flatMap { path in tokens.firstIndex(of: path).map { runs[$0] } ?? [path] }
  }

  /// No argument of a process has a NUL.
  private static func token(_ run: Int) -> String { "\0\(run)" }
}
