// Checks the calibration error of probabilities in memory against the formula of Guo et al.,
// "On Calibration of Modern Neural Networks" (2017).
import Evaluation
import RandomNumbers
import Testing

@Test func calibrationErrorInMemoryMatchesTheFormula() throws {
  var random = SplitMix64(seed: 5)
  var (probabilities, truths): ([Float], [UInt8]) = ([], [])
  for _ in 0..<500 {
    let weights = (0..<3).map { _ in Float(random.next() % 1000 + 1) }
    probabilities += weights.map { $0 / weights.reduce(0, +) }
    truths.append(UInt8(random.next() % 3))
  }
  var bins = [(count: Int, right: Int, sum: Double)](repeating: (0, 0, 0), count: 15)
  for (record, truth) in truths.enumerated() {
    let row = Array(probabilities[3 * record..<3 * record + 3])
    let highest = row.max()!
    let bin = bins.indices.first { Double(highest) <= Double($0 + 1) / 15 }!
    bins[bin].count += 1
    bins[bin].sum += Double(highest)
    if row.firstIndex(of: highest) == Int(truth) { bins[bin].right += 1 }
  }
  let expected = bins.reduce(0) { $0 + abs($1.sum - Double($1.right)) } / 500
  let error = try #require(calibrationError(ofProbabilities: probabilities, truths: truths))
  #expect(abs(error - expected) <= 1e-12)
  #expect(calibrationError(ofProbabilities: [], truths: []) == nil)
}
