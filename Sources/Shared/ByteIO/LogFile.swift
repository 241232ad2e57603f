// A log: lines that can be read as soon as they are written.
#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// A file, pipe or device that lines are written to one by one, for readers that follow it while it grows.
///
/// Unlike an ``OutputFile`` it is not held back until all is well: what a log says of a run that failed is wanted most.
/// A pipe whose reader has left is written to no more (see ``BrokenPipes``).
public final class LogFile {
  /// What error messages call it.
  public let name: String
  private let descriptor: Int32
  private var readerLeft = false

  /// Empties or creates the file, or goes on at its end; `-` is standard output. Throws ``FileError``.
  public init(path: String, appends: Bool = false) throws {
    name = path == "-" ? "stdout" : displayed(path)
    do {
      descriptor =
        path == "-"
        ? try SystemCalls.duplicate(1)
        : try SystemCalls.open(path, O_WRONLY | O_CREAT | (appends ? O_APPEND : O_TRUNC))
    } catch {
      throw FileError.cannotCreate(name: name, errno: error.code)
    }
  }

  deinit { try? SystemCalls.close(descriptor) }

  /// Writes a line and the newline behind it. Throws ``FileError``.
  public func write(line: String) throws {
    if readerLeft { return }
    var text = line + "\n"
    let code: Int32 = text.withUTF8 { bytes in
      do throws(SystemError) {
        try SystemCalls.writeAll(descriptor, UnsafeRawBufferPointer(bytes))
        return 0
      } catch {
        return error.code
      }
    }
    switch code {
    case 0: break
    case EPIPE: readerLeft = true
    default: throw FileError.cannotWrite(name: name, errno: code)
    }
  }
}
