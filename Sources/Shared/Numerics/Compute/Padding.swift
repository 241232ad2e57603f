// The memory that rows take.

import KernelInterface

/// Returns `count` rounded up to whole lanes.
public func paddedToLane(_ count: Int) -> Int {
  (count + Lane.width - 1) / Lane.width * Lane.width
}

/// Returns the floats from one row to the next in a matrix with `columns` (padded) columns.
///
/// If the length of rows is a multiple of 512 bytes, they start in few of a cache's sets, and evict each other when a
/// product walks down a column. An extra lane spreads them.
public func rowStride(columns: Int) -> Int {
  columns % 128 == 0 ? columns + Lane.width : columns
}
