import Testing

@testable import Threading

/// Makes batches of the numbers 0, 1, 2, …, one more each time it is asked, and stops where it is told to.
///
/// It notes how far it is, so that a test can wait until it can go no further: nothing here depends on time.
final class CountingProducer: BatchProducer, @unchecked Sendable {
  struct Batch: Equatable {
    /// Tells which of the batches that go round this is.
    var identity = 0
    var numbers: [Int] = []
  }

  struct Failed: Error, Equatable {
    var number: Int
  }

  /// The numbers of a batch, at most.
  private let limit: Int
  private let count: Int
  /// The number at which waiting fails, and that at which filling does.
  private let badWait: Int?
  private let badFill: Int?
  private let ended: (@Sendable () -> Void)?

  private let monitor = Monitor()
  private var made = 0
  /// The numbers that there are so far.
  private var allowed: Int
  /// The number that `wait` waits for, once it cannot go on.
  private var stuckAt: Int?
  /// Which batches were filled, and whether all was done by the thread that asked.
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

  /// Returns when the producer waits for `number`: all before it were put into batches, and the batches into the line.
  func awaitStuck(at number: Int) {
    monitor.locked {
      while stuckAt != number { monitor.wait() }
    }
  }
}
