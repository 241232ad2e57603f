// What every error of fm-tools has in common: a kind, which becomes the exit status, and one line of text.

/// What kind of failure an error is.
public enum FailureKind: Equatable, Sendable {
  /// The command line asks for something that makes no sense.
  case usage
  /// The data is malformed, truncated, or does not match.
  case badData
  /// An input cannot be opened.
  case cannotOpen
  /// A defect of fm-tools.
  case internalDefect
  /// An output cannot be created.
  case cannotCreate
  /// A read or a write failed.
  case inputOutput
  /// A signal stopped the work, and what was reached is saved.
  case interrupted
}

/// An error that a user can act on.
///
/// `description` is one line without a final full stop: it names the file, the place in it, what was expected and
/// what was found, and, where that is not plain, what to do. File names in it went through ``displayed(_:)``.
public protocol Failure: Error, CustomStringConvertible {
  var kind: FailureKind { get }
}
