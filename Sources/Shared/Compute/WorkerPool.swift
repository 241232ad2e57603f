// Threads that share the tasks of one loop at a time.
//
// Tasks are numbered, claimed one by one, and what a task does depends on its number alone: which thread runs it, and
// how many there are, changes nothing in the result. Claiming one by one, rather than a fixed share for each thread,
// keeps the loop short when something else takes a core for a while.
//
// Inside a loop, on every thread, subnormal floats count as 0. Processors take many times as long over them, and training
// breeds them: the moments of a weight whose gradient stays 0, as behind a pixel that is always black, shrink until they
// are subnormal, and would stay so. In the first epoch of the preset `ffnn`, Adam took 1.9 times as long with them.

import CSystem
import Synchronization
import Threading

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// A pool of `count` threads, the caller's being one.
public final class WorkerPool: @unchecked Sendable {
  /// How many threads work, the caller's included.
  public let count: Int
  private let shared: SharedState

  /// Starts `count` − 1 threads, which end with this object.
  public init(count: Int) {
    precondition(count >= 1, "a pool of \(count) threads")
    self.count = count
    shared = SharedState()
    for worker in 1..<max(count, 1) {
      // Where there is no thread to be had, fewer threads change the speed, not the result.
      _ = startThread { [shared] in shared.threadMain(worker) }
    }
  }

  deinit { shared.stop() }

  /// Runs `body` for every task from 0 to `taskCount` − 1, on all threads, and returns when all are done.
  ///
  /// `body` gets the task and the worker, 0 to `count` − 1, that runs it; the worker is for scratch memory only. To its
  /// arithmetic, subnormal numbers are 0.
  /// Calls may not be nested, and come from one thread at a time.
  public func forEach(_ taskCount: Int, _ body: (_ task: Int, _ worker: Int) -> Void) {
    precondition(taskCount >= 0 && taskCount < 1 << 31, "a loop of \(taskCount) tasks")
    let mode = csystem_flush_subnormals()
    defer { csystem_set_floating_point_mode(mode) }
    guard taskCount > 1, count > 1 else {
      for task in 0..<taskCount { body(task, 0) }
      return
    }
    withoutActuallyEscaping(body) { shared.run(taskCount, $0) }
  }
}

/// What the threads of a pool see; it outlives the pool until the last thread has left.
private final class SharedState: @unchecked Sendable {
  /// The loop's task count in the upper half, the next task to claim in the lower.
  private let ticket = Atomic<UInt64>(0)
  private let finished = Atomic<Int>(0)
  private let parked = Atomic<Int>(0)
  private let isStopping = Atomic<Bool>(false)
  /// Written before the ticket is, read only after a task of that ticket was claimed.
  private var body: ((Int, Int) -> Void)?
  private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
  private let wakeUp = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)

  /// Looks at the ticket this often before a thread parks, about 50 µs: longer than the gaps between the loops of a
  /// training step, shorter than anything a person or a battery would notice.
  private static let spins = 2000

  init() {
    pthread_mutex_init(mutex, nil)
    pthread_cond_init(wakeUp, nil)
  }

  deinit {
    pthread_cond_destroy(wakeUp)
    pthread_mutex_destroy(mutex)
    wakeUp.deallocate()
    mutex.deallocate()
  }

  func run(_ taskCount: Int, _ body: @escaping (Int, Int) -> Void) {
    self.body = body
    finished.store(0, ordering: .relaxed)
    ticket.store(UInt64(taskCount) << 32, ordering: .sequentiallyConsistent)
    if parked.load(ordering: .sequentiallyConsistent) > 0 {
      pthread_mutex_lock(mutex)
      pthread_cond_broadcast(wakeUp)
      pthread_mutex_unlock(mutex)
    }
    work(as: 0)
    var looks = 0
    while finished.load(ordering: .acquiring) < taskCount {
      looks += 1
      // A thread that was taken off its core in the middle of a task needs one to go on.
      if looks % Self.spins == 0 { sched_yield() } else { csystem_pause() }
    }
    self.body = nil
  }

  /// Claims and runs tasks until none is left.
  private func work(as worker: Int) {
    while true {
      let seen = ticket.load(ordering: .acquiring)
      guard hasTask(seen) else { return }
      // Success means that the ticket still reads `seen`, so the task is of the loop that `body` belongs to; and the
      // loop does not end before the task is counted as finished.
      guard
        ticket.compareExchange(expected: seen, desired: seen + 1, ordering: .acquiringAndReleasing).exchanged
      else { continue }
      body!(Int(seen & 0xFFFF_FFFF), worker)
      finished.add(1, ordering: .releasing)
    }
  }

  private func hasTask(_ ticket: UInt64) -> Bool { ticket & 0xFFFF_FFFF < ticket >> 32 }

  func threadMain(_ worker: Int) {
    _ = csystem_flush_subnormals()
    var looks = 0
    while !isStopping.load(ordering: .acquiring) {
      if hasTask(ticket.load(ordering: .acquiring)) {
        work(as: worker)
        looks = 0
      } else if looks < Self.spins {
        looks += 1
        csystem_pause()
      } else {
        park()
        looks = 0
      }
    }
  }

  private func park() {
    pthread_mutex_lock(mutex)
    parked.add(1, ordering: .sequentiallyConsistent)
    // Looked at again after `parked` is raised: whoever posts a loop sees either this thread parked or is seen here.
    while !hasTask(ticket.load(ordering: .sequentiallyConsistent)), !isStopping.load(ordering: .acquiring) {
      pthread_cond_wait(wakeUp, mutex)
    }
    parked.subtract(1, ordering: .sequentiallyConsistent)
    pthread_mutex_unlock(mutex)
  }

  func stop() {
    isStopping.store(true, ordering: .releasing)
    pthread_mutex_lock(mutex)
    pthread_cond_broadcast(wakeUp)
    pthread_mutex_unlock(mutex)
  }
}
