// Training runs that a signal stops before their end.
import Foundation
import Testing

/// The number of epochs of a run that a test interrupts. A run that saves its state after each step is then far from its
/// end when the signal comes. If it ends first, the test fails.
let interruptedEpochs = 40

extension ChildProcess {
  /// The number of epochs that fm-train has reported; `nil` before its heading. From the heading on, fm-train takes a
  /// signal as a request to stop.
  fileprivate var reportedEpochs: Int? {
    let lines = messages.split(separator: 0x0a, omittingEmptySubsequences: false).dropLast()
    return lines.lastIndex { $0.ends(with: Array("images/s".utf8)) }.map { lines.endIndex - $0 - 1 }
  }
}

extension ArraySlice<UInt8> {
  fileprivate func ends(with end: [UInt8]) -> Bool { suffix(end.count).elementsEqual(end) }
}

extension Workplace {
  /// Starts fm-train, and sends it `signal` when it has reported `epochs` epochs. The arguments must ask for a
  /// checkpoint after each step, and for reports. Expects that the signal ended the run before its last epoch, and that
  /// a checkpoint is left, unless SIGKILL came before the first epoch was over.
  func interruptTraining(
    _ arguments: [String], after epochs: Int, signal: Int32, checkpoint: String = "run",
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let child = try start("fm-train", arguments)
    let isReached = try child.drain { $0.reportedEpochs ?? -1 >= epochs }
    child.send(signal: signal)
    let outcome = try child.finish()
    #expect(isReached, "\(outcome.messageText)", sourceLocation: sourceLocation)
    // A request to stop is granted after a step, and saves the state.
    #expect(
      outcome.ending == (signal == SIGKILL ? .killed(signal: signal) : .exited(75)),
      "\(outcome.messageText)", sourceLocation: sourceLocation)
    let option = try #require(arguments.firstIndex(of: "--epochs"), sourceLocation: sourceLocation)
    let last = arguments[option + 1]
    #expect(
      !outcome.messageText.contains(" \(last)/\(last) "), "\(outcome.messageText)",
      sourceLocation: sourceLocation)
    if epochs > 0 || signal != SIGKILL {
      #expect(try names.contains(checkpoint), sourceLocation: sourceLocation)
    }
  }
}
