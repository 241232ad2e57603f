// A small network and the batch that it sees.

import TensorStream

/// What is tested: an architecture, and the batch it sees.
package struct GradientCase: Sendable, CustomStringConvertible {
  package var specification: String
  package var input: ImageShape
  package var classCount: Int
  package var batch: Int
  package var smoothing: Double
  /// Teachers' share and temperature; their distributions are random.
  package var teacher: (weight: Double, temperature: Double)?
  /// What images' losses count by their classes.
  package var classWeights: [Float]?

  package init(
    specification: String, input: ImageShape = ImageShape(height: 6, width: 7, channels: 1),
    classCount: Int = 3,
    batch: Int = 3, smoothing: Double = 0, teacher: (weight: Double, temperature: Double)? = nil,
    classWeights: [Float]? = nil
  ) {
    self.specification = specification
    self.input = input
    self.classCount = classCount
    self.batch = batch
    self.smoothing = smoothing
    self.teacher = teacher
    self.classWeights = classWeights
  }

  package var description: String {
    "\(specification) on \(batch) × \(input.text), \(classCount) classes"
      + (smoothing > 0 ? ", smoothing \(smoothing)" : "")
      + (teacher.map { ", teachers' \($0.weight) at \($0.temperature)" } ?? "")
      + (classWeights.map { ", weights \($0)" } ?? "")
  }
}
