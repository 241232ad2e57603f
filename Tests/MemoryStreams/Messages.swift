// The messages of errors, for tests of code that refuses something.

/// Returns the message of the error that `body` throws; `nil` if it throws none.
public func message(_ body: () throws -> Void) -> String? {
  do {
    try body()
    return nil
  } catch {
    return "\(error)"
  }
}
