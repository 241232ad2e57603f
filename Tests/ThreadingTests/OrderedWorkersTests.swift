import Foundation
import Testing
import Threading

/// A number on its way, and what became of it.
private final class Number {
  let value: Int
  var square: Int?

  init(_ value: Int) { self.value = value }
}

@Suite struct OrderedWorkersTests {
  @Test(arguments: [1, 2, 3, 8], [0, 1, 5, 1000])
  func resultsComeInTheOrderOfTheirPieces(threads: Int, count: Int) {
    let workers = OrderedWorkers<Number>(count: threads) { piece, _ in
      // The earlier ones take longer, so that later ones overtake them.
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

  @Test func noMorePiecesAreOnTheirWayThanThereIsRoomFor() {
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

  @Test func aWorkerIsInOnePieceAtATime() {
    final class Seen: @unchecked Sendable {
      let lock = NSLock()
      var busy: Set<Int> = []
      var fault = false
    }
    let seen = Seen()
    let workers = OrderedWorkers<Number>(count: 4) { piece, worker in
      seen.lock.withLock {
        if !seen.busy.insert(worker).inserted || !(0..<4).contains(worker) { seen.fault = true }
      }
      piece.square = (0..<1000).reduce(0, &+)
      seen.lock.withLock { _ = seen.busy.remove(worker) }
    }
    for round in 0..<200 {
      while workers.hasRoom { workers.submit(Number(round)) }
      _ = workers.next()
    }
    while workers.next() != nil {}
    #expect(!seen.fault)
  }

  @Test func whoLeavesEarlyWaitsForNobody() {
    for _ in 0..<50 {
      let workers = OrderedWorkers<Number>(count: 3) { piece, _ in piece.square = 1 }
      while workers.hasRoom { workers.submit(Number(1)) }
    }
  }
}
