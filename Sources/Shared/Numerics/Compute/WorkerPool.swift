// Threads that share the tasks of one loop at a time.
//
// Tasks are numbered and claimed one by one. A task depends on its number only, so that the result does not depend on
// which thread runs it or on how many threads there are. Each thread has a share of the numbers and claims those
// first, from the front. Then it takes the remaining tasks of the other shares, from the end. Claiming one by one
// keeps the loop short if another process takes a core for a while. Shares keep data where it is: a thread finds the
// columns of weights that it read or changed in the loop before in its core's cache, and two threads do not both
// fetch all of them.
//
// Inside a loop, subnormal floats count as 0 on every thread. Processors take many times as long for them, and
// training produces them: if the gradient of a weight stays 0, as after a pixel that is always black, its moments
// shrink until they are subnormal, and would stay so. In the first epoch of the preset `ffnn`, Adam took 1.9 times as
// long with them.

import CSystem
import Synchronization
import Threading

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// A pool of `count` threads, including the caller's.
public final class WorkerPool: @unchecked Sendable {
  /// The number of threads, including the caller's.
  public let count: Int
  private let shared: SharedState

  /// Starts `count` − 1 threads, which end with this object.
  public init(count: Int) {
    precondition(count >= 1, "a pool of \(count) threads")
    self.count = count
    shared = SharedState(count: count)
    for worker in 1..<max(count, 1) {
      // If the system grants no thread, fewer threads change the speed, not the result.
      _ = startThread { [shared] in shared.threadMain(worker) }
    }
  }

  deinit { shared.stop() }

  /// Runs `body` for every task from 0 to `taskCount` − 1, on all threads, and returns when all are done.
  ///
  /// `body` gets the task and the worker that runs it, 0 to `count` − 1; the worker is for scratch memory only.
  /// Subnormal numbers are 0 in its arithmetic. Calls must not be nested, and must come from one thread at a time.
  ///
  /// - Complexity: O(taskCount) claims, each an atomic operation or two, besides `body`.
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

/// The state that the threads of a pool share. It outlives the pool until the last thread has ended.
private final class SharedState: @unchecked Sendable {
  private let count: Int
  /// For each thread, the end of its share of the loop in the upper half, and the next task to claim in the lower half.
  private let tickets: Tickets
  /// The number of loops so far.
  private let loops = Atomic<Int>(0)
  private let finished = Atomic<Int>(0)
  private let parked = Atomic<Int>(0)
  private let isStopping = Atomic<Bool>(false)
  /// Written before the tickets, and read only after a task of one of them was claimed.
  private var body: ((Int, Int) -> Void)?
  /// Wakes parked threads. Held only to park and to wake, so a loop that finds all threads awake takes no lock.
  private let monitor = Monitor()

  /// A thread looks for a loop this often before it parks, for about 50 µs. That is longer than the gaps between the
  /// loops of a training step, and shorter than anything that a person or a battery would notice.
  private static let spins = 2000

  init(count: Int) {
    self.count = count
    tickets = Tickets(count: count)
  }

  deinit { tickets.deallocate() }

  func run(_ taskCount: Int, _ body: @escaping (Int, Int) -> Void) {
    self.body = body
    finished.store(0, ordering: .relaxed)
    var first = 0
    for worker in 0..<count {
      let end = taskCount * (worker + 1) / count
      tickets.post(first..<end, for: worker)
      first = end
    }
    loops.add(1, ordering: .sequentiallyConsistent)
    if parked.load(ordering: .sequentiallyConsistent) > 0 {
      monitor.locked { monitor.broadcast() }
    }
    work(as: 0)
    var looks = 0
    while finished.load(ordering: .acquiring) < taskCount {
      looks += 1
      // A thread that lost its core in the middle of a task needs one to continue.
      if looks % Self.spins == 0 { sched_yield() } else { csystem_pause() }
    }
    self.body = nil
  }

  /// Claims and runs tasks until none are left: first the thread's own, then those of the threads after it.
  private func work(as worker: Int) {
    for distance in 0..<count {
      let owner = worker + distance < count ? worker + distance : worker + distance - count
      // A claimed task belongs to the same loop as `body`, since the loop does not end before the task is
      // counted as finished.
      while let task = tickets.claim(from: owner, atEnd: distance > 0) {
        body!(task, worker)
        finished.add(1, ordering: .releasing)
      }
    }
  }

  func threadMain(_ worker: Int) {
    _ = csystem_flush_subnormals()
    var seen = 0
    var looks = 0
    while !isStopping.load(ordering: .acquiring) {
      let posted = loops.load(ordering: .acquiring)
      if posted != seen {
        seen = posted
        work(as: worker)
        looks = 0
      } else if looks < Self.spins {
        looks += 1
        csystem_pause()
      } else {
        park(after: seen)
        looks = 0
      }
    }
  }

  private func park(after seen: Int) {
    monitor.locked {
      parked.add(1, ordering: .sequentiallyConsistent)
      // Checks `loops` again after `parked` is raised: a caller that posts a loop either sees this thread as parked, or
      // this thread sees the loop.
      while loops.load(ordering: .sequentiallyConsistent) == seen, !isStopping.load(ordering: .acquiring) {
        monitor.wait()
      }
      parked.subtract(1, ordering: .sequentiallyConsistent)
    }
  }

  func stop() {
    isStopping.store(true, ordering: .releasing)
    monitor.locked { monitor.broadcast() }
  }
}

/// A ticket for each thread, each in separate cache lines, which only its owner accesses until its own share is done.
private struct Tickets: @unchecked Sendable {
  private let memory: UnsafeMutableRawPointer
  private let count: Int
  /// Bytes from one ticket to the next: two cache lines, since processors fetch them in pairs.
  private static let stride = 128

  init(count: Int) {
    self.count = count
    memory = .allocate(byteCount: count * Self.stride, alignment: Self.stride)
    for worker in 0..<count {
      (memory + worker * Self.stride).bindMemory(to: Atomic<UInt64>.self, capacity: 1).initialize(
        to: Atomic(0))
    }
  }

  func deallocate() {
    for worker in 0..<count { self[worker].deinitialize(count: 1) }
    memory.deallocate()
  }

  private subscript(worker: Int) -> UnsafeMutablePointer<Atomic<UInt64>> {
    (memory + worker * Self.stride).assumingMemoryBound(to: Atomic<UInt64>.self)
  }

  func post(_ share: Range<Int>, for worker: Int) {
    self[worker].pointee.store(
      UInt64(share.upperBound) << 32 | UInt64(share.lowerBound), ordering: .releasing)
  }

  /// Claims the next task of a share or, `atEnd`, its last one. Returns `nil` if none is left.
  func claim(from worker: Int, atEnd: Bool) -> Int? {
    let ticket = self[worker]
    while true {
      let seen = ticket.pointee.load(ordering: .acquiring)
      let (next, end) = (seen & 0xFFFF_FFFF, seen >> 32)
      guard next < end else { return nil }
      let desired = atEnd ? seen - (1 << 32) : seen + 1
      if ticket.pointee.compareExchange(expected: seen, desired: desired, ordering: .acquiringAndReleasing)
        .exchanged
      {
        return Int(atEnd ? end - 1 : next)
      }
    }
  }
}
