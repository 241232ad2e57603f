// Standard error: whole lines, never mixed with a progress line, and no failure if nobody reads them.
import Synchronization

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

public enum StandardError {
  /// Whether the last thing written is a progress line, which the next line must wipe away.
  private static let showsProgressLine = Mutex(false)

  /// Writes a line. What cannot be written is dropped: there is nowhere left to say so.
  public static func print(_ line: String) {
    showsProgressLine.withLock { shown in
      write((shown ? wipe : "") + line + "\n")
      shown = false
    }
  }

  /// Writes a line that the next one wipes away; terminals only.
  static func showProgressLine(_ line: String) {
    showsProgressLine.withLock { shown in
      write((shown ? wipe : "") + line)
      shown = true
    }
  }

  /// Wipes a progress line away.
  static func clearProgressLine() {
    showsProgressLine.withLock { shown in
      if shown { write(wipe) }
      shown = false
    }
  }

  /// To the first column, and erase to the end of the line (ECMA-48: CR, EL).
  private static let wipe = "\r\u{1B}[K"

  /// One write(2) for each line, so that lines of several processes stay whole. A reader who leaves stops no work: the
  /// signal that says so is taken back.
  private static func write(_ text: String) {
    var (broken, before) = (sigset_t(), sigset_t())
    sigemptyset(&broken)
    sigaddset(&broken, SIGPIPE)
    pthread_sigmask(SIG_BLOCK, &broken, &before)
    writeAll(text)
    var pending = sigset_t()
    // If the caller has it blocked too, it may be another one's.
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
  /// Says something about the work on standard error, in a line that begins with the command's name.
  public static func say(_ line: String) { StandardError.print("\(name): \(line)") }
}
