// The time that a run takes, and the time that it may take.

/// Seconds of a piece of work that may have begun in another process.
struct Stopwatch {
  private let before: Double
  private let start = ContinuousClock.now

  /// A watch that begins with so many seconds on it.
  init(from seconds: Double = 0) { before = seconds }

  var seconds: Double {
    let duration = ContinuousClock.now - start
    return before + Double(duration.components.seconds) + Double(duration.components.attoseconds) * 1e-18
  }
}

/// How long a run may take, from the reading of the data to the writing of the model.
public struct TimeLimit {
  public let seconds: Double
  /// The seconds that this process has used of it.
  public let elapsed: () -> Double

  public init(seconds: Double, elapsed: @escaping () -> Double) {
    self.seconds = seconds
    self.elapsed = elapsed
  }

  /// A limit that counts from now.
  public init(seconds: Double) {
    let watch = Stopwatch()
    self.init(seconds: seconds) { watch.seconds }
  }

  /// The seconds that this process has left of it.
  public var secondsLeft: Double { max(0, seconds - elapsed()) }

  /// What share of the time for training is used, 1 or more when it is out; `judging` is what judging the held-out
  /// images will take at the end.
  func shareUsed(_ used: Double, judging: Double) -> Double {
    // A tenth more, because nothing is measured exactly, and what it may take to write a model.
    let training = seconds - 1.1 * judging - 0.25
    return training > 0 ? used / training : 1
  }
}
