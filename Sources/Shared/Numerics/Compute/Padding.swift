// How much memory rows take.

import KernelInterface

/// `count` rounded up to whole lanes.
public func paddedToLane(_ count: Int) -> Int {
  (count + Lane.width - 1) / Lane.width * Lane.width
}

/// Floats from one row of a matrix with `columns` (padded) columns to the next.
///
/// Rows whose length is a multiple of 512 bytes start in few of a cache's sets and push each other out when a product
/// walks down a column; a lane more spreads them.
public func rowStride(columns: Int) -> Int {
  columns % 128 == 0 ? columns + Lane.width : columns
}
