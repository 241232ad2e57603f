// What the help texts of all commands have in common.
import ArgumentParser

/// The version of fm-tools, which is that of each command.
public let fmToolsVersion = "0.1.0"

extension CommandConfiguration {
  /// The configuration of a command: its name as typed, a line on its job, what follows the name in the line on its
  /// usage (`[<options>] <images> [<labels>]`), what else there is to know, and command lines that can be pasted, each
  /// at most 78 characters.
  public static func tool(
    _ name: String, abstract: String, usage: String, discussion: String, examples: [String]
  ) -> CommandConfiguration {
    CommandConfiguration(
      commandName: name, abstract: abstract, usage: "\(name) \(usage)",
      discussion: discussion + "\n\nEXAMPLES:\n" + examples.map { "  \($0)" }.joined(separator: "\n"),
      version: "\(name) (fm-tools) \(fmToolsVersion)")
  }
}
