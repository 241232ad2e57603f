// Writes whole lines to standard error, never mixed with a progress line. It is not a failure if nobody reads them.
import Synchronization

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

public enum StandardError {
  /// Whether the last output is a progress line, which the next line must erase.
  private static let showsProgressLine = Mutex(false)

  /// Writes a line. A failed write is ignored: there is nowhere left to report it.
  public static func print(_ line: String) {
    showsProgressLine.withLock { shown in
      write((shown ? wipe : "") + line + "\n")
      shown = false
    }
  }

  /// Writes a line that the next one erases. For terminals only.
  static func showProgressLine(_ line: String) {
    showsProgressLine.withLock { shown in
      write((shown ? wipe : "") + line)
      shown = true
    }
  }

  /// Erases a progress line.
  static func clearProgressLine() {
    showsProgressLine.withLock { shown in
      if shown { write(wipe) }
      shown = false
    }
  }

  /// Moves to the first column and erases to the end of the line (ECMA-48: CR, EL).
  private static let wipe = "\r\u{1B}[K"

  /// Writes each line with one write(2), so that lines of several processes stay whole. A closed pipe does not end the
  /// process: the SIGPIPE is consumed here.
  private static func write(_ text: String) {
    var (broken, before) = (sigset_t(), sigset_t())
    sigemptyset(&broken)
    sigaddset(&broken, SIGPIPE)
    pthread_sigmask(SIG_BLOCK, &broken, &before)
    writeAll(text)
    var pending = sigset_t()
    // If the caller had SIGPIPE blocked, too, the pending signal may come from another write.
    if sigismember(&before, SIGPIPE) == 0, sigpending(&pending) == 0, sigismember(&pending, SIGPIPE) == 1 {
      var number: Int32 = 0
      sigwait(&broken, &number)
    }
    pthread_sigmask(SIG_SETMASK, &before, nil)
  }

  private static func writeAll(_ text: String) {
    var text = text
    text.withUTF8 { bytes in
      var rest = UnsafeRawBufferPointer(bytes)
      while !rest.isEmpty {
        #if canImport(Glibc)
          let count = Glibc.write(2, rest.baseAddress, rest.count)
        #else
          let count = Darwin.write(2, rest.baseAddress, rest.count)
        #endif
        if count < 0 && errno != EINTR { return }
        rest = UnsafeRawBufferPointer(rebasing: rest[max(0, count)...])
      }
    }
  }
}

extension Tool {
  /// Writes a line to standard error that begins with the command's name.
  public static func say(_ line: String) { StandardError.print("\(name): \(line)") }
}
