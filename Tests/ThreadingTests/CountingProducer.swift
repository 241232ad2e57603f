import Testing

@testable import Threading

/// Makes batches of the numbers 0, 1, 2, … below `count`. Each call of `fill` adds one number.
///
/// It records the number it is blocked on, so a test can wait for that. Nothing here depends on time.
final class CountingProducer: BatchProducer, @unchecked Sendable {
  struct Batch: Equatable {
    /// Identifies this batch among those that circulate.
    var identity = 0
    var numbers: [Int] = []
  }

  struct Failed: Error, Equatable {
    var number: Int
  }

  /// The most numbers in a batch.
  private let limit: Int
  private let count: Int
  /// The numbers at which `wait` and `fill` fail.
  private let badWait: Int?
  private let badFill: Int?
  private let ended: (@Sendable () -> Void)?

  private let monitor = Monitor()
  private var made = 0
  /// Numbers below this one are available.
  private var allowed: Int
  /// The number that `wait` was last blocked on.
  private var stuckAt: Int?
  /// The identities of the batches filled so far.
  private(set) var identities: Set<Int> = []

  init(
    count: Int, limit: Int, allowed: Int = .max, badWait: Int? = nil, badFill: Int? = nil,
    ended: (@Sendable () -> Void)? = nil
  ) {
    (self.count, self.limit, self.allowed) = (count, limit, allowed)
    (self.badWait, self.badFill, self.ended) = (badWait, badFill, ended)
  }

  deinit { ended?() }

  func wait() throws -> Bool {
    try monitor.locked { () -> Result<Bool, Failed> in
      while made >= allowed, made < count {
        stuckAt = made
        monitor.signal()
        monitor.wait()
      }
      return made == badWait ? .failure(Failed(number: made)) : .success(made < count)
    }.get()
  }

  func fill(_ batch: inout Batch, adding: Bool) throws -> Bool {
    if !adding { batch.numbers.removeAll() }
    if made == badFill { throw Failed(number: made) }
    identities.insert(batch.identity)
    batch.numbers.append(made)
    monitor.locked { made += 1 }
    return batch.numbers.count < limit
  }

  var isReady: Bool { monitor.locked { made < min(allowed, count) } }

  /// Makes numbers below `number` available.
  func allow(_ number: Int) {
    monitor.locked {
      allowed = number
      monitor.signal()
    }
  }

  /// Waits until the producer is blocked on `number`. All earlier numbers are then in batches, and these in the line.
  func awaitStuck(at number: Int) {
    monitor.locked {
      while stuckAt != number { monitor.wait() }
    }
  }
}
