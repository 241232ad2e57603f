// Repairs names that should be in their displayed form (ByteIO/DisplayedBytes.swift).
import ByteIO

/// Escapes control characters and invalid UTF-8 in a name that should be in its displayed form: other tools may have
/// let them through. Backslashes stay as they are, since they may begin escapes.
func cleaned(_ name: some Collection<UInt8>) -> [UInt8] {
  if name.allSatisfy({ 0x20..<0x7F ~= $0 }) { return Array(name) }
  var clean: [UInt8] = []
  for (index, part) in name.split(separator: UInt8(ascii: "\\"), omittingEmptySubsequences: false)
    .enumerated()
  {
    if index > 0 { clean.append(UInt8(ascii: "\\")) }
    appendDisplayed(part, to: &clean)
  }
  return clean
}
