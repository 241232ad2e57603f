// What shapes a training run, besides its data and its architecture.

import Compute
import Execution
import Inference
import KernelInterface
import Networks

/// What shapes a run, besides the data and the architecture.
public struct TrainingSettings: Equatable, Sendable {
  public var epochs: Int
  public var batchSizes: BatchSizes
  public var optimizer: OptimizerSettings
  public var learningRate: Double
  public var schedule: LearningRateSchedule.Shape
  /// Epochs, perhaps a fraction; `nil` leaves it to the schedule.
  public var warmUp: Double?
  public var labelSmoothing: Double
  /// What images' losses count by their classes; `nil`: each the same.
  public var classWeights: ClassWeights?
  /// Which images an epoch shows.
  public var sampling = Sampling.each
  /// In what order it shows each once.
  public var shuffle = Shuffle.all
  public var augmentation: Augmentation
  /// How held-out images are judged.
  public var averaging: Averaging
  /// Of the products of the network, and of its teachers.
  public var precision = Precision.float32
  /// What pixels become before the network sees them.
  public var scaling = PixelScaling.none
  /// Which average of the weights is judged and kept; `nil` means the weights themselves.
  public var weightAverage: WeightAverage?
  /// How slow weights follow those of the optimiser; `nil` means that there are none.
  public var lookahead: Lookahead?
  /// Which leading layers stop learning; `nil`: none.
  public var freezing: Freezing?
  /// Whether normalisations keep the statistics they have: for a model that goes on learning from few images.
  public var freezesStatistics = false
  /// Whether a temperature is fitted to the held-out images at the end.
  public var calibrates = false
  public var initialization: Initialization
  public var seed: UInt64
  /// The epochs without a better one after which a run stops.
  public var patience: Int?
  public var monitor: Monitor

  /// The images of a step, in the first epoch at least. To set it sets that of all.
  public var batchSize: Int {
    get { batchSizes.first }
    set { batchSizes = BatchSizes(newValue) }
  }

  /// By what held-out figure epochs are compared.
  public enum Monitor: String, CaseIterable, Sendable {
    case loss
    case accuracy
    /// The mean of the classes' recalls, by its name in fm-eval's reports: balanced accuracy, if all classes have images.
    case macroRecall = "macro.recall"
  }

  /// Whether the mean recall of held-out images is told: where some classes are rarer than others, and that matters.
  public var tellsMacroRecall: Bool {
    monitor == .macroRecall || classWeights != nil || sampling == .balanced
  }

  public init(
    epochs: Int, batchSize: Int, optimizer: OptimizerSettings, learningRate: Double,
    schedule: LearningRateSchedule.Shape, warmUp: Double? = nil, labelSmoothing: Double = 0,
    augmentation: Augmentation = .none, averaging: Averaging = .none,
    initialization: Initialization = .kaiming, seed: UInt64 = 0,
    patience: Int? = nil,
    monitor: Monitor = .loss
  ) {
    self.epochs = epochs
    batchSizes = BatchSizes(batchSize)
    self.optimizer = optimizer
    self.learningRate = learningRate
    self.schedule = schedule
    self.warmUp = warmUp
    self.labelSmoothing = labelSmoothing
    self.augmentation = augmentation
    self.averaging = averaging
    self.initialization = initialization
    self.seed = seed
    self.patience = patience
    self.monitor = monitor
  }

  /// What a run of such a network has in memory besides the network: the best weights so far, and what is remembered from
  /// step to step.
  func remembered(_ architecture: Architecture) -> RememberedMemory {
    RememberedMemory(
      parameterCopies: 1 + optimizer.momentCount + (weightAverage == nil ? 0 : 1)
        + (lookahead == nil ? 0 : 1),
      furtherFloats: optimizer.method == .muon
        ? NewtonSchulzMemory.floatCount(architecture.hiddenMatrixShapes) : 0)
  }
}
