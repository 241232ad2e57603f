import ByteIO

/// Writes records as a tensor stream of one segment. The same records give the same bytes.
public final class TensorStreamWriter {
  public let format: RecordFormat
  /// The records taken so far.
  public private(set) var recordCount = 0

  public init(_ sink: any ByteSink, format: RecordFormat) { fatalError("skeleton") }

  /// Appends the records `rows` of a batch (all of them by default). Chunks are written as they fill.
  public func append(_ batch: RecordBatch, rows: Range<Int>? = nil) throws { fatalError("skeleton") }

  /// Writes the last chunk and the end. Call it once, and only when all the input was read whole and accepted.
  /// The sink is not committed.
  public func finish(classes: [String]?, history: [String]) throws { fatalError("skeleton") }
}
