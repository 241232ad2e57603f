import ByteIO

/// Reads records from a tensor stream, in constant memory, and accepts the stream only whole.
public final class TensorStreamReader {
  /// What the records hold, known from the first header.
  public let format: RecordFormat
  /// What error messages call the input.
  public let name: String
  /// The class names that the stream's end carries; known after `read` has returned 0.
  public private(set) var classes: [String]?
  /// The command lines of the tools that handled the data; known after `read` has returned 0.
  public private(set) var history: [String] = []
  /// The records read so far.
  public private(set) var recordCount = 0

  /// Reads the first header. Throws ``StreamError`` or ``FileError``; empty input is an error.
  public init(_ source: any ByteSource) throws { fatalError("skeleton") }

  /// Replaces the batch's content by the next records, as many as are there without waiting and at most `limit`, and
  /// returns how many: 0 only at the proper end of the stream, with counts and CRCs verified.
  ///
  /// "Without waiting": one read of the source that yields at least a record is enough, so that a filter on a slow
  /// pipe answers record by record.
  public func read(into batch: inout RecordBatch, limit: Int) throws -> Int { fatalError("skeleton") }
}
