// Completion scripts in the shells themselves: the words that a user gets for the beginning of a word and a tab.
import Foundation
import Testing

/// The path of a shell; `nil` if it is not installed.
private func path(of shell: String) -> String? {
  ["/usr/bin/\(shell)", "/bin/\(shell)", "/usr/local/bin/\(shell)", "/opt/homebrew/bin/\(shell)"]
    .first { FileManager.default.isExecutableFile(atPath: $0) }
}

@Suite struct CompletionTests {
  /// The beginning of a command line, and all completions of its last word.
  typealias Completion = (line: String, words: [String])

  static let completions: [Completion] = [
    ("fm-eval --format j", ["json", "junit"]),
    ("fm-eval --format=j", ["json", "junit"]),
    ("fm-eval --mer", ["--merge"]),
    ("fm-eval prefix-", ["prefix-a.tsv"]),
    ("fm-eval first prefix-", ["prefix-a.tsv"]),
    ("fm-eval -o prefix-", ["prefix-a.tsv", "prefix-m.safetensors"]),
    ("fm-eval --baseline prefix-", ["prefix-a.tsv"]),
    ("fm-eval --classes fas", ["fashion-mnist"]),
    ("fm-eval --classes prefix-", ["prefix-a.tsv", "prefix-m.safetensors"]),
    ("fm-eval --interval=b", ["bootstrap"]),
    ("fm-train --arch c", ["cnn"]),
    ("fm-train --optimizer=s", ["sgd"]),
    ("fm-train --class-weights b", ["balanced"]),
    ("fm-train --sample=b", ["balanced"]),
    ("fm-train --monitor m", ["macro.recall"]),
    ("fm-predict --model prefix-", ["prefix-m.safetensors"]),
    ("png2raw --label-from dir", ["directory"]),
    ("img2raw --recipe=fas", ["fashion-mnist"]),
    ("fm-split h", []),
  ]

  /// A folder with files to complete, and the completion scripts of all commands for a shell.
  private func place(_ shell: String) throws -> Workplace {
    let place = try Workplace()
    for name in ["prefix-a.tsv", "prefix-m.safetensors"] { try place.write([], to: name) }
    for command in commands {
      let script = try place.run(command, "--generate-completion-script", shell)
      #expect(script.ending == .exited(0))
      try place.write(script.output, to: shell == "zsh" ? "_\(command)" : "\(command).\(shell)")
    }
    return place
  }

  @Test func bashOffersTheMatchingWords() throws {
    let place = try place("bash")
    for (line, words) in Self.completions {
      // readline passes `=` to the function as a word of its own.
      let typed = line.replacing("=", with: " = ").split(separator: " ").map(String.init)
      let outcome = try place.shell(
        """
        for script in *.bash; do source ./$script || exit 9; done
        COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)) COMPREPLY=()
        COMP_LINE="$*" COMP_POINT=${#COMP_LINE}
        "_$1" "$1" "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}"
        printf '%s\\n' "${COMPREPLY[@]}"
        """, typed)
      #expect(outcome.messageText == "")
      #expect(outcome.text.split(separator: "\n").map(String.init).sorted() == words.sorted(), "\(line)")
    }
  }

  @Test(.enabled(if: path(of: "fish") != nil, "fish is not installed"))
  func fishOffersTheMatchingWords() throws {
    let place = try place("fish")
    for (line, words) in Self.completions {
      let outcome = try place.start(
        #require(path(of: "fish")),
        ["--no-config", "-c", "for script in *.fish; source $script; end; complete -C '\(line)'"],
        environment: ["HOME": place.path]
      ).finish()
      #expect(outcome.messageText == "")
      // fish prints candidates with descriptions. For `--format=j`, the option's name may precede the candidate.
      let found = outcome.text.split(separator: "\n").map {
        String($0.prefix { $0 != "\t" }.split(separator: "=").last ?? "")
      }
      #expect(found.sorted() == words.sorted(), "\(line)")
    }
  }

  /// A value that is joined to its option comes back with the option's name, exactly once.
  @Test(
    .enabled(if: path(of: "fish") != nil, "fish is not installed"),
    arguments: [
      ("fm-eval --truth=", ["--truth=prefix-a.tsv", "--truth=sub/"]),
      ("fm-eval --truth=su", ["--truth=sub/"]),
      ("fm-eval --truth=sub/", ["--truth=sub/b.tsv", "--truth=sub/deep/"]),
      ("fm-eval --truth sub/", ["sub/b.tsv", "sub/deep/"]),
      ("fm-eval sub/", ["sub/b.tsv", "sub/deep/"]),
      ("raw2png --directory=", ["--directory=sub/"]),
      ("raw2png --directory=sub/d", ["--directory=sub/deep/"]),
      ("raw2png --directory s", ["sub/"]),
      ("fm-predict --model=sub/", ["--model=sub/deep/", "--model=sub/n.safetensors"]),
      ("fm-predict -msub/", ["-msub/deep/", "-msub/n.safetensors"]),
    ])
  func fishCompletesPathsInOptionValues(_ line: String, _ words: [String]) throws {
    let place = try place("fish")
    let made = try place.shell("mkdir -p sub/deep && touch sub/b.tsv sub/n.safetensors")
    #expect(made.ending == .exited(0))
    let outcome = try place.start(
      #require(path(of: "fish")),
      ["--no-config", "-c", "for script in *.fish; source $script; end; complete -C '\(line)'"],
      environment: ["HOME": place.path]
    ).finish()
    #expect(outcome.messageText == "")
    let found = outcome.text.split(separator: "\n").map { String($0.prefix { $0 != "\t" }) }
    #expect(found.sorted() == words, "\(line)")
  }

  /// Types each line into a zsh in a pseudo-terminal, followed by a tab and a newline. Functions stand in for the
  /// commands, and print their arguments.
  @Test(.enabled(if: path(of: "zsh") != nil, "zsh is not installed"))
  func zshCompletesTheOnlyMatchingWord() throws {
    let place = try place("zsh")
    try place.write(Self.zshSession.utf8, to: "session")
    let unique = Self.completions.filter { $0.words.count == 1 }
    let outcome = try place.start(
      #require(path(of: "zsh")), ["-f", "session"] + commands + ["--"] + unique.map(\.line),
      environment: ["HOME": place.path]
    ).finish()
    let given = outcome.text.split(separator: "GIVEN <").dropFirst().map { String($0.prefix { $0 != ">" }) }
    // The session also echoes the definitions of the functions, which contain the same marker.
    let expected = unique.map { completion in
      let separators: Set<Character> = [" ", "="]
      let kept = completion.line
      let start = kept.lastIndex { separators.contains($0) }!
      return String(kept[...start]) + completion.words[0]
    }
    #expect(given.suffix(expected.count) == expected[...], "\(outcome.text)")
    #expect(!outcome.text.contains("_arguments:"), "\(outcome.text)")
  }

  private static let zshSession = """
    zmodload zsh/zpty
    stand_ins=
    while [[ $1 != -- ]]; do stand_ins+="$1() { print -r -- \\"GIVEN <$1 \\$*>\\" }; "; shift; done
    shift
    zpty shell zsh -f -i
    zpty -w shell "PS1= PS2= RPS1=; unset zle_bracketed_paste; fpath=($PWD \\$fpath)"
    zpty -w shell "autoload -Uz compinit; compinit -u -D; setopt no_list_beep"
    zpty -w shell "$stand_ins"
    for line in "$@"; do zpty -w shell "$line"$'\\t'; done
    zpty -w shell exit
    while zpty -r shell output; do print -rn -- "$output"; done
    """
}
