// Rows to add up, such as the pixels of a map. They come in groups, which may have gaps between them.

/// Rows [groupCount, rowCount]; strides are in floats.
public struct RowGroups {
  public var start: UnsafePointer<Float>
  public var groupCount: Int
  public var groupStride: Int
  public var rowCount: Int
  public var rowStride: Int

  public init(
    start: UnsafePointer<Float>, groupCount: Int = 1, groupStride: Int = 0, rowCount: Int, rowStride: Int
  ) {
    self.start = start
    self.groupCount = groupCount
    self.groupStride = groupStride
    self.rowCount = rowCount
    self.rowStride = rowStride
  }
}
