// Several threads work on pieces in parallel, and the results come back in the order of submission.

/// Threads that work on at most `capacity` pieces at a time. The thread that asks for results is one of them.
///
/// The result of `work` depends on its piece alone, so the number of threads does not affect the results.
public final class OrderedWorkers<Piece: AnyObject> {
  private let line: PieceLine<Piece>
  /// The most pieces in flight at a time: enough that no thread idles while one piece takes longer than the others.
  public let capacity: Int

  /// Starts `count` − 1 threads. Only one thread at a time calls `work` with the same `worker`, a number from 0 to
  /// `count` − 1 that selects scratch memory and must not affect the result. If not all threads can be created, the
  /// work is slower and the results are the same.
  ///
  /// - Complexity: O(`count`): one thread for each worker but the first.
  public init(count: Int, work: @escaping @Sendable (_ piece: Piece, _ worker: Int) -> Void) {
    precondition(count >= 1, "work for \(count) threads")
    capacity = count == 1 ? 1 : 4 * count
    line = PieceLine(work)
    for worker in 1..<max(count, 1) {
      _ = startThread { [line] in line.threadMain(worker) }
    }
  }

  deinit { line.stop() }

  /// Whether another piece can be submitted.
  public var hasRoom: Bool { line.count < capacity }

  /// Submits a piece, which belongs to the workers until `next` returns it. There must be room for it.
  public func submit(_ piece: Piece) {
    precondition(hasRoom, "more than \(capacity) pieces")
    line.append(piece)
  }

  /// Waits for the oldest piece and returns it; `nil` if none is in flight. In the meantime this thread works on pieces
  /// that no worker has claimed.
  ///
  /// - Complexity: O(``capacity``), besides the work on pieces.
  public func next() -> Piece? { line.next() }
}

/// The state that the threads share. It outlives the `OrderedWorkers` until the last thread has ended.
///
/// `monitor` guards all variables. A claimed piece belongs to its thread alone, and its place in the line is empty
/// until the piece is done.
private final class PieceLine<Piece: AnyObject>: @unchecked Sendable {
  private enum Place {
    case waiting(Piece)
    case inWork
    case done(Piece)
  }
  private let work: @Sendable (Piece, Int) -> Void
  private let monitor = Monitor()
  /// The pieces in flight, oldest first.
  private var places: [Place] = []
  /// The number of the oldest piece in flight. Pieces are numbered from 0 in the order of submission.
  private var oldest = 0
  /// The number of the first piece that no thread has claimed.
  private var nextWaiting = 0
  private var isStopping = false

  init(_ work: @escaping @Sendable (Piece, Int) -> Void) { self.work = work }

  /// The number of pieces in flight. Only the thread that submits changes it, and only that thread asks.
  var count: Int { monitor.locked { places.count } }

  func append(_ piece: Piece) {
    monitor.locked {
      places.append(.waiting(piece))
      monitor.broadcast()
    }
  }

  func next() -> Piece? {
    while true {
      let (result, claimed) = monitor.locked { () -> (Piece?, (number: Int, piece: Piece)?) in
        while true {
          switch places.first {
          case nil: return (nil, nil)
          case .done(let piece)?:
            places.removeFirst()
            oldest += 1
            return (piece, nil)
          default: break
          }
          if let claimed = claim() { return (nil, claimed) }
          monitor.wait()
        }
      }
      guard let claimed else { return result }
      finish(claimed, as: 0)
    }
  }

  func threadMain(_ worker: Int) {
    while true {
      let claimed = monitor.locked { () -> (number: Int, piece: Piece)? in
        while !isStopping {
          if let claimed = claim() { return claimed }
          monitor.wait()
        }
        return nil
      }
      guard let claimed else { return }
      finish(claimed, as: worker)
    }
  }

  func stop() {
    monitor.locked {
      isStopping = true
      monitor.broadcast()
    }
  }

  /// Within the lock: takes the first unclaimed piece out of its place.
  private func claim() -> (number: Int, piece: Piece)? {
    let index = nextWaiting - oldest
    guard index < places.count, case .waiting(let piece) = places[index] else { return nil }
    places[index] = .inWork
    nextWaiting += 1
    return (nextWaiting - 1, piece)
  }

  private func finish(_ claimed: (number: Int, piece: Piece), as worker: Int) {
    work(claimed.piece, worker)
    monitor.locked {
      places[claimed.number - oldest] = .done(claimed.piece)
      monitor.broadcast()
    }
  }
}
