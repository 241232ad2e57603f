// The order of a help text: the parser's has the options that a command needs last.

/// Moves the section `OPTIONS`, which has the required options and those that every command has, before the sections with
/// titles of their own, such as `OUTPUT OPTIONS` or `LABELS`. Other texts stay as they are.
func withOptionsFirst(_ help: String) -> String {
  var sections: [[Substring]] = [[]]
  for line in help.split(separator: "\n", omittingEmptySubsequences: false) {
    if isTitle(line) { sections.append([]) }
    sections[sections.count - 1].append(line)
  }
  guard let general = sections.firstIndex(where: { $0.first == "OPTIONS:" }),
    let first = sections.dropFirst().firstIndex(where: { !notMoved.contains($0[0]) }), first < general
  else { return help }
  // Sections end with an empty line, but for the text's last one.
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
