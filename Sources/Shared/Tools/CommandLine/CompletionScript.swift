// Completions in shells: the files and names that shared options offer, and repairs of the scripts that the argument
// parser writes.
//
// The parser writes scripts for commands with subcommands. Our commands have none, but the scripts offer the subcommand
// `help`, which no command has, in place of files.
import ArgumentParser

extension CompletionKind {
  /// Files of records.
  public static var streams: CompletionKind { .file(extensions: ["raw", "npy"]) }

  /// Models from fm-train and PyTorch.
  public static var models: CompletionKind { .file(extensions: ["safetensors", "st", "pth", "pt", "ckpt"]) }

  /// Predictions from fm-predict, and reports from fm-eval, which some commands accept instead.
  public static var predictions: CompletionKind { .file(extensions: ["tsv", "csv", "jsonl", "json", "raw"]) }

  /// Reports from fm-eval and logs from fm-train.
  public static var logs: CompletionKind { .file(extensions: ["jsonl", "json", "log"]) }

  /// Tables of names, labels or classes.
  public static var tables: CompletionKind { .file(extensions: ["tsv", "csv", "txt", "raw"]) }

  /// Names, and files if `orFile` is set.
  public static func list(_ names: [String], orFile: Bool) -> CompletionKind {
    .list(names + (orFile ? [CompletionScript.files] : []))
  }
}

/// Repairs the errors in the parser's scripts for a command without subcommands.
struct CompletionScript {
  /// A placeholder for files in a list of values: the parser's scripts offer a list or files, never both.
  static let files = "FILES"

  private var lines: [Substring]
  private let command: String

  /// Returns the parser's script for the command, repaired. Any other text is returned unchanged.
  static func repaired(_ text: String, command: String) -> String {
    guard text.contains("SAP_SHELL") else { return text }
    var script = CompletionScript(
      lines: text.split(separator: "\n", omittingEmptySubsequences: false), command: command)
    if text.hasPrefix("#compdef") {
      script.repairZsh()
    } else if text.contains("COMPREPLY") {
      script.repairBash()
    } else {
      script.repairFish()
    }
    return script.lines.joined(separator: "\n")
  }

  private init(lines: [Substring], command: String) {
    (self.lines, self.command) = (lines, command)
  }

  // MARK: zsh

  /// `_arguments` rejects two descriptions of the remaining arguments, and accepts `--option=value` only if the
  /// description allows it.
  private mutating func repairZsh() {
    lines.removeAll { $0.hasSuffix("'(-): :->command'") || $0.hasSuffix("'(-)*:: :->arg'") }
    remove(from: #"    case "${state}" in"#, through: "    esac")
    remove(from: "_\(command)_help() {", through: "}")
    lines = lines.map { $0.hasPrefix("        '") ? Substring(withEqualsSign(String($0))) : $0 }
    for index in lines.indices {
      guard let list = lines[index].firstMatch(of: #/^    local -ar (\w+)=\(.*( 'FILES')\)$/#) else {
        continue
      }
      let offer = #""${\#(list.1)[@]}""#
      lines[index] = Substring(String(lines[index]).replacing(list.2, with: ""))
      lines = lines.map { Substring($0.replacing("\(offer)}", with: "\(offer); _files}")) }
    }
  }

  /// Allows joined values: `'--top[…]:n:'` becomes `'--top=[…]:n:'`, and `{-o,--output}'[…]:file:_files'` becomes
  /// `{-o+,--output=}'[…]…`. Flags are left alone: they have no second part after their description.
  private func withEqualsSign(_ line: String) -> String {
    guard line.contains(#/[^\\]\]:/#) else { return line }
    if let match = line.firstMatch(of: #/^( *'\*?--[a-z0-9-]+)\[/#) {
      return line.replacingCharacters(in: match.range, with: match.1 + "=[")
    }
    return line.replacing(#/\{(-.),(--[a-z0-9-]+)\}'\[/#, maxReplacements: 1) { "{\($0.1)+,\($0.2)=}'[" }
  }

  // MARK: bash

  /// Handles `--option=value`: bash treats the '=' as a separate word, so the option is the word before it.
  private mutating func repairBash() {
    remove(from: "    # Offer subcommand / subcommand argument completions", through: "    esac")
    remove(from: "_\(command)_help() {", through: "}")
    lines = lines.flatMap { line -> [Substring] in
      let files = "        __\(command)_add_completions -f"
      // If no file has the usual extension, offer all files.
      if line.contains(" -o plusdirs -fX ") {
        return [line, "        [[ ${#COMPREPLY[@]} -gt 0 ]] || __\(command)_add_completions -f"]
      }
      let list = line.replacing("$'\\n''\(Self.files)'", with: "")
      return list == line ? [line] : [Substring(list), Substring(files)]
    }
    guard let index = lines.firstIndex(of: #"    local -r cur="${2}""#),
      lines[index + 1] == #"    local -r prev="${3}""#
    else { return }
    let joined = #"""
          local cur="${2}" prev="${3}"
          if [[ "${prev}" == '=' ]]; then
              prev="${COMP_WORDS[COMP_CWORD - 2]}"
          elif [[ "${COMP_WORDS[COMP_CWORD]}" == '=' ]]; then
              cur=''
              prev="${COMP_WORDS[COMP_CWORD - 1]}"
          fi
      """#
    lines.replaceSubrange(index...index + 1, with: joined.split(separator: "\n"))
  }

  // MARK: fish

  /// Completes paths in `--option=value` after the '=': the parser's scripts treat the whole word as the path.
  private mutating func repairFish() {
    let value = "__\(command)_value"
    lines = lines.map { Substring($0.replacing("(commandline -t)", with: "(\(value))")) }
    if let index = lines.firstIndex(where: { $0.hasPrefix("complete -c ") }) {
      let function = #"""
        function \#(value)
            set -l token (commandline -t)
            string replace -r -- '^(--[^=]*=|-[A-Za-z])' '' "$token"
        end

        """#
      lines.insert(contentsOf: function.split(separator: "\n", omittingEmptySubsequences: false), at: index)
    }
    remove(from: "        switch $unparsed_tokens[1]", through: "        end")
    lines.removeAll { $0.contains("\"\(command) help") || $0.contains("-fa 'help'") }
    lines = lines.map { line in
      line.hasSuffix(" \(Self.files)'")
        ? Substring(line.dropLast(Self.files.count + 2).replacing(" -rfka '", with: " -rFka '") + "'") : line
    }
  }

  /// Removes the lines from `first` to the next `last`, and an empty line after them.
  private mutating func remove(from first: String, through last: String) {
    guard let start = lines.firstIndex(where: { $0 == first }),
      var end = lines[start...].firstIndex(where: { $0 == last })
    else { return }
    if end + 1 < lines.count, lines[end + 1].isEmpty { end += 1 }
    lines.removeSubrange(start...end)
  }
}

extension String {
  fileprivate func replacingCharacters(in range: Range<Index>, with text: some StringProtocol) -> String {
    String(self[..<range.lowerBound]) + text + self[range.upperBound...]
  }
}
