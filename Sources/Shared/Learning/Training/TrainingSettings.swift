// The settings of a training run.

import Compute
import Execution
import Inference
import KernelInterface
import Networks

/// Everything that shapes a run, besides the data and the architecture.
public struct TrainingSettings: Equatable, Sendable {
  public var epochs: Int
  public var batchSizes: BatchSizes
  public var optimizer: OptimizerSettings
  public var learningRate: Double
  public var schedule: LearningRateSchedule.Shape
  /// The warm-up in epochs, which may be a fraction; `nil` leaves it to the schedule.
  public var warmUp: Double?
  /// The share of each target that is spread over all classes (Szegedy et al. 2016, "Rethinking the Inception
  /// Architecture for Computer Vision").
  public var labelSmoothing: Double
  /// Weights for the losses of images by their classes; `nil` if all count the same.
  public var classWeights: ClassWeights?
  /// Which images an epoch shows.
  public var sampling = Sampling.each
  /// The order in which an epoch shows the images, if it shows each once.
  public var shuffle = Shuffle.all
  public var augmentation: Augmentation
  /// The views over which answers for held-out images are averaged.
  public var averaging: Averaging
  /// The precision of products in the network and in its teachers.
  public var precision = Precision.float32
  /// The scaling of pixels before the network sees them.
  public var scaling = PixelScaling.none
  /// The average of the weights that is judged and kept; `nil` keeps the weights themselves.
  public var weightAverage: WeightAverage?
  /// How slow weights follow those of the optimiser; `nil` if there are none.
  public var lookahead: Lookahead?
  /// The leading layers that stop learning; `nil` if none do.
  public var freezing: Freezing?
  /// Whether normalisations keep the statistics they have: for a model that continues to learn from few images.
  public var freezesStatistics = false
  /// Whether a temperature is fitted to the held-out images at the end.
  public var calibrates = false
  public var initialization: Initialization
  public var seed: UInt64
  /// The number of epochs without a better one after which a run stops; `nil` never stops it.
  public var patience: Int?
  public var monitor: MonitoredFigure

  /// The batch size of the first epoch. Setting it sets the batch size of all epochs.
  public var batchSize: Int {
    get { batchSizes.first }
    set { batchSizes = BatchSizes(newValue) }
  }

  /// The held-out figure by which epochs are compared.
  public enum MonitoredFigure: String, CaseIterable, Sendable {
    case loss
    case accuracy
    /// The mean of the classes' recalls, named as in fm-eval's reports: balanced accuracy, if all classes have images.
    case macroRecall = "macro.recall"
  }

  /// Whether the mean recall of held-out images is reported, because some classes may be rarer than others.
  public var tellsMacroRecall: Bool {
    monitor == .macroRecall || classWeights != nil || sampling == .balanced
  }

  public init(
    epochs: Int, batchSize: Int, optimizer: OptimizerSettings, learningRate: Double,
    schedule: LearningRateSchedule.Shape, warmUp: Double? = nil, labelSmoothing: Double = 0,
    augmentation: Augmentation = .none, averaging: Averaging = .none,
    initialization: Initialization = .kaiming, seed: UInt64 = 0,
    patience: Int? = nil,
    monitor: MonitoredFigure = .loss
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

  /// Returns the memory that a run needs besides the network: the best weights so far, the optimiser's state, and
  /// `answers` floats of teachers' answers.
  func remembered(_ architecture: Architecture, answers: Int = 0) -> RememberedMemory {
    RememberedMemory(
      parameterCopies: 1 + optimizer.momentCount + (weightAverage == nil ? 0 : 1)
        + (lookahead == nil ? 0 : 1),
      furtherFloats: Double(answers)
        + (optimizer.method == .muon
          ? NewtonSchulzMemory.floatCount(architecture.hiddenMatrixShapes) : 0))
  }
}
