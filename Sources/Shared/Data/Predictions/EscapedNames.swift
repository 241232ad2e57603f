// Names that should have their displayed form (ByteIO/DisplayedBytes.swift), and may not.
import ByteIO

/// A name that an input gives in its displayed form, with what that form would not have escaped: control characters and
/// invalid UTF-8 that another tool let through. Its backslashes stay, for they may begin escapes.
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
