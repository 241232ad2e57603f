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
