// A trained network as it is kept in a file, independent of the file's format.

import TensorStream

/// One named parameter in PyTorch's layout: `conv1.weight` [out, in, kernelHeight, kernelWidth], `fc1.weight` [out, in],
/// `fc1.bias` [out].
public struct Parameter: Equatable, Sendable {
  public var name: String
  public var shape: [Int]
  /// Row-major, as many as the product of `shape`.
  public var values: [Float]

  public init(name: String, shape: [Int], values: [Float]) {
    self.name = name
    self.shape = shape
    self.values = values
  }
}

/// A network's architecture, its weights, and where they come from.
public struct Model: Equatable, Sendable {
  public var architecture: Architecture
  /// In the order of `architecture.parameters`, with those names and shapes.
  public var parameters: [Parameter]
  /// The class names, in the order of the labels; `nil` where the data had none.
  public var classes: [String]?
  /// The command lines that made the training data and the model, oldest first.
  public var history: [String]
  /// How pictures became the training images; `nil` where that is unknown.
  public var recipe: RecordedRecipe?
  /// How it was trained; `nil` where that is unknown.
  public var training: TrainingRecord?
  /// What pixels become before the network sees them.
  public var scaling: PixelScaling
  /// What logits are divided by before they become probabilities; `nil` where the model is not calibrated.
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

/// The figures of a training run, as the model file keeps them.
public struct TrainingRecord: Equatable, Sendable {
  public var seed: UInt64
  /// The options that shaped the run, by their long names: `batch-size` → `128`, ….
  public var settings: [String: String]
  public var trainingRecords: Int
  public var validationRecords: Int
  public var epochsRun: Int
  /// The epoch, from 1, whose weights these are.
  public var bestEpoch: Int
  /// Mean cross-entropy (nats) and accuracy (0…1) at the best epoch; validation `nil` where nothing was held out.
  public var trainingLoss: Double
  public var trainingAccuracy: Double
  public var validationLoss: Double?
  public var validationAccuracy: Double?
  /// The mean of the classes' recalls, where it was told.
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
