import Foundation
import Testing
import Threading

/// A number, and its square when it is done.
private final class Number {
  let value: Int
  var square: Int?

  init(_ value: Int) { self.value = value }
}

/// A piece that signals a semaphore when it is deinitialised.
private final class WatchedPiece {
  private let released: DispatchSemaphore

  init(_ released: DispatchSemaphore) { self.released = released }

  deinit { released.signal() }
}

@Suite struct OrderedWorkersTests {
  @Test(arguments: [1, 2, 3, 8], [0, 1, 5, 1000])
  func resultsKeepTheOrderOfSubmission(threads: Int, count: Int) {
    let workers = OrderedWorkers<Number>(count: threads) { piece, _ in
      // Every seventh piece takes longer, so that later ones overtake it.
      var sum = 0
      for term in 0..<(piece.value % 7 == 0 ? 20_000 : 10) { sum &+= term }
      piece.square = sum == -1 ? nil : piece.value * piece.value
    }
    var submitted = 0
    var results: [Int?] = []
    while true {
      while workers.hasRoom, submitted < count {
        workers.submit(Number(submitted))
        submitted += 1
      }
      guard let piece = workers.next() else { break }
      results.append(piece.square)
    }
    #expect(results == (0..<count).map { $0 * $0 })
  }

  @Test func thePiecesInFlightAreLimitedToTheCapacity() {
    let workers = OrderedWorkers<Number>(count: 2) { piece, _ in piece.square = 0 }
    var count = 0
    while workers.hasRoom {
      workers.submit(Number(count))
      count += 1
    }
    #expect(count == workers.capacity)
    #expect(workers.next() != nil)
    #expect(workers.hasRoom)
  }

  @Test func eachWorkerHandlesOnePieceAtATime() {
    final class Seen: @unchecked Sendable {
      let lock = NSLock()
      var busy: Set<Int> = []
      var fault = false
      var count = 0
    }
    let seen = Seen()
    let workers = OrderedWorkers<Number>(count: 4) { piece, worker in
      seen.lock.withLock {
        if !seen.busy.insert(worker).inserted || !(0..<4).contains(worker) { seen.fault = true }
        seen.count += 1
      }
      piece.square = (0..<1000).reduce(0, &+)
      seen.lock.withLock { _ = seen.busy.remove(worker) }
    }
    var submitted = 0
    for round in 0..<200 {
      while workers.hasRoom {
        workers.submit(Number(round))
        submitted += 1
      }
      _ = workers.next()
    }
    while workers.next() != nil {}
    #expect(!seen.fault)
    #expect(seen.count == submitted && submitted >= 200)
  }

  /// The two threads finish the pieces they have begun, and begin no others.
  @Test func droppingTheWorkersWaitsForNoPieceAndBeginsNone() {
    final class Begun: @unchecked Sendable {
      let lock = NSLock()
      var count = 0
    }
    for _ in 0..<50 {
      let gate = DispatchSemaphore(value: 0)
      let released = DispatchSemaphore(value: 0)
      let begun = Begun()
      var submitted = 0
      do {
        let workers = OrderedWorkers<WatchedPiece>(count: 3) { _, _ in
          begun.lock.withLock { begun.count += 1 }
          gate.wait()
        }
        while workers.hasRoom {
          workers.submit(WatchedPiece(released))
          submitted += 1
        }
        #expect(submitted == workers.capacity)
      }
      // The gate is still closed: a deinit that waited for the threads would never return.
      for _ in 0..<submitted { gate.signal() }
      for _ in 0..<submitted { released.wait() }
      #expect(begun.lock.withLock { begun.count } <= 2)
    }
  }
}
