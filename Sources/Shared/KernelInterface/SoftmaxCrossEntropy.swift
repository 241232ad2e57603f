/// Softmax, cross-entropy and its gradient for some rows of logits [rowCount, rowStride], of which the first
/// `classCount` columns count.
public struct SoftmaxCrossEntropy {
  public var rowCount: Int
  public var rowStride: Int
  public var classCount: Int
  public var logits: UnsafePointer<Float>
  /// [rowCount, rowStride]; may be `logits` itself. Columns from `classCount` on become 0.
  public var probabilities: UnsafeMutablePointer<Float>

  /// The true classes and what is wanted of them; without them only probabilities are computed.
  public struct Target {
    /// [rowCount], each below the class count.
    public var labels: UnsafePointer<UInt8>
    /// The share of the target that is spread over all classes (label smoothing, Szegedy et al. 2016).
    public var smoothing: Float
    /// [rowCount]: cross-entropy in nats.
    public var losses: UnsafeMutablePointer<Double>
    /// [rowCount]: whether the largest logit, the first of equals, is the label's.
    public var isCorrect: UnsafeMutablePointer<Bool>
    /// Where given, `probabilities` is overwritten by the gradient, (probability − target) times this.
    public var gradientScale: Float?

    public init(
      labels: UnsafePointer<UInt8>, smoothing: Float, losses: UnsafeMutablePointer<Double>,
      isCorrect: UnsafeMutablePointer<Bool>, gradientScale: Float?
    ) {
      self.labels = labels
      self.smoothing = smoothing
      self.losses = losses
      self.isCorrect = isCorrect
      self.gradientScale = gradientScale
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
