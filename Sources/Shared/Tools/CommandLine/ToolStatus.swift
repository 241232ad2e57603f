// The exit statuses: one table, so that every status means the same for all commands.
import ByteIO

/// The exit statuses of fm-tools. Those from 64 on are from sysexits.h, which became known through mail systems. A
/// shell's own statuses begin at 126, so none of ours is mistaken for "not found" or a signal.
public enum ToolStatus: Int32, Sendable {
  /// The work is complete.
  case success = 0
  /// The work is complete, and the answer is no: a gate failed, or some files were skipped. As with grep and cmp,
  /// scripts can distinguish "no" from "did not work".
  case no = 1
  /// The command line makes no sense (EX_USAGE). Nothing was read or written.
  case usage = 64
  /// The input is malformed, truncated, or does not match (EX_DATAERR). Trying again will not help.
  case badData = 65
  /// An input cannot be opened (EX_NOINPUT).
  case cannotOpen = 66
  /// A bug in fm-tools (EX_SOFTWARE).
  case internalDefect = 70
  /// An output cannot be created (EX_CANTCREAT).
  case cannotCreate = 73
  /// A read or a write failed: a full disk, a broken device (EX_IOERR). Trying again may help.
  case inputOutput = 74
  /// A signal stopped the work, and the work done so far is saved (EX_TEMPFAIL). Run the command again to continue.
  case interrupted = 75

  /// The status for a failure of this kind.
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

/// Thrown by a command whose work is complete, and whose answer is no. The command ends with status 1.
public struct NegativeAnswer: Error, Equatable {
  /// One line for standard error; `nil` if the output already says it.
  public let reason: String?

  public init(_ reason: String? = nil) { self.reason = reason }

  /// The answer if `failures`, some of `gateCount` gates, failed: `2 of 3 gates failed: accuracy, macro.f1`.
  public init(failedGates failures: [String], of gateCount: Int, separator: String = ", ") {
    let gates = gateCount == 1 ? "the gate" : "\(failures.count) of \(gateCount) gates"
    self.init("\(gates) failed: \(failures.joined(separator: separator))")
  }
}

/// An error in a command line whose parts do not fit together, detected only when the command runs.
public struct UsageError: Failure, Equatable {
  public let description: String
  public var kind: FailureKind { .usage }

  public init(_ description: String) { self.description = description }
}
