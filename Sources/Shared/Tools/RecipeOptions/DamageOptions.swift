// What to do about damage in picture files that no pixel depends on: the option, alike in every command that reads them.

import CommandLine

/// `--strict`.
public struct DamageOptions: ParsableArguments {
  @Flag(
    help: """
      Refuse pictures with bytes after their end, or with damage that no pixel depends on. (default: read them, and say how \
      many there were)
      """)
  public var strict = false

  public init() {}
}
