// Help texts: the parts that all have in common, and their order. The parser puts the most important options last.
import ArgumentParser

/// The version of fm-tools and of each command.
let fmToolsVersion = "0.1.0"

extension CommandConfiguration {
  /// Returns the configuration of a command. `abstract` is one line that says what it does. `usage` follows the name in
  /// the usage line (`[<options>] <images> [<labels>]`). `discussion` explains the command. `examples` are command
  /// lines that can be pasted, each at most 78 characters.
  public static func tool(
    _ name: String, abstract: String, usage: String, discussion: String, examples: [String]
  ) -> CommandConfiguration {
    CommandConfiguration(
      commandName: name, abstract: abstract, usage: "\(name) \(usage)",
      discussion: discussion + "\n\nEXAMPLES:\n" + examples.map { "  \($0)" }.joined(separator: "\n"),
      version: "\(name) (fm-tools) \(fmToolsVersion)")
  }
}

/// Moves the section `OPTIONS`, which has the required options and those of every command, before the sections with
/// other titles, such as `OUTPUT OPTIONS` or `LABELS`. Returns other texts unchanged.
///
/// - Complexity: O(*n*), where *n* is the text's number of characters.
func withOptionsFirst(_ help: String) -> String {
  var sections: [[Substring]] = [[]]
  for line in help.split(separator: "\n", omittingEmptySubsequences: false) {
    if isTitle(line) { sections.append([]) }
    sections[sections.count - 1].append(line)
  }
  guard let general = sections.firstIndex(where: { $0.first == "OPTIONS:" }),
    let first = sections.dropFirst().firstIndex(where: { !notMoved.contains($0[0]) }), first < general
  else { return help }
  // All sections but the last end with an empty line.
  for index in [general, sections.count - 1] where sections[index].last?.isEmpty != true {
    sections[index].append("")
  }
  sections.insert(sections.remove(at: general), at: first)
  return sections.joined().joined(separator: "\n")
}

/// The sections that come before all options.
private let notMoved: Set<Substring> = ["ARGUMENTS:", "EXAMPLES:"]

private func isTitle(_ line: Substring) -> Bool {
  line.hasSuffix(":") && line.dropLast().contains(where: \.isUppercase)
    && line.dropLast().allSatisfy { $0.isUppercase || $0 == " " }
}
