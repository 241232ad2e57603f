// Signals for programs that outlive them: those that save their work before they stop.
import CSystem

/// SIGINT and SIGTERM as a wish to stop, which the work looks at where it can stop.
public enum StopRequest {
  /// From now on the first SIGINT or SIGTERM is only noted. A second one ends the process at once, after temporary
  /// files were removed. Signals that the parent told the process to ignore stay ignored.
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
