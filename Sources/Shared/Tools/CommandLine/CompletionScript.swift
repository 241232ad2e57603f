// Completion scripts as the shells need them.
//
// The parser writes them for commands with subcommands; ours have none, and in
// its scripts the subcommand `help`, which no command has, stands in the files' way.

/// Repairs what the parser's scripts get wrong for a command without subcommands.
struct CompletionScript {
  /// Stands in a list of values for files: the parser's scripts offer a list or files, never both.
  static let files = "FILES"

  private var lines: [Substring]
  private let command: String

  /// The script that the parser wrote for the command, repaired; any other text as it is.
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

  /// `_arguments` refuses two descriptions of the rest of the arguments, and takes `--option=value` only where the
  /// description says so.
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

  /// `'--top[…]:n:'` becomes `'--top=[…]:n:'`, and `{-o,--output}'[…]:file:_files'` becomes `{-o+,--output=}'[…]…`: the value
  /// may be joined. Flags have no second part after their description.
  private func withEqualsSign(_ line: String) -> String {
    guard line.contains(#/[^\\]\]:/#) else { return line }
    if let match = line.firstMatch(of: #/^( *'\*?--[a-z0-9-]+)\[/#) {
      return line.replacingCharacters(in: match.range, with: match.1 + "=[")
    }
    return line.replacing(#/\{(-.),(--[a-z0-9-]+)\}'\[/#, maxReplacements: 1) { "{\($0.1)+,\($0.2)=}'[" }
  }

  // MARK: bash

  /// bash takes the '=' of `--option=value` for a word, so that the option is the word before it.
  private mutating func repairBash() {
    remove(from: "    # Offer subcommand / subcommand argument completions", through: "    esac")
    remove(from: "_\(command)_help() {", through: "}")
    lines = lines.flatMap { line -> [Substring] in
      let files = "        __\(command)_add_completions -f"
      // Where no file has the usual ending, any may be meant.
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

  /// Files and folders of `--option=value` are looked for below the value: the parser's scripts take the whole word for it.
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

  /// Removes the lines from the first to the next last one, and an empty one after them.
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
