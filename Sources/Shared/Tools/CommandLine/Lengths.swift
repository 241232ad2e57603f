// Lengths in pixels on the command line, such as `28x28`.

/// Returns the numbers of an argument such as `28x28` or `32x32x3`; `nil` if a part is not a number.
public func parsedLengths(_ argument: String) -> [Int]? {
  let parts = argument.split(separator: "x", omittingEmptySubsequences: false)
  // Int would also take a sign.
  let lengths = parts.compactMap { $0.utf8.allSatisfy { (0x30...0x39).contains($0) } ? Int($0) : nil }
  return lengths.count == parts.count ? lengths : nil
}
