// Whether two classifiers that judged the same records differ by more than chance.
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
