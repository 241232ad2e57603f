// The correction of probabilities for several tests.

/// Returns the probabilities, corrected for the number of tests. If nothing differs, the chance of even one such result
/// among all tests is at most its corrected probability, however the tests depend on each other. The k-th smallest of m
/// probabilities is multiplied by m − k + 1, raised to the corrected value of the one before it if that is larger, and
/// limited to 1.
///
/// S. Holm, "A simple sequentially rejective multiple test procedure", Scandinavian Journal of Statistics 6, 1979.
///
/// - Complexity: O(m log m)
func holmCorrected(_ probabilities: [Double]) -> [Double] {
  var corrected = probabilities
  var least = 0.0
  for (rank, index) in probabilities.indices.sorted(by: { probabilities[$0] < probabilities[$1] })
    .enumerated()
  {
    least = min(1, max(least, Double(probabilities.count - rank) * probabilities[index]))
    corrected[index] = least
  }
  return corrected
}
