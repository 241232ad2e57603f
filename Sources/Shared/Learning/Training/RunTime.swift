// The time that a run takes, and its limit. A limit shortens the schedule, so that a run ends with it.

/// Measures the seconds of a piece of work that may have begun in another process.
struct Stopwatch {
  private let before: Double
  private let start = ContinuousClock.now

  /// Starts a watch that already shows `seconds`.
  init(from seconds: Double = 0) { before = seconds }

  var seconds: Double {
    let duration = ContinuousClock.now - start
    return before + Double(duration.components.seconds) + Double(duration.components.attoseconds) * 1e-18
  }
}

/// The time that a run may take, from reading the data to writing the model.
public struct TimeLimit {
  public let seconds: Double
  /// Returns the seconds that this process has used.
  let elapsed: () -> Double

  public init(seconds: Double, elapsed: @escaping () -> Double) {
    self.seconds = seconds
    self.elapsed = elapsed
  }

  /// A limit that counts from now.
  public init(seconds: Double) {
    let watch = Stopwatch()
    self.init(seconds: seconds) { watch.seconds }
  }

  /// The seconds that this process has left.
  public var secondsLeft: Double { max(0, seconds - elapsed()) }

  /// Returns the share of the time for training that is used, 1 or more when it is up. `judging` is the time to judge
  /// the held-out images at the end.
  func shareUsed(_ used: Double, judging: Double) -> Double {
    // A tenth is added because measurements are not exact, and 0.25 s for writing the model.
    let training = seconds - 1.1 * judging - 0.25
    return training > 0 ? used / training : 1
  }
}

// MARK: - The time of a run

extension Trainer {
  /// Seconds that the run has taken, in this process and earlier ones.
  var seconds: Double { earlierSeconds + (timeLimit?.elapsed() ?? watch.seconds) }

  /// The position of the next step in the schedule, in steps: by the images shown, or by the time used if that is
  /// further.
  var schedulePosition: Double {
    max(
      steps.schedulePosition(ofStep: optimizer.stepsTaken),
      min(1, shareOfTimeUsed) * Double(schedule.stepCount))
  }

  private var shareOfTimeUsed: Double {
    guard let timeLimit else { return 0 }
    return agreed(shareUsed(of: timeLimit))
  }

  private func shareUsed(of timeLimit: TimeLimit) -> Double {
    var judging = progress.judgingSeconds
    if judging == 0, progress.recordsDone > 0, let validation {
      // Not measured yet. A forward pass takes a third of a step, so half a step for each view is on the safe side.
      let share = 0.5 * Double(views?.viewCount ?? 1)
      judging = share * progress.epochSeconds / Double(progress.recordsDone) * Double(validation.count)
    }
    return timeLimit.shareUsed(seconds, judging: judging)
  }

  /// Reads the clock, and returns whether time is up. At least one step is taken, because without one there is no
  /// model.
  func noteTime() -> Bool {
    if optimizer.stepsTaken > 0, shareOfTimeUsed >= 1 { isTimeOut = true }
    return isTimeOut
  }
}
