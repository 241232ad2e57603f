// Signals and limits for programs that survive them, to save their work before they stop.
import CSystem

/// SIGINT, SIGTERM and SIGHUP as a request to stop, which the program checks at points where it can stop.
public enum StopRequest {
  /// From now on the first SIGINT, SIGTERM or SIGHUP is only noted, and a wait for the other end of a pipe fails with
  /// EINTR. A second one removes the temporary files and ends the process immediately. Signals that the parent process
  /// set to be ignored stay ignored, such as SIGHUP under nohup.
  public static func noteSignals() { csystem_note_signals() }

  /// The signal that asked to stop; `nil` if there was none. Cheap enough for every iteration of a loop.
  public static var signal: Int32? {
    let number = csystem_noted_signal()
    return number == 0 ? nil : number
  }
}

/// Pipes whose readers have left.
public enum BrokenPipes {
  /// From now on a write to such a pipe fails with EPIPE instead of ending the process. Writes to standard error are
  /// then dropped; see ``OutputFile/ClosedPipe`` for other outputs.
  public static func ignore() { csystem_ignore_broken_pipes() }
}

/// Resource limits of the process.
public enum Limits {
  /// From now on a write beyond the file size limit fails with EFBIG, and no signal ends the process. A failed memory
  /// allocation ends the process with exit status `status`, after a line on standard error that begins with `command`.
  public static func failOrderly(command: String, status: Int32) {
    csystem_ignore_file_size_limit()
    csystem_watch_memory(command, status)
  }
}
