// One thread makes batches while another uses the earlier ones.
//
// Batches circulate: the producer takes a spare one, fills it and puts it into the line of waiting batches. The
// consumer takes the first in the line and returns its last one as a spare. No batch is ever added, so memory is
// bounded, nothing is allocated on the way, and a producer that is far ahead waits for the consumer.
//
// The producer keeps adding to the last batch in the line as long as that batch can take more. So a consumer that asks
// often gets the available input immediately, and one that asks seldom gets large batches.

/// Makes batches, one after another, in memory that the caller lends.
///
/// Only one thread at a time uses a producer.
public protocol BatchProducer<Batch>: AnyObject, SendableMetatype {
  associatedtype Batch

  /// Waits until input for a batch is available, and returns `false` at the end. It holds no batch, so the batches made
  /// before can be used in the meantime.
  func wait() throws -> Bool

  /// Puts the available input into a batch without waiting for more, and returns whether that batch can take more
  /// later. Call it after `wait` has returned `true`.
  ///
  /// With `adding`, the batch is one that this producer filled before and that can take more: it keeps its contents.
  /// Otherwise the batch was used up, and its contents are replaced. A fill with `adding` that throws changes nothing.
  func fill(_ batch: inout Batch, adding: Bool) throws -> Bool

  /// Whether `wait` would return immediately.
  var isReady: Bool { get }
}

/// Makes the batches of a producer ahead of their use, on a background thread, or on demand if there is no such thread.
public final class ReadAhead<Producer: BatchProducer> {
  private let producer: Producer
  /// The state shared with the background thread; `nil` if `next` makes the batches itself.
  private let line: BatchLine<Producer>?

  /// Takes over a producer: until `next` has returned `false` or thrown, the producer and everything it refers to
  /// belong to the new thread, and nobody else touches them.
  ///
  /// `spare` are the batches to fill, besides the consumer's own. Their number is how many batches the producer can be
  /// ahead. If `spare` is empty or no thread can be created, the producer works on demand.
  public init(_ producer: Producer, spare: [Producer.Batch]) {
    self.producer = producer
    let line = spare.isEmpty ? nil : BatchLine(producer, spare: spare)
    self.line = line.flatMap { line in startThread { line.run() } ? line : nil }
  }

  deinit { line?.abandon() }

  /// Replaces `batch` with the next one, waiting for it if necessary, and returns `false` at the end. An error of the
  /// producer is thrown after all earlier batches were returned.
  public func next(_ batch: inout Producer.Batch) throws -> Bool {
    if let line { return try line.next(&batch) }
    guard try producer.wait() else { return false }
    _ = try producer.fill(&batch, adding: false)
    return true
  }

  /// Whether `next` would return immediately.
  public var isReady: Bool { line?.isReady ?? producer.isReady }
}

/// The state that the two threads share. It outlives the `ReadAhead` until the background thread has ended.
///
/// `monitor` guards all variables. Neither thread holds it while it makes or uses a batch, or waits for input. The
/// producer and everything it refers to belong to the background thread until `outcome` is set. The monitor makes sure
/// that the consumer then sees everything the thread did.
private final class BatchLine<Producer: BatchProducer>: @unchecked Sendable {
  typealias Batch = Producer.Batch
  private let producer: Producer
  private let monitor = Monitor()
  /// The filled batches, oldest first.
  private var waiting: [Batch] = []
  /// Whether the last waiting batch can take more.
  private var lastHasRoom = false
  /// The batches to fill.
  private var spare: [Batch]
  /// How production ended; `nil` while it continues.
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

  /// Fills a batch, or adds to the last one; returns `false` if the consumer has abandoned the line.
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

  /// Waits for a batch to fill and returns it: the last in the line if it can take more, which keeps the order;
  /// otherwise a spare one. `nil` if the consumer has abandoned the line.
  private func takeOne() -> (batch: Batch, isBegun: Bool)? {
    monitor.locked {
      while !isAbandoned {
        if lastHasRoom, let last = waiting.popLast() { return (last, true) }
        if let batch = spare.popLast() { return (batch, false) }
        // No deadlock: with no spare batch and none here, one is in the line, so the consumer is not waiting.
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

  /// Asks the thread to end when it can: nobody will ask for batches any more.
  func abandon() {
    monitor.locked {
      isAbandoned = true
      monitor.signal()
    }
  }
}
