// Shows progress in a line on standard error that is redrawn in place.

import ByteIO

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// Shows the progress of the work, its rate and the remaining time.
///
/// On a terminal, this is one line that is redrawn in place, at most ten times a second, and erased at the end.
/// Elsewhere (`--progress always` into a log), a new line is written at most once a second, and one more at the end. An
/// update that draws nothing costs one reading of the clock. For one thread only.
public final class Progress {
  private let isShown: Bool
  private let isTerminal = isatty(2) == 1
  private var state: ProgressState
  private let clock = ContinuousClock()
  private let start: ContinuousClock.Instant
  private var nextDrawing: ContinuousClock.Instant

  /// - Parameters:
  ///   - label: The beginning of the line: `epoch 3/10`.
  ///   - unit: The plural of the noun that is counted: `images`.
  ///   - total: The total count; `nil` if unknown.
  ///   - output: The output that is written meanwhile. If it is the terminal that shows progress, lines of both would
  ///     mix, so no progress is shown unless the user asks for it.
  public init(
    _ options: ReportingOptions, label: String, unit: String, total: Int? = nil,
    beside output: OutputFile? = nil
  ) {
    isShown = options.showsProgress(besideItsOutput: output?.isTerminal(of: 2) == true)
    state = ProgressState(label: label, unit: unit, total: total)
    start = clock.now
    // Work that takes no time needs no progress line.
    nextDrawing = start + .milliseconds(200)
  }

  deinit { finish() }

  /// Updates the count to `done`. `note` is appended, such as `loss 0.312`; it is evaluated only if it is shown.
  /// `secondsLeft` is the time until all of the work is done, if this line shows only a part of it.
  public func update(
    _ done: Int, secondsLeft: @autoclosure () -> Double? = nil, note: @autoclosure () -> String = ""
  ) {
    guard isShown else { return }
    state.done = done
    let now = clock.now
    guard now >= nextDrawing else { return }
    nextDrawing = now + (isTerminal ? .milliseconds(100) : .seconds(1))
    state.note = note()
    state.secondsLeft = secondsLeft()
    draw(now)
  }

  /// Erases the line; in a log, writes a last one.
  public func finish() {
    guard isShown, !state.isFinished else { return }
    state.isFinished = true
    if isTerminal { StandardError.clearProgressLine() } else { draw(clock.now) }
  }

  private func draw(_ now: ContinuousClock.Instant) {
    // The last column stays free: some terminals wrap as soon as it is written.
    let width = isTerminal ? (Terminal.width(of: 2) ?? 80) - 1 : 100
    let line = state.line(seconds: (now - start) / .seconds(1), width: width)
    if isTerminal { StandardError.showProgressLine(line) } else { StandardError.print(line) }
  }
}

/// The contents of a progress line.
struct ProgressState {
  var label: String
  var unit: String
  var total: Int?
  var done = 0
  /// The seconds until all of the work is done; `nil` if it is done when the total is reached.
  var secondsLeft: Double?
  var note = ""
  var isFinished = false

  /// Returns the line after `seconds` of work, cut to `width` characters:
  /// `epoch 3/10 [#########-----------]  46 %  5,412 images/s  0:07 left  loss 0.312`.
  func line(seconds: Double, width: Int) -> String {
    var parts: [String] = []
    // The average since the start fluctuates least. In the first 50 ms it is meaningless.
    let rate = seconds >= 0.05 ? Double(done) / seconds : 0
    if let total, total > 0 {
      let share = min(1, Double(done) / Double(total))
      let filled = Int(share * 20)
      let bar = String(repeating: "#", count: filled) + String(repeating: "-", count: 20 - filled)
      parts.append("\(label) [\(bar)] \(padded(String(Int(share * 100)), to: 3, .trailing)) %")
    } else {
      parts.append("\(label) \(grouped(done)) \(unit)")
    }
    if rate > 0 { parts.append("\(rate < 10 ? oneDecimal(rate) : grouped(Int(rate))) \(unit)/s") }
    if let total, rate > 0, !isFinished, done < total {
      parts.append("\(clockTime(secondsLeft ?? Double(total - done) / rate)) left")
    } else {
      parts.append(clockTime(seconds))
    }
    if !note.isEmpty { parts.append(note) }
    return String(parts.joined(separator: "  ").prefix(max(0, width)))
  }
}

/// Returns a duration as `m:ss`, or as `h:mm:ss` from an hour on, rounded up, so that a positive time is never `0:00`.
private func clockTime(_ seconds: Double) -> String {
  // At most half a year: anything longer is no estimate.
  let whole = Int(min(max(seconds, 0), 1.5e7).rounded(.up))
  let (hours, minutes, rest) = (whole / 3600, whole / 60 % 60, whole % 60)
  let tail = (rest < 10 ? "0" : "") + "\(rest)"
  if hours == 0 { return "\(minutes):\(tail)" }
  return "\(hours):" + (minutes < 10 ? "0" : "") + "\(minutes):\(tail)"
}

private func oneDecimal(_ number: Double) -> String {
  let tenths = Int((number * 10).rounded(.down))
  return "\(tenths / 10).\(tenths % 10)"
}
