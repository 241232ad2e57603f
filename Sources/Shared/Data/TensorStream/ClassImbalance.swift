// Measures how unequal the sizes of classes are.

/// Returns the size of the largest class divided by that of the smallest class with records; `nil` if no class has any.
/// `counts` are the numbers of records of the classes.
public func classImbalance(_ counts: [Int]) -> Double? {
  guard let largest = counts.max(), let smallest = counts.lazy.filter({ $0 > 0 }).min() else { return nil }
  return Double(largest) / Double(smallest)
}
