// One thread makes batches while another uses those made before.
//
// Batches go round: from the spare ones to the producer's hands, into the line of those that wait, to the consumer, who
// gives its last one back for the next. There are only those that were put in at the beginning, so memory is bounded,
// nothing is allocated on the way, and a producer that is far ahead waits for the consumer.
//
// A batch that waits in the line is not done with: as long as it can take more, the producer adds to it. So the
// consumer gets what there is at once when it asks, and large batches when it asks seldom.

/// The batches of a producer, made ahead of their use by a thread of its own, or one by one by the thread that asks.
public final class ReadAhead<Producer: BatchProducer> {
  private let producer: Producer
  /// `nil` where the thread that asks makes them.
  private let line: BatchLine<Producer>?

  /// Takes over a producer: until `next` has returned `false` or thrown, it and what it refers to belong to the new
  /// thread, and nobody else touches them.
  ///
  /// `spare` are the batches to fill, besides the consumer's own: as many as it may be ahead. Where there are none, or
  /// there is no thread to be had, the producer works when it is asked.
  public init(_ producer: Producer, spare: [Producer.Batch]) {
    self.producer = producer
    let line = spare.isEmpty ? nil : BatchLine(producer, spare: spare)
    self.line = line.flatMap { line in startThread { line.run() } ? line : nil }
  }

  deinit { line?.abandon() }

  /// Replaces `batch` by the next one, waiting for it if it must, and returns `false` at the end. What the producer
  /// throws is thrown after all that it made before was given out.
  public func next(_ batch: inout Producer.Batch) throws -> Bool {
    if let line { return try line.next(&batch) }
    guard try producer.wait() else { return false }
    _ = try producer.fill(&batch, adding: false)
    return true
  }

  /// Whether `next` would return at once.
  public var isReady: Bool { line?.isReady ?? producer.isReady }
}

/// What the two threads share. It outlives the `ReadAhead` until its thread has ended.
///
/// `monitor` guards all variables. Neither thread holds it while it makes or uses a batch, or waits for input. The
/// producer, and with it all that it refers to, is the thread's until the outcome is known; the monitor orders what the
/// thread did before what the consumer does then.
private final class BatchLine<Producer: BatchProducer>: @unchecked Sendable {
  typealias Batch = Producer.Batch
  private let producer: Producer
  private let monitor = Monitor()
  /// Filled, the oldest first.
  private var waiting: [Batch] = []
  /// Whether the last that waits can take more.
  private var lastHasRoom = false
  /// To be filled.
  private var spare: [Batch]
  /// How the production ended, `nil` as long as it goes on.
  private var outcome: Result<Void, any Error>?
  private var isAbandoned = false

  init(_ producer: Producer, spare: [Batch]) {
    self.producer = producer
    self.spare = spare
    waiting.reserveCapacity(spare.count + 1)
    self.spare.reserveCapacity(spare.count + 1)
  }

  // MARK: The producer's thread

  func run() {
    let outcome: Result<Void, any Error>
    do {
      while try producer.wait() {
        guard try fillOne() else { return }
      }
      outcome = .success(())
    } catch {
      outcome = .failure(error)
    }
    monitor.locked {
      self.outcome = outcome
      monitor.signal()
    }
  }

  /// Makes a batch, or more of the last; `false` if nobody wants it.
  private func fillOne() throws -> Bool {
    guard case (var batch, let isBegun)? = takeOne() else { return false }
    do {
      let hasRoom = try producer.fill(&batch, adding: isBegun)
      putBack(batch, hasRoom: hasRoom)
    } catch {
      if isBegun { putBack(batch, hasRoom: false) }
      throw error
    }
    return true
  }

  /// The batch to fill next: the last in the line if it can take more, so that the order is kept, else a spare one.
  private func takeOne() -> (batch: Batch, isBegun: Bool)? {
    monitor.locked {
      while !isAbandoned {
        if lastHasRoom, let last = waiting.popLast() { return (last, true) }
        if let batch = spare.popLast() { return (batch, false) }
        // The consumer does not wait now: where none is spare and none in the producer's hands, one is in the line.
        monitor.wait()
      }
      return nil
    }
  }

  private func putBack(_ batch: Batch, hasRoom: Bool) {
    monitor.locked {
      waiting.append(batch)
      lastHasRoom = hasRoom
      monitor.signal()
    }
  }

  // MARK: The consumer's thread

  func next(_ batch: inout Batch) throws -> Bool {
    let outcome = monitor.locked { () -> Result<Void, any Error>? in
      while waiting.isEmpty, self.outcome == nil { monitor.wait() }
      guard !waiting.isEmpty else { return self.outcome }
      spare.append(batch)
      batch = waiting.removeFirst()
      monitor.signal()
      return nil
    }
    try outcome?.get()
    return outcome == nil
  }

  var isReady: Bool { monitor.locked { !waiting.isEmpty || outcome != nil } }

  /// Tells the thread to end when it can: nobody asks for batches any more.
  func abandon() {
    monitor.locked {
      isAbandoned = true
      monitor.signal()
    }
  }
}
