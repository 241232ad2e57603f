// A trained network as files store it, independent of their format.

import TensorStream

/// One named parameter in PyTorch's layout: `conv1.weight` [out, in, kernelHeight, kernelWidth],
/// `fc1.weight` [out, in], `fc1.bias` [out].
public struct Parameter: Equatable, Sendable {
  public var name: String
  public var shape: [Int]
  /// The values, row-major; their number is the product of `shape`.
  public var values: [Float]

  public init(name: String, shape: [Int], values: [Float]) {
    self.name = name
    self.shape = shape
    self.values = values
  }
}

/// A network's architecture and weights, and their origin.
public struct Model: Equatable, Sendable {
  public var architecture: Architecture
  /// The parameters, in the order of `architecture.parameters` and with its names and shapes.
  public var parameters: [Parameter]
  /// The class names, in the order of the labels; `nil` if the data had none.
  public var classes: [String]?
  /// The command lines that made the training data and the model, oldest first.
  public var history: [String]
  /// The recipe that turned pictures into the training images; `nil` if it is unknown.
  public var recipe: RecordedRecipe?
  /// The record of the training run; `nil` if it is unknown.
  public var training: TrainingRecord?
  /// The scaling of pixels before the network sees them.
  public var scaling: PixelScaling
  /// The number by which logits are divided before the softmax; `nil` if the model is not calibrated.
  public var temperature: Float?

  /// The temperatures that a calibration can find.
  public static let temperatures: ClosedRange<Float> = 0.01...100

  public init(
    architecture: Architecture, parameters: [Parameter], classes: [String]?, history: [String],
    recipe: RecordedRecipe? = nil, training: TrainingRecord?, scaling: PixelScaling = .none,
    temperature: Float? = nil
  ) {
    self.architecture = architecture
    self.parameters = parameters
    self.classes = classes
    self.history = history
    self.recipe = recipe
    self.training = training
    self.scaling = scaling
    self.temperature = temperature
  }
}

/// The figures of a training run, as the model file stores them.
public struct TrainingRecord: Equatable, Sendable {
  public var seed: UInt64
  /// The options that shaped the run, by their long names: `batch-size` → `128`, ….
  public var settings: [String: String]
  public var trainingRecords: Int
  public var validationRecords: Int
  public var epochsRun: Int
  /// The epoch, counted from 1, after which the model's weights were kept.
  public var bestEpoch: Int
  /// The mean cross-entropy, in nats, of the training images in the best epoch. Accuracies are fractions, 0…1.
  /// Validation figures are `nil` if nothing was held out.
  public var trainingLoss: Double
  public var trainingAccuracy: Double
  public var validationLoss: Double?
  public var validationAccuracy: Double?
  /// The mean of the classes' recalls on the held-out images; `nil` if it was not recorded.
  public var validationMacroRecall: Double?

  public init(
    seed: UInt64, settings: [String: String], trainingRecords: Int, validationRecords: Int, epochsRun: Int,
    bestEpoch: Int, trainingLoss: Double, trainingAccuracy: Double, validationLoss: Double?,
    validationAccuracy: Double?, validationMacroRecall: Double? = nil
  ) {
    self.seed = seed
    self.settings = settings
    self.trainingRecords = trainingRecords
    self.validationRecords = validationRecords
    self.epochsRun = epochsRun
    self.bestEpoch = bestEpoch
    self.trainingLoss = trainingLoss
    self.trainingAccuracy = trainingAccuracy
    self.validationLoss = validationLoss
    self.validationAccuracy = validationAccuracy
    self.validationMacroRecall = validationMacroRecall
  }
}
