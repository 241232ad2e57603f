// How a command ends. One table, so that every command means the same by the same number.
import ByteIO

/// The exit statuses of fm-tools. Those from 64 are those of sysexits.h, which mail systems made known; a shell's own
/// begin at 126, so that none is mistaken for "not found" or a signal.
public enum ToolStatus: Int32, Sendable {
  /// All was done.
  case success = 0
  /// All was done, and the answer is no: a gate failed, some files were skipped. As with grep and cmp, so that a
  /// script tells "no" from "did not work".
  case no = 1
  /// The command line makes no sense (EX_USAGE). Nothing was read or written.
  case usage = 64
  /// The input is malformed, truncated, or does not match (EX_DATAERR). Trying again is of no use.
  case badData = 65
  /// An input cannot be opened (EX_NOINPUT).
  case cannotOpen = 66
  /// A defect of fm-tools (EX_SOFTWARE).
  case internalDefect = 70
  /// An output cannot be created (EX_CANTCREAT).
  case cannotCreate = 73
  /// A read or a write failed: a full disk, a broken device (EX_IOERR). Trying again may help.
  case inputOutput = 74
  /// A signal stopped the work, and what was reached is saved (EX_TEMPFAIL): run it again to go on.
  case interrupted = 75

  /// The status that tells of a failure of this kind.
  public init(_ kind: FailureKind) {
    self =
      switch kind {
      case .usage: .usage
      case .badData: .badData
      case .cannotOpen: .cannotOpen
      case .internalDefect: .internalDefect
      case .cannotCreate: .cannotCreate
      case .inputOutput: .inputOutput
      case .interrupted: .interrupted
      }
  }
}

/// What a command throws when all was done and the answer is no. It ends with status 1.
public struct NegativeAnswer: Error, Equatable {
  /// One line for standard error, `nil` where the output already says it.
  public let reason: String?

  public init(_ reason: String? = nil) { self.reason = reason }
}

/// A command line whose parts do not fit together, noticed only when the command runs.
public struct UsageError: Failure, Equatable {
  public let description: String
  public var kind: FailureKind { .usage }

  public init(_ description: String) { self.description = description }
}
