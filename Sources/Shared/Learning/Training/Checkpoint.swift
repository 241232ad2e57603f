// A run that can be resumed: its state, and the settings and data that it belongs to.

import ByteIO
import Networks
import TensorStream

/// Everything that must stay the same for a resumed run to continue as it would have.
public struct RunDescription: Equatable, Sendable {
  public var architecture: Architecture
  /// The class names, if the data has them.
  public var classes: [String]?
  /// The recipe by which pictures became the images, if known.
  public var recipe: RecordedRecipe?
  /// The scaling of pixels before the network sees them.
  public var scaling: PixelScaling
  /// Every option that shapes the run, by its long name: `batch-size` → `128`, `seed` → `0`, ….
  public var settings: [String: String]
  /// The training data.
  public var training: DataFingerprint
  /// The held-out data; `nil` if nothing is held out.
  public var heldOut: DataFingerprint?

  public init(
    architecture: Architecture, classes: [String]?, recipe: RecordedRecipe? = nil,
    scaling: PixelScaling = .none,
    settings: [String: String], training: DataFingerprint, heldOut: DataFingerprint?
  ) {
    self.architecture = architecture
    self.classes = classes
    self.recipe = recipe
    self.scaling = scaling
    self.settings = settings
    self.training = training
    self.heldOut = heldOut
  }
}

/// A run between two steps, as stored in a file.
public struct Checkpoint: Equatable, Sendable {
  public var run: RunDescription
  /// The command lines that made the data, and the one that started the run.
  public var history: [String]
  /// The instruction set that computed the run. Others round differently.
  public var instructionSet: String
  public var state: TrainingState

  public init(run: RunDescription, history: [String], instructionSet: String, state: TrainingState) {
    self.run = run
    self.history = history
    self.instructionSet = instructionSet
    self.state = state
  }

  /// The network as the last step left it. From the end of the first epoch on, its record has the figures of the best
  /// epoch.
  public var model: Model {
    Model(
      architecture: run.architecture, parameters: state.parameters, classes: run.classes, history: history,
      recipe: run.recipe,
      training: state.best.flatMap { run.record(of: $0.report, epochsRun: state.progress.epoch) },
      scaling: run.scaling)
  }
}

extension RunDescription {
  /// The key of the seed in ``settings``.
  public static let seedKey = "seed"

  /// Describes how a model of this run was trained. Returns `nil` if the settings have no seed.
  public func record(of best: EpochReport, epochsRun: Int) -> TrainingRecord? {
    var settings = settings
    guard let seed = settings.removeValue(forKey: Self.seedKey).flatMap(UInt64.init) else { return nil }
    return TrainingRecord(
      seed: seed, settings: settings, trainingRecords: training.count, validationRecords: heldOut?.count ?? 0,
      epochsRun: epochsRun, bestEpoch: best.epoch, trainingLoss: best.training.loss,
      trainingAccuracy: best.training.accuracy, validationLoss: best.validation?.loss,
      validationAccuracy: best.validation?.accuracy, validationMacroRecall: best.validation?.macroRecall)
  }

  /// Lists how the run that is asked for differs from this one, which a checkpoint belongs to: one clause for each
  /// difference. `classRemedy` follows a difference between the names of classes.
  ///
  /// - Complexity: O(n log n) for n settings and class names.
  public func differences(from asked: RunDescription, classRemedy: String? = nil) -> [String] {
    var clauses: [String] = []
    func compare(_ what: String, _ ours: String?, _ theirs: String?, _ source: String) {
      guard ours != theirs else { return }
      // Options without a value are recorded as true.
      clauses.append(
        "the checkpoint has \(ours.map { $0 == "true" ? what : "\(what) \($0)" } ?? "no \(what)"), "
          + "\(source) \(theirs.map { $0 == "true" ? "it" : $0 } ?? "none")")
    }
    compare(
      "the architecture", "'\(architecture.specification)'", "'\(asked.architecture.specification)'",
      "this run has")
    for option in Set(settings.keys).union(asked.settings.keys).sorted() {
      compare(option, settings[option], asked.settings[option], "this run has")
    }
    // Another seed or share holds out other images. That difference is already in the list.
    guard clauses.isEmpty else { return clauses }
    compare(
      "images of", architecture.input.text, asked.architecture.input.text, "the training images are of")
    compare(
      "classes", "\(architecture.classCount)", "\(asked.architecture.classCount)", "the training images have")
    if let found = asked.classes, let wanted = classes, found != wanted {
      let difference = ClassDifference(found: found, wanted: wanted)
      clauses.append(withRemedy(difference.words("the checkpoint"), classRemedy))
    } else if classes != asked.classes {
      clauses.append("the class names are not those of the checkpoint")
    }
    compare("recipe", recipe?.text, asked.recipe?.text, "the streams have")
    compare("training images", training.text, asked.training.text, "the stream has")
    compare("held-out images", heldOut?.text, asked.heldOut?.text, "now there are")
    return clauses
  }
}

extension DataFingerprint {
  /// `54000 (CRC-32 1a2b3c4d)`.
  fileprivate var text: String {
    "\(count) (CRC-32 \(checksumText(crc32)))"
  }
}
