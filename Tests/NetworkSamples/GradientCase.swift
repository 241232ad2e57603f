// A small network, and a batch for it.

import TensorStream

/// A case to test: an architecture, the shape of a batch, and the loss.
package struct GradientCase: Sendable, CustomStringConvertible {
  package var specification: String
  package var input: ImageShape
  package var classCount: Int
  package var batch: Int
  package var smoothing: Double
  /// The teachers' share of the loss, and their temperature. Their distributions are random.
  package var teacher: (weight: Double, temperature: Double)?
  /// The weight of each class in the loss.
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
