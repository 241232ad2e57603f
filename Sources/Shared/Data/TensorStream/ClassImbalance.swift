// How unequal classes are in number.

/// How many times as many records the largest class has as the smallest of those that have any; `nil` if none has. `counts`
/// are the records of each class.
public func classImbalance(_ counts: [Int]) -> Double? {
  guard let largest = counts.max(), let smallest = counts.lazy.filter({ $0 > 0 }).min() else { return nil }
  return Double(largest) / Double(smallest)
}
