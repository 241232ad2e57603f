/// Softmax, cross-entropy and its gradient for some rows of logits [rowCount, rowStride], of which the first
/// `classCount` columns count.
public struct SoftmaxCrossEntropy {
  public var rowCount: Int
  public var rowStride: Int
  public var classCount: Int
  public var logits: UnsafePointer<Float>
  /// [rowCount, rowStride]; may be `logits` itself. Columns from `classCount` on become 0.
  public var probabilities: UnsafeMutablePointer<Float>

  /// The true classes and the results to compute from them. Without a target, only probabilities are computed.
  public struct Target {
    /// [rowCount], each below the class count.
    public var labels: UnsafePointer<UInt8>
    /// The share of the target that is spread over all classes (label smoothing, Szegedy et al. 2016).
    public var smoothing: Float
    /// [rowCount]: cross-entropy in nats, times the row's weight.
    public var losses: UnsafeMutablePointer<Double>
    /// [rowCount]: whether the largest logit, the first of equals, is the label's. Of two labels, the one with the
    /// larger share counts.
    public var isCorrect: UnsafeMutablePointer<Bool>
    /// If given, the gradient overwrites `probabilities`: (probability − target) times this and the row's weight.
    public var gradientScale: Float?
    /// [rowCount]: the weight of each row, more than 0; `nil` if each counts 1.
    public var weights: UnsafePointer<Float>?
    /// The other labels of rows that have two; `nil` if each has one.
    public var mixture: Mixture?
    /// Distributions to learn besides the labels; `nil` for the labels alone.
    public var soft: SoftTarget?

    public init(
      labels: UnsafePointer<UInt8>, smoothing: Float, losses: UnsafeMutablePointer<Double>,
      isCorrect: UnsafeMutablePointer<Bool>, gradientScale: Float?, weights: UnsafePointer<Float>? = nil,
      mixture: Mixture? = nil, soft: SoftTarget? = nil
    ) {
      self.labels = labels
      self.smoothing = smoothing
      self.losses = losses
      self.isCorrect = isCorrect
      self.gradientScale = gradientScale
      self.weights = weights
      self.mixture = mixture
      self.soft = soft
    }
  }

  /// A second label for each row: the images are mixtures of two.
  public struct Mixture {
    /// [rowCount], each below the class count.
    public var otherLabels: UnsafePointer<UInt8>
    /// [rowCount]: the share of the first label, 0...1; the other label has the rest.
    public var shares: UnsafePointer<Float>

    public init(otherLabels: UnsafePointer<UInt8>, shares: UnsafePointer<Float>) {
      self.otherLabels = otherLabels
      self.shares = shares
    }
  }

  /// A distribution over the classes for each row, from models that know more (Hinton et al. 2015).
  public struct SoftTarget {
    /// [rowCount, rowStride]: the softmax of logits divided by the temperature; each row sums to 1. Overwritten if a
    /// gradient is wanted.
    public var distributions: UnsafeMutablePointer<Float>
    /// The share of the loss that comes from these distributions; the rest comes from the labels.
    public var weight: Float
    /// The divisor of the logits.
    public var temperature: Float

    public init(distributions: UnsafeMutablePointer<Float>, weight: Float, temperature: Float) {
      self.distributions = distributions
      self.weight = weight
      self.temperature = temperature
    }
  }
  public var target: Target?

  public init(
    rowCount: Int, rowStride: Int, classCount: Int, logits: UnsafePointer<Float>,
    probabilities: UnsafeMutablePointer<Float>, target: Target?
  ) {
    self.rowCount = rowCount
    self.rowStride = rowStride
    self.classCount = classCount
    self.logits = logits
    self.probabilities = probabilities
    self.target = target
  }
}
