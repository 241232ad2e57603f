// Several tests at once: what each is worth.

/// The probabilities, corrected for their number: the chance of even one such result among all of them, if nothing differs, is
/// at most the corrected probability, however the tests depend on each other. The k-th smallest of m is multiplied by
/// m − k + 1, and is at least what a smaller one became, and at most 1.
///
/// S. Holm, "A simple sequentially rejective multiple test procedure", Scandinavian Journal of Statistics 6, 1979.
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
