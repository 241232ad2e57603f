// Whether classifiers that judged the same records differ by more than chance.
#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// Returns the two-sided probability of a difference at least this large if both classifiers were equally good.
///
/// Only records that one classifier has right and the other wrong distinguish the two. Half of these `fixed` + `broken`
/// records are expected to be of either kind. The test is exact for any number of records: it uses the binomial
/// distribution itself, so the value does not jump at a threshold to an approximation.
///
/// Q. McNemar, "Note on the sampling error of the difference between correlated proportions or percentages",
/// Psychometrika 12, 1947; the exact form is Liddell's (The Statistician 25, 1976).
///
/// - Complexity: O(`fixed` + `broken`)
func mcNemarProbability(fixed: Int, broken: Int) -> Double {
  let (fewer, count) = (min(fixed, broken), fixed + broken)
  // The logarithm of the binomial coefficient divided by 2^count, factor by factor.
  var logarithm = CompensatedSum()
  logarithm.add(-Double(count) * log(2.0))
  for factor in 0..<fewer { logarithm.add(log(Double(count - factor) / Double(factor + 1))) }
  // From `fewer` downwards, each term follows from the one before. Terms soon become negligible.
  var term = 1.0
  var sum = 0.0
  for successes in stride(from: fewer, through: 0, by: -1) {
    sum += term
    if term < sum * 1e-18 { break }
    term *= Double(successes) / Double(count - successes + 1)
  }
  return min(1, 2 * sum * exp(logarithm.value))
}

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
