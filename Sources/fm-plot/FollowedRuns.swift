// fm-plot curves --follow: curves of running trainings, redrawn whenever a log grows.

import ByteIO
import Charts
import CommandLine

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

extension FMPlot {
  /// Refuses an input that cannot be read repeatedly, and an output that cannot be drawn to repeatedly.
  func validateFollow() throws {
    guard kind == .curves else { throw ValidationError("--follow is for curves") }
    if files.contains(where: { $0.path.descriptor(standardStream: 0) != nil }) {
      throw ValidationError("--follow reads logs again and again; give files in place of standard input")
    }
    guard output.path.descriptor(standardStream: 1) != nil else { return }
    if output.to != nil || isatty(1) != 1 {
      throw ValidationError("--follow draws in a terminal or rewrites a file; add --output curves.svg")
    }
  }

  /// Draws until all runs have ended, or a signal ends the command.
  func followLogs() throws {
    var latest: [TrainingRun] = []
    var lineCount = 0
    // Without this message, somebody who mistyped a name would wait forever.
    for file in files where try currentRun(file) == nil {
      Self.say("\(file.path.displayed): no log with an epoch exists yet; waiting for it")
    }
    while true {
      let runs = try files.map(currentRun)
      let present = runs.compactMap { $0 }
      if present != latest, !present.isEmpty {
        let names = zip(files, runs).compactMap { file, run in run.map { _ in file.path.displayed } }
        lineCount = try draw(present, names, over: lineCount)
        latest = present
      }
      if runs.allSatisfy({ $0?.hasEnded == true }) { return }
      // An epoch usually takes at least a second.
      sleep(1)
    }
  }

  /// Returns the run as far as its log goes; `nil` if the log does not exist yet or has no epoch.
  private func currentRun(_ file: InputPath) throws -> TrainingRun? {
    do {
      return try TrainingRun(InputFile(path: file.path))
    } catch FileError.cannotOpen(_, ENOENT) {
      return nil
    } catch TrainingLogError.nothing {
      return nil
    }
  }

  /// Draws into the output file, or over the last `lineCount` lines of the terminal. Returns the number of lines drawn
  /// in the terminal.
  private func draw(_ runs: [TrainingRun], _ names: [String], over lineCount: Int) throws -> Int {
    guard output.path.descriptor(standardStream: 1) != nil else {
      try write(trainingChart(runs, names: names, showsRate: learningRate))
      return 0
    }
    let lines = TerminalCurves(
      runs, names: names, width: Terminal.width(of: 1) ?? 80, isColored: Terminal.colorDepth(of: 1) == 24
    ).lines
    let terminal = try OutputFile(path: "-")
    // Move up to the first of the last lines, and erase everything below.
    let start = lineCount > 0 ? "\u{1B}[\(lineCount)A\u{1B}[J" : ""
    try terminal.write(start + lines.map { $0 + "\n" }.joined())
    try terminal.commit()
    return lines.count
  }
}
