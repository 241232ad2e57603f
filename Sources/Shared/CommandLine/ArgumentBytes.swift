// Arguments as the bytes that they are. Swift's are texts, in which bytes that are not UTF-8 were replaced.

/// The bytes of arguments that were parsed as texts, in their order: file names may be any bytes.
public func argumentBytes(of texts: [String]) -> [[UInt8]] {
  argumentBytes(of: texts, rawArguments: rawArguments())
}

/// `rawArguments` are all arguments of the process. Each text stands for the first of them that reads like it and was not
/// taken yet; one that does not, because an option's name was before it, for itself.
func argumentBytes(of texts: [String], rawArguments: [[UInt8]]) -> [[UInt8]] {
  // Most command lines have no such bytes, and then there is nothing to look for.
  guard texts.contains(where: { $0.unicodeScalars.contains("\u{FFFD}") }) else {
    return texts.map { Array($0.utf8) }
  }
  var left: [String: ArraySlice<[UInt8]>] = [:]
  for argument in rawArguments { left[String(decoding: argument, as: UTF8.self), default: []].append(argument) }
  return texts.map { left[$0]?.popFirst() ?? Array($0.utf8) }
}

private func rawArguments() -> [[UInt8]] {
  (0..<Int(Swift.CommandLine.argc)).dropFirst().compactMap { index in
    guard let argument = Swift.CommandLine.unsafeArgv[index] else { return nil }
    var count = 0
    while argument[count] != 0 { count += 1 }
    return UnsafeBufferPointer(start: argument, count: count).map(UInt8.init(bitPattern:))
  }
}
