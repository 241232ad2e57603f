// Signals for programs that outlive them: those that save their work before they stop.
import CSystem

/// SIGINT, SIGTERM and SIGHUP as a wish to stop, which the work looks at where it can stop.
public enum StopRequest {
  /// From now on the first SIGINT, SIGTERM or SIGHUP is only noted, and a wait for the other end of a pipe fails with
  /// EINTR. A second one ends the process at once, after temporary files were removed. Signals that the parent told the
  /// process to ignore stay ignored, as SIGHUP under nohup.
  public static func noteSignals() { csystem_note_signals() }

  /// The signal that asked to stop, `nil` as long as none did. Cheap enough for every step of a loop.
  public static var signal: Int32? {
    let number = csystem_noted_signal()
    return number == 0 ? nil : number
  }
}

/// Pipes whose reader has left.
public enum BrokenPipes {
  /// From now on a write to such a pipe fails with EPIPE and does not end the process. Standard error drops what it
  /// cannot write; see ``OutputFile/ClosedPipe`` for other outputs.
  public static func ignore() { csystem_ignore_broken_pipes() }
}

/// Temporary files of this process.
public enum TemporaryFiles {
  /// Removes those that are left, for an exit that unwinds nothing.
  public static func removeAll() { csystem_remove_temporaries() }
}

/// What the process may use up.
public enum Limits {
  /// From now on a file that would become larger than the process may write fails with EFBIG, and no signal ends the
  /// process; and memory that is not there ends it with a line that begins with `command`, and with exit status `status`.
  public static func failOrderly(command: String, status: Int32) {
    csystem_ignore_file_size_limit()
    csystem_watch_memory(command, status)
  }
}
