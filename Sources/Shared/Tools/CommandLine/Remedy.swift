// What to type after an error. Libraries say what is wrong; only commands have options, so only they can say which one
// helps. The modules in Shared/Tools/Remedies do, with a conformance for each error type of a library.
import ByteIO

/// An error of a library for which commands know what to type.
///
/// The conformances are in modules that a command must be linked with, or its messages lack the remedies; `make lint`
/// checks that.
public protocol Remediable: Error {
  /// The advice that names options or commands, which follows the error's description and a semicolon; `nil` if the
  /// description says enough. An error that holds another one gives that error's remedy.
  var remedy: String? { get }
}

/// Returns what to type after an error; `nil` if nothing in particular helps.
public func knownRemedy(for error: any Error) -> String? { (error as? any Remediable)?.remedy }

/// Returns the whole message of an error: its description and the remedy, in one line. Every message to users that
/// contains an error is made by this function, not from the error's description.
public func messageLine(about error: any Error) -> String {
  withRemedy("\(error)", knownRemedy(for: error))
}
