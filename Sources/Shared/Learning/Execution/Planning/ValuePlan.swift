// What the steps before and after a value know of it.

import Compute
import Networks

/// What one step puts out and others read. An object, since every step of every image asks for several: none is copied.
final class ValuePlan: Sendable {
  let id: ValueID
  let name: String
  let layout: FeatureLayout
  /// Its floats, `layout.imageStride` from image to image.
  let array: ArrayID
  /// The gradient of the loss with respect to it, laid out alike; `nil` where nothing before it learns.
  let gradient: ArrayID?
  /// What was done to it in place at last, and is undone for its gradient.
  let rectifies: Bool
  let dropouts: [DropoutPlan]
  /// Whether the backward pass computes it again.
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
  /// How the reader's share gets into the value's gradient; `nil` where no gradient is wanted.
  let share: GradientShare?
}

/// The readers of a value add up its gradient: in the backward pass, the first to come stores its share, the others add
/// theirs, and the last of them undoes what was done to the value in place.
struct GradientShare: Equatable {
  let gradient: ArrayID
  let adds: Bool
  let finishes: Bool
}

/// A layer's place in the flat arrays. Learned values lie in that of the parameters (and of gradients and moments, which
/// lie alike), others in that of the constants.
struct ParameterSlices: Equatable {
  /// The layer's name: `conv1`, `fc2`, `out`.
  let name: String
  let weights: Range<Int>
  /// Whether the weights are among the parameters; a scale that is fixed is among the constants.
  let learnsWeights: Bool
  let bias: Range<Int>
  /// Whether the bias is among the parameters; a layer without one has zeros among the constants.
  let learnsBias: Bool
}
