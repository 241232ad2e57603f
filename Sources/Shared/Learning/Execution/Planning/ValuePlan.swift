// Values, as the steps that write and read them see them.

import Compute
import Networks

/// A value that one step writes and others read. It is an object because every step looks up several for every image,
/// and none of them is copied.
final class ValuePlan: Sendable {
  let id: ValueID
  let name: String
  let layout: FeatureLayout
  /// The array of its floats, `layout.imageStride` from image to image.
  let array: ArrayID
  /// The array of the gradient of the loss with respect to it, in the same layout; `nil` if no gradient is needed.
  let gradient: ArrayID?
  /// Whether a ReLU works on it in place, as the dropouts do. The gradient passes back through all of them.
  let rectifies: Bool
  let dropouts: [DropoutPlan]
  /// Whether the backward pass recomputes it.
  let isRecomputed: Bool

  init(
    id: ValueID, name: String, layout: FeatureLayout, array: ArrayID, gradient: ArrayID?, rectifies: Bool,
    dropouts: [DropoutPlan], isRecomputed: Bool
  ) {
    self.id = id
    self.name = name
    self.layout = layout
    self.array = array
    self.gradient = gradient
    self.rectifies = rectifies
    self.dropouts = dropouts
    self.isRecomputed = isRecomputed
  }
}

/// A value as one of its readers sees it.
struct Input: Sendable {
  let value: ValuePlan
  /// The reader's share of the value's gradient; `nil` if no gradient is needed.
  let share: GradientShare?
}

/// A reader's share of a value's gradient. In the backward pass, the first reader stores its share, the others add
/// theirs, and the last one passes the gradient back through the operations that worked on the value in place.
struct GradientShare: Equatable {
  let gradient: ArrayID
  let adds: Bool
  let finishes: Bool
}

/// The places of a layer in the flat arrays. Learned values are in the array of the parameters, whose layout gradients
/// and moments share. All others are in the array of the constants.
struct ParameterSlices: Equatable {
  /// The layer's name: `conv1`, `fc2`, `out`.
  let name: String
  let weights: Range<Int>
  /// Whether the weights are among the parameters. Fixed weights and scales are among the constants.
  let learnsWeights: Bool
  let bias: Range<Int>
  /// Whether the bias is among the parameters. A layer without one has zeros among the constants.
  let learnsBias: Bool
}
