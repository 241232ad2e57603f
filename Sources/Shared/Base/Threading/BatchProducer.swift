/// Something that makes batches, one after the other, in memory that is lent to it.
///
/// It is used by one thread at a time.
public protocol BatchProducer<Batch>: AnyObject, SendableMetatype {
  associatedtype Batch

  /// Waits until there is something for a batch, and returns `false` at the end. Holds no batch, so that whatever was
  /// made before can be used meanwhile.
  func wait() throws -> Bool

  /// Puts what is there into a batch, without waiting for more, and returns whether that batch can take more later.
  /// Called when `wait` has returned `true`.
  ///
  /// With `adding`, the batch is one that this producer filled and could take more: it keeps what it has. Else it is one
  /// that was used up: what it has is replaced. A fill that throws leaves a batch that it was to add to as it was.
  func fill(_ batch: inout Batch, adding: Bool) throws -> Bool

  /// Whether `wait` would return at once.
  var isReady: Bool { get }
}
