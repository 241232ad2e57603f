// Handles command lines with thousands of names, as xargs makes them. The argument parser's time grows with the square
// of their number, so it gets only the two ends of a long run of names.
import ByteIO

/// A command line whose long runs of names were taken out.
struct ManyArguments {
  /// The arguments, with a token in place of the inner part of each long run.
  private(set) var arguments: [String] = []
  private var runs: [[InputPath]] = []

  /// The number of names that the parser handles without a noticeable delay.
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

  /// Appends a run, a long one with a token in place of its inner part. The first name stays, because it may be the
  /// value of an option before it. The last stays for code that counts the names.
  private mutating func append(_ run: ArraySlice<String>) {
    guard run.count > Self.shortRun else {
      arguments += run
      return
    }
    arguments += [run.first!, Self.token(runs.count), run.last!]
    runs.append(run.dropFirst().dropLast().map(InputPath.init(argument:)))
  }

  /// Returns the parsed arguments with each token replaced by the names that it stands for.
  ///
  /// - Complexity: O(*n* *r*), where *n* is the number of paths that the parser got, and *r* the number of long runs.
  func restored(_ paths: [InputPath]) -> [InputPath] {
    guard !runs.isEmpty else { return paths }
    let tokens = runs.indices.map { InputPath(argument: Self.token($0)) }
    return paths.flatMap { path in tokens.firstIndex(of: path).map { runs[$0] } ?? [path] }
  }

  /// Returns the token of a run. It contains a NUL, so it differs from every argument of a process.
  private static func token(_ run: Int) -> String { "\0\(run)" }
}
