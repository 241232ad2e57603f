// The option for damage in picture files that no pixel depends on, the same in every command that reads pictures.

import CommandLine

/// `--strict`.
public struct DamageOptions: ParsableArguments {
  @Flag(
    help: """
      Refuse pictures with bytes after their end, or with damage that no pixel depends on. (default: read them and \
      report their number)
      """)
  public var strict = false

  public init() {}
}
