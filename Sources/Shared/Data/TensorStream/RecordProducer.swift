import Threading

/// Supplies a `ReadAhead` with a stream's records in batches. A batch has the records that are available without
/// waiting, up to a limit.
public final class RecordProducer: BatchProducer {
  private let reader: TensorStreamReader
  private let limit: Int

  /// Creates a producer of batches of up to `limit` records.
  public init(_ reader: TensorStreamReader, limit: Int) {
    self.reader = reader
    self.limit = limit
  }

  public func wait() throws -> Bool { try reader.waitForRecord() }

  public func fill(_ batch: inout RecordBatch, adding: Bool) throws -> Bool {
    if !adding { batch.removeAll() }
    try reader.append(to: &batch, limit: limit)
    return batch.count < limit
  }

  public var isReady: Bool { reader.holdsRecord }
}
