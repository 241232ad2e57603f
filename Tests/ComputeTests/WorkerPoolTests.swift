// The threads run every task once, whatever the counts, however fast loops follow each other, and however long they
// pause.

import Compute
import Synchronization
import Testing

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

@Suite struct WorkerPoolTests {
  static let poolSizes = [1, 2, 3, 5, 8]

  /// Counts how often each task of a loop runs, without a lock. Each task has its own counter, and the threads'
  /// writes must be visible when the loop returns.
  private func visits(_ pool: WorkerPool, taskCount: Int) -> [Int] {
    let counters = UnsafeMutableBufferPointer<Int>.allocate(capacity: taskCount)
    defer { counters.deallocate() }
    counters.initialize(repeating: 0)
    pool.forEach(taskCount) { task, _ in counters[task] += 1 }
    return Array(counters)
  }

  @Test(arguments: poolSizes) func everyTaskRunsOnce(poolSize: Int) {
    let pool = WorkerPool(count: poolSize)
    #expect(pool.count == poolSize)
    for taskCount in [0, 1, 2, 3, poolSize - 1, poolSize, poolSize + 1, 64, 1000, 100_003] {
      #expect(visits(pool, taskCount: taskCount).allSatisfy { $0 == 1 }, "\(taskCount) tasks")
    }
  }

  @Test(arguments: poolSizes) func subnormalNumbersAreZeroInsideALoopAndNowhereElse(poolSize: Int) {
    let pool = WorkerPool(count: poolSize)
    // The values are in memory, so that each product is computed when its turn comes.
    let values = UnsafeMutableBufferPointer<Float>.allocate(capacity: 1002)
    defer { values.deallocate() }
    for taskCount in [1, 1000] {
      values.initialize(repeating: Float.leastNormalMagnitude)
      pool.forEach(taskCount) { task, _ in
        work(task % 50)
        values[task] *= 0.5
      }
      #expect(values[..<taskCount].allSatisfy { $0.bitPattern == 0 }, "\(taskCount) tasks")
      values[1001] *= 0.5
      #expect(values[1001].bitPattern == 1 << 22, "after \(taskCount) tasks")
    }
  }

  @Test(arguments: poolSizes) func oneWorkerRunsOneTaskAtATime(poolSize: Int) {
    let pool = WorkerPool(count: poolSize)
    // Atomics rather than a lock: the thread sanitizer does not see into Mutex.
    let isBusy = UnsafeMutablePointer<Atomic<Bool>>.allocate(capacity: poolSize)
    for worker in 0..<poolSize { (isBusy + worker).initialize(to: Atomic(false)) }
    defer {
      isBusy.deinitialize(count: poolSize)
      isBusy.deallocate()
    }
    let collisions = Atomic<Int>(0)
    let strangers = Atomic<Int>(0)
    pool.forEach(2000) { task, worker in
      guard (0..<poolSize).contains(worker) else {
        strangers.add(1, ordering: .relaxed)
        return
      }
      // Each worker has its own scratch memory. Two tasks of one worker at the same time would overwrite each other's.
      if isBusy[worker].exchange(true, ordering: .acquiringAndReleasing) {
        collisions.add(1, ordering: .relaxed)
      }
      work(task % 50)
      isBusy[worker].store(false, ordering: .releasing)
    }
    #expect(collisions.load(ordering: .relaxed) == 0)
    #expect(strangers.load(ordering: .relaxed) == 0)
  }

  @Test(arguments: poolSizes) func tinyLoopsBackToBackLoseNoTask(poolSize: Int) {
    let pool = WorkerPool(count: poolSize)
    let sum = Atomic<Int>(0)
    var expected = 0
    for loop in 0..<5000 {
      // Loops of the same length follow each other too. A thread that is late must not mistake a new task for an old
      // one.
      let taskCount = loop % 4 < 2 ? 3 : loop % 7
      pool.forEach(taskCount) { task, _ in sum.add(loop &* 31 &+ task, ordering: .relaxed) }
      for task in 0..<taskCount { expected += loop &* 31 &+ task }
    }
    #expect(sum.load(ordering: .relaxed) == expected)
  }

  @Test(arguments: poolSizes) func loopsAfterAPauseWakeTheThreads(poolSize: Int) {
    let pool = WorkerPool(count: poolSize)
    for loop in 0..<40 {
      // A pause in which threads park. Its length varies, so that some loops start while threads are about to park.
      // Nothing depends on the time: if they are still awake, the loop is right anyway.
      usleep(UInt32(loop % 8) * 300)
      #expect(visits(pool, taskCount: 17).allSatisfy { $0 == 1 }, "loop \(loop)")
    }
  }

  /// Each task waits until all have begun, so that no thread has time for a second one. A thread finds its data in its
  /// core's cache only if its share is the same in every loop. Each pool runs one loop, since a thread that is about to
  /// leave a loop may begin the next one with another's task.
  @Test(arguments: poolSizes) func eachThreadBeginsWithItsOwnShare(poolSize: Int) {
    let workers = UnsafeMutableBufferPointer<Int>.allocate(capacity: poolSize)
    defer { workers.deallocate() }
    for round in 0..<20 {
      let pool = WorkerPool(count: poolSize)
      workers.initialize(repeating: -1)
      let begun = Atomic<Int>(0)
      pool.forEach(poolSize) { task, worker in
        workers[task] = worker
        begun.add(1, ordering: .acquiringAndReleasing)
        while begun.load(ordering: .acquiring) < poolSize { sched_yield() }
      }
      #expect(Array(workers) == Array(0..<poolSize), "round \(round)")
    }
  }

  @Test func unevenTasksAreAllDoneWhenTheLoopReturns() {
    let pool = WorkerPool(count: 3)
    for slow in 0..<12 {
      let done = Atomic<Int>(0)
      pool.forEach(12) { task, _ in
        work(task == slow ? 200_000 : 10)
        done.add(1, ordering: .relaxed)
      }
      #expect(done.load(ordering: .relaxed) == 12)
    }
  }

  @Test func poolsCanBeCreatedAndDestroyed() {
    for round in 0..<100 {
      let pool = WorkerPool(count: 1 + round % 5)
      // One pool in four ends without having run a task.
      if round % 4 != 0 { #expect(visits(pool, taskCount: round).allSatisfy { $0 == 1 }, "round \(round)") }
    }
  }

  @Test func severalPoolsWorkAtTheSameTime() async {
    await withTaskGroup(of: Bool.self) { group in
      for size in Self.poolSizes {
        group.addTask {
          let pool = WorkerPool(count: size)
          return (0..<50).allSatisfy { _ in visits(pool, taskCount: 101).allSatisfy { $0 == 1 } }
        }
      }
      for await isRight in group { #expect(isRight) }
    }
  }
}

/// Keeps a thread busy for some iterations of a loop that the optimiser cannot remove.
private func work(_ turns: Int) {
  let value = Atomic<Int>(0)
  for turn in 0..<turns { value.store(turn, ordering: .relaxed) }
}
