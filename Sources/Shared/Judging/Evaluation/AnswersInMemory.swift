// Figures computed from probabilities in memory, without a file of predictions.

/// Returns the expected calibration error of `probabilities`, [count, classes], row-major, as fm-eval computes it from
/// predictions. The predicted class is the first of the likeliest ones. Returns `nil` if there are no records.
///
/// - Complexity: O(count · classes)
public func calibrationError(ofProbabilities probabilities: [Float], truths: [UInt8]) -> Double? {
  guard !truths.isEmpty else { return nil }
  let classCount = probabilities.count / truths.count
  precondition(classCount * truths.count == probabilities.count, "\(probabilities.count) probabilities")
  var error = CalibrationError()
  for (record, truth) in truths.enumerated() {
    let row = probabilities[record * classCount..<(record + 1) * classCount]
    let highest = row.reduce(-Float.infinity, max)
    let predicted = row.firstIndex(of: highest).map { $0 - row.startIndex }
    error.add(highest, isCorrect: predicted == Int(truth))
  }
  return error.value
}
