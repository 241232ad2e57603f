// The common parts of every fm-tools error: a kind, which determines the exit status, and one line of text.

/// The kind of a failure.
public enum FailureKind: Equatable, Sendable {
  /// The command line asks for something that makes no sense.
  case usage
  /// The data is malformed, truncated, or does not match.
  case badData
  /// An input cannot be opened.
  case cannotOpen
  /// A bug in fm-tools.
  case internalDefect
  /// An output cannot be created.
  case cannotCreate
  /// A read or a write failed.
  case inputOutput
  /// A signal stopped the work, and the work done so far is saved.
  case interrupted
}

/// An error that a user can act on.
///
/// `description` is one line without a final full stop. It names the file, the place in it, what was expected and what
/// was found, and says what to do unless that is obvious. It names no option of a command: commands add what to type
/// (`Remediable`). File names in it have been escaped with ``displayed(_:)``.
public protocol Failure: Error, CustomStringConvertible {
  var kind: FailureKind { get }
}

/// Returns a text and the remedy after a semicolon, if there is one.
public func withRemedy(_ text: String, _ remedy: String?) -> String {
  remedy.map { "\(text); \($0)" } ?? text
}
