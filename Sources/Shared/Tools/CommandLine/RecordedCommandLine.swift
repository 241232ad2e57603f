// The command line that is recorded in the history of a stream or a model.
import ByteIO

extension Tool {
  /// The command line for the history of the command's output: the command's name without its folder, and the arguments
  /// as typed, quoted so that they can be pasted into a shell.
  ///
  /// Options that cannot change the data (`--jobs`, `--quiet`, `--progress`, `--force`, and the command's own
  /// ``conductOptions``) are left out, so that the same work gives the same bytes.
  public static var recordedCommandLine: String {
    recordedCommandLine(of: processArguments())
  }

  /// Returns the command line of a command that processes each of several `inputs` separately, as if `input` had been
  /// the only one.
  ///
  /// - Complexity: O(*n*) expected, where *n* is the number of arguments.
  public static func recordedCommandLine(ofInput input: FilePath, among inputs: Set<FilePath>) -> String {
    recordedCommandLine(
      of: processArguments().filter { argument in
        let path = FilePath(bytes: argumentBytes(argument))
        return path == input || !inputs.contains(path)
      })
  }

  static func recordedCommandLine(of arguments: [String]) -> String {
    ([name] + withoutConduct(arguments, conductOptions).map(shellQuoted)).joined(separator: " ")
  }
}

/// Returns the arguments without those of ``JobsOption``, ``ReportingOptions``, ``ForceOption`` and `more`, which says
/// for each option whether a value follows.
private func withoutConduct(_ arguments: [String], _ more: [String: Bool]) -> [String] {
  var kept: [String] = []
  var rest = arguments[...]
  while let argument = rest.popFirst() {
    switch argument {
    case "--": return kept + [argument] + rest
    case "-q", "--quiet", "-f", "--force", "-qf", "-fq": break
    case "-j", "--jobs", "--progress": _ = rest.popFirst()
    case let option where more[option] != nil: if more[option] == true { _ = rest.popFirst() }
    case let option where option.hasPrefix("--") && more[String(option.prefix { $0 != "=" })] == true: break
    // A letter joined with its value.
    case let option where !option.hasPrefix("--") && more[String(option.prefix(2))] == true: break
    default:
      let isJobs = argument.hasPrefix("-j") && Int(argument.dropFirst(2)) != nil
      if !isJobs && !argument.hasPrefix("--jobs=") && !argument.hasPrefix("--progress=") {
        kept.append(argument)
      }
    }
  }
  return kept
}

/// Returns `argument` quoted for a POSIX shell: unchanged if that is safe, otherwise in single quotes. An argument with
/// bytes that are not UTF-8 is quoted like `$'na\xefve.png'`, which POSIX has specified since 2024, and which shells
/// have supported for much longer.
func shellQuoted(_ argument: String) -> String {
  let bytes = argumentBytes(argument)
  if String(validating: bytes, as: UTF8.self) == nil {
    return "$'" + displayed(bytes).replacing("'", with: #"\'"#) + "'"
  }
  let isSafe = argument.utf8.allSatisfy { byte in
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
    case UInt8(ascii: "0")...UInt8(ascii: "9"): true
    default: "%+,-./:=@_".utf8.contains(byte)
    }
  }
  if isSafe && !argument.isEmpty { return argument }
  // Within single quotes only the closing quote is special: `it's` becomes 'it'\''s'.
  let quoted = argument.split(separator: "'", omittingEmptySubsequences: false).joined(separator: #"'\''"#)
  return "'\(quoted)'"
}
