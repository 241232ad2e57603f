// Helpers for the tests.

/// The message of the error that `body` throws, or `nil` if it throws nothing.
func message(_ body: () throws -> Void) -> String? {
  do {
    try body()
    return nil
  } catch {
    return "\(error)"
  }
}
