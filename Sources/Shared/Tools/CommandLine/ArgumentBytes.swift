// The arguments of the process with their original bytes. In Swift's own arguments, which are text, bytes that are not
// UTF-8 have been replaced.
import ByteIO

/// Returns the process's arguments without the command's name, as texts that stand for their bytes (`argumentText`).
func processArguments() -> [String] {
  (0..<Int(Swift.CommandLine.argc)).dropFirst().compactMap { index in
    guard let argument = Swift.CommandLine.unsafeArgv[index] else { return nil }
    var count = 0
    while argument[count] != 0 { count += 1 }
    return argumentText(UnsafeBufferPointer(start: argument, count: count).map(UInt8.init(bitPattern:)))
  }
}
