// What an image's loss counts by its class, so that rare classes are learned as well as frequent ones, or as a file says.
//
// An image's whole loss is multiplied by the weight of its class: the part of a spread target (label smoothing) and that of
// teachers, too. The loss of a batch is Σ w l / Σ w, which is PyTorch's CrossEntropyLoss(weight=w) where targets are not
// spread. PyTorch's spread part has each class's own weight in the place of the image's, so that rare classes get a larger
// share of each target.

import Compute

/// A weight for each class.
public struct ClassWeights: Equatable, Sendable {
  /// Weights further from each other would leave nothing of the smaller ones in a sum of floats.
  public static let range: ClosedRange<Float> = 1e-6...1e6

  /// `balanced`, or the file that they are from.
  public let source: String
  /// [classes], each in ``range``; `nil`: of a class without images, nothing tells the weight.
  public let values: [Float?]

  public init(source: String, values: [Float?]) {
    precondition(values.allSatisfy { $0.map(Self.range.contains) ?? true }, "weights of \(values)")
    self.source = source
    self.values = values
  }

  /// N / (C · n) for N images; n of them have the class, and C classes have any. All classes then count the same, and the mean
  /// weight of the images is 1. These are the weights of scikit-learn's `compute_class_weight("balanced")`, after King & Zeng
  /// 2001, "Logistic Regression in Rare Events Data".
  public init(balancing labels: [UInt8], classCount: Int) {
    let counts = labels.counts(classCount: classCount)
    let share = Double(labels.count) / Double(counts.count { $0 > 0 })
    self.init(
      source: Self.balanced, values: counts.map { $0 == 0 ? nil : Float(share / Double($0)) })
  }

  /// The word for weights by the number of images.
  public static let balanced = "balanced"

  /// The weight of an image of a class. Held-out images may be of a class that no image was learned of: they count as the
  /// mean image does.
  public subscript(label: UInt8) -> Float { values[Int(label)] ?? 1 }

  /// The weights as a model's settings keep them: `balanced (0.5, 2.0, none)`.
  public var text: String {
    "\(source) (\(values.map { $0.map { "\($0)" } ?? "none" }.joined(separator: ", ")))"
  }

  /// The weight of each image of a batch; that of a mixture is the mean of its labels' weights by their shares.
  func weights(of labels: UnsafeBufferPointer<UInt8>, _ mixture: LabelMixture?) -> [Float] {
    guard let mixture else { return labels.map { self[$0] } }
    return labels.indices.map { position in
      let share = mixture.shares[position]
      return share * self[labels[position]] + (1 - share) * self[mixture.otherLabels[position]]
    }
  }
}

extension [UInt8] {
  /// How many of these labels each class has.
  func counts(classCount: Int) -> [Int] {
    reduce(into: [Int](repeating: 0, count: classCount)) { $0[Int($1)] += 1 }
  }
}

extension TrainingSettings {
  /// [classes]: what held-out images count in the loss, so that it is the mean of what is learned: with the weights of their
  /// classes, and if each class is shown as often as the others, with all classes alike. `nil`: each image counts 1.
  func judgingWeights(of labels: [UInt8], classCount: Int) -> [Float]? {
    guard classWeights != nil || sampling == .balanced else { return nil }
    let shown = sampling == .balanced ? ClassWeights(balancing: labels, classCount: classCount) : nil
    return (0..<classCount).map { label in
      (classWeights?[UInt8(label)] ?? 1) * (shown?[UInt8(label)] ?? 1)
    }
  }
}
