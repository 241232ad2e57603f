// The arguments of the process as the bytes that they are. Swift's own are texts, in which bytes that are not UTF-8 were
// replaced.
import ByteIO

/// The process's arguments, less the command's name, as texts that stand for their bytes (`argumentText`).
func processArguments() -> [String] {
  (0..<Int(Swift.CommandLine.argc)).dropFirst().compactMap { index in
    guard let argument = Swift.CommandLine.unsafeArgv[index] else { return nil }
    var count = 0
    while argument[count] != 0 { count += 1 }
    return argumentText(UnsafeBufferPointer(start: argument, count: count).map(UInt8.init(bitPattern:)))
  }
}
