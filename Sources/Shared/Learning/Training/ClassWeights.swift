// Weights for the losses of images by their classes, so that rare classes are learned as well as frequent ones, or with
// weights from a file.
//
// The weight of its class multiplies the whole loss of an image, including the parts from a spread target (label
// smoothing) and from teachers. The loss of a batch is Σ w l / Σ w, which is PyTorch's CrossEntropyLoss(weight=w) if
// targets are not spread. If they are, PyTorch multiplies the spread part by each class's own weight instead of the
// image's, so that rare classes get a larger share of each target.

import Compute

/// A weight for each class.
public struct ClassWeights: Equatable, Sendable {
  /// The range of weights. If they were further apart, the smaller ones would vanish in a sum of floats.
  public static let range: ClosedRange<Float> = 1e-6...1e6

  /// `balanced`, or the file that the weights come from.
  public let source: String
  /// [classes], each in ``range``; `nil` for a class without images, whose weight nothing determines.
  public let values: [Float?]

  public init(source: String, values: [Float?]) {
    precondition(values.allSatisfy { $0.map(Self.range.contains) ?? true }, "weights of \(values)")
    self.source = source
    self.values = values
  }

  /// Weights of N / (C · n): N is the number of images, n the number of images of the class, and C the number of classes
  /// that have images. All classes then count the same, and the mean weight of the images is 1. These are the weights
  /// of scikit-learn's `compute_class_weight("balanced")`, after King & Zeng 2001, "Logistic Regression in Rare Events
  /// Data".
  ///
  /// - Complexity: O(N).
  public init(balancing labels: [UInt8], classCount: Int) {
    let counts = labels.counts(classCount: classCount)
    let share = Double(labels.count) / Double(counts.count { $0 > 0 })
    self.init(
      source: Self.balanced, values: counts.map { $0 == 0 ? nil : Float(share / Double($0)) })
  }

  /// The word for weights that balance the numbers of images.
  public static let balanced = "balanced"

  /// The weight of an image of a class. A held-out image may be of a class without training images; it counts as the
  /// mean image does.
  public subscript(label: UInt8) -> Float { values[Int(label)] ?? 1 }

  /// The weights as a model's settings keep them: `balanced (0.5, 2.0, none)`.
  public var text: String {
    "\(source) (\(values.map { $0.map { "\($0)" } ?? "none" }.joined(separator: ", ")))"
  }

  /// Returns the weight of each image of a batch. A mixture has the mean of its labels' weights, weighted by their
  /// shares.
  ///
  /// - Complexity: O(n) for n labels.
  func weights(of labels: UnsafeBufferPointer<UInt8>, _ mixture: LabelMixture?) -> [Float] {
    guard let mixture else { return labels.map { self[$0] } }
    return labels.indices.map { position in
      let share = mixture.shares[position]
      return share * self[labels[position]] + (1 - share) * self[mixture.otherLabels[position]]
    }
  }
}

extension [UInt8] {
  /// Returns the number of labels of each class, [classes].
  ///
  /// - Complexity: O(n) for n labels.
  func counts(classCount: Int) -> [Int] {
    reduce(into: [Int](repeating: 0, count: classCount)) { $0[Int($1)] += 1 }
  }
}

extension TrainingSettings {
  /// Returns the weights of held-out images in the loss, [classes], or `nil` if each image counts 1. The held-out loss
  /// then estimates what training minimises: images count with the weights of their classes, and under balanced
  /// sampling all classes count the same.
  ///
  /// - Complexity: O(n + c) for n labels and c classes.
  func judgingWeights(of labels: [UInt8], classCount: Int) -> [Float]? {
    guard classWeights != nil || sampling == .balanced else { return nil }
    let shown = sampling == .balanced ? ClassWeights(balancing: labels, classCount: classCount) : nil
    return (0..<classCount).map { label in
      (classWeights?[UInt8(label)] ?? 1) * (shown?[UInt8(label)] ?? 1)
    }
  }
}
