// The common parts of all help texts.
import ArgumentParser

/// The version of fm-tools and of each command.
public let fmToolsVersion = "0.1.0"

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
