// Finds misspelt options. The parser reports a missing option or an unexpected argument first, which a misspelt option
// causes. The mistyped name is more helpful.

import ByteIO

/// An option that a command does not have, or has under another name.
struct UnknownOption: Equatable {
  /// The name as typed, with its dashes and without a value.
  let name: String
  /// The command's option with the most similar name; `nil` if none is similar.
  let neighbor: String?

  /// Finds a long option with one dash, as other programs have them: `-validation`. The parser treats it as a group of
  /// single-letter options, and prints help if `h` is among them.
  init?(oneDashIn arguments: [String], help: @autoclosure () -> String) {
    let words = arguments.prefix { $0 != "--" }.filter {
      $0.wholeMatch(of: #/-[a-z][a-z0-9-]{2,}(=.*)?/#) != nil
    }
    guard !words.isEmpty else { return nil }
    let known = Self.options(in: help())
    for word in words {
      let name = String(word.prefix { $0 != "=" })
      if known.contains("-" + name) {
        (self.name, neighbor) = (name, "-" + name)
        return
      }
    }
    // Letters that are all options may be grouped: `-qf`.
    guard
      let word = words.first(where: {
        $0.dropFirst().contains { !known.contains("-\($0)") } && $0.contains("h")
      })
    else { return nil }
    // A value may be joined to its letter: `-opath`.
    guard !known.contains("-" + word.dropFirst().prefix(1)) else { return nil }
    self.name = word
    neighbor = Self.neighbor(of: "-" + word, among: known)
  }

  /// Finds the first argument that looks like an option and is not in the command's help text.
  ///
  /// - Complexity: O(*n* *m*) for *n* arguments and *m* options in the help text.
  init?(in arguments: [String], help: String) {
    let known = Self.options(in: help)
    let candidates = arguments.prefix { $0 != "--" }.compactMap(Self.optionName)
    // The parser adds --generate-completion-script, which help texts do not show.
    guard
      let name = candidates.first(where: {
        !known.contains($0) && !$0.hasPrefix("--generate-completion-script")
      })
    else { return nil }
    self.name = name
    neighbor = name.hasPrefix("--") ? Self.neighbor(of: name, among: known) : nil
  }

  private static func neighbor(of name: String, among known: [String]) -> String? {
    let distances = known.filter { $0.hasPrefix("--") }.map { ($0, editDistance(name, $0)) }
    return distances.min { $0.1 < $1.1 }.flatMap { $0.1 <= 3 ? $0.0 : nil }
  }

  var message: String {
    "unknown option '\(displayed(name))'" + (neighbor.map { ", did you mean '\($0)'?" } ?? "")
  }

  /// Returns `--top` for `--top=3` and `-j` for `-j2`; `nil` for a name, `-` or a negative number.
  private static func optionName(_ argument: String) -> String? {
    if argument.hasPrefix("--") { return String(argument.prefix { $0 != "=" }) }
    guard argument.hasPrefix("-"), let letter = argument.dropFirst().first, letter.isLetter else {
      return nil
    }
    return "-\(letter)"
  }

  /// Returns the option names in a help text: `  -m, --model <model>   The model.`, `  --nesterov/--no-nesterov`
  private static func options(in help: String) -> [String] {
    help.split(separator: "\n").flatMap { line -> [String] in
      guard let names = line.prefixMatch(of: #/ {2}(--?[A-Za-z0-9][A-Za-z0-9-]*((, |\/)--?[A-Za-z0-9-]+)*)/#)
      else {
        return []
      }
      return names.1.split(separator: #/, |\//#).map(String.init)
    }
  }
}

/// Returns the Levenshtein distance: the insertions, deletions and replacements of letters from one name to the other.
///
/// - Complexity: O(*m* *n*) time and O(*n*) memory for names of *m* and *n* letters.
func editDistance(_ one: String, _ other: String) -> Int {
  let other = Array(other)
  var row = Array(0...other.count)
  for (index, letter) in one.enumerated() {
    var diagonal = row[0]
    row[0] = index + 1
    for column in 1...max(1, other.count) where column <= other.count {
      let replaced = diagonal + (letter == other[column - 1] ? 0 : 1)
      diagonal = row[column]
      row[column] = min(replaced, row[column] + 1, row[column - 1] + 1)
    }
  }
  return row[other.count]
}
