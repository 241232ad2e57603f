// Figures of probabilities in memory, without a file of predictions.

/// The expected calibration error of probabilities, [count, classes], as fm-eval finds it in predictions: the first of the
/// likeliest classes is the predicted one. `nil` for no records.
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
