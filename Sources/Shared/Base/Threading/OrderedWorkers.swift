// Work that several threads do, piece by piece, and that comes back in the order in which it was handed in.

/// Threads that work on pieces, of which only so many are on their way; the thread that asks for results is one of them.
///
/// What `work` makes of a piece depends on that piece alone, so the number of threads changes nothing in the result.
public final class OrderedWorkers<Piece: AnyObject> {
  private let line: PieceLine<Piece>
  /// How many pieces may be on their way at once: enough that no thread waits while one piece takes longer than others.
  public let capacity: Int

  /// Starts `count` − 1 threads. `work` is called by one thread at a time with the same `worker`, 0 to `count` − 1, which
  /// is for scratch memory only. Where there is no thread to be had, fewer threads change the speed, not the result.
  public init(count: Int, work: @escaping @Sendable (_ piece: Piece, _ worker: Int) -> Void) {
    precondition(count >= 1, "work for \(count) threads")
    capacity = count == 1 ? 1 : 4 * count
    line = PieceLine(work)
    for worker in 1..<max(count, 1) {
      _ = startThread { [line] in line.threadMain(worker) }
    }
  }

  deinit { line.stop() }

  /// Whether a piece may be handed in.
  public var hasRoom: Bool { line.count < capacity }

  /// Hands in a piece, which is the threads' until it comes back. There must be room for it.
  public func submit(_ piece: Piece) {
    precondition(hasRoom, "more than \(capacity) pieces")
    line.append(piece)
  }

  /// The result of the oldest piece, which is waited for; `nil` where none is on its way. While others are to be worked on,
  /// this thread does so.
  public func next() -> Piece? { line.next() }
}

/// What the threads share; it outlives the `OrderedWorkers` until the last of them has ended.
///
/// `monitor` guards all variables. A piece that is being worked on belongs to its thread alone; its place in the line is
/// empty meanwhile.
private final class PieceLine<Piece: AnyObject>: @unchecked Sendable {
  private enum Place {
    case waiting(Piece)
    case inWork
    case done(Piece)
  }
  private let work: @Sendable (Piece, Int) -> Void
  private let monitor = Monitor()
  /// The oldest first.
  private var places: [Place] = []
  /// The number of the oldest, counted from the first that there was.
  private var oldest = 0
  /// The number of the first that waits, if one does.
  private var nextWaiting = 0
  private var isStopping = false

  init(_ work: @escaping @Sendable (Piece, Int) -> Void) { self.work = work }

  /// Asked by the thread that hands in, the only one that changes it.
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

  /// Within the lock: takes the first piece that waits out of its place.
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
