// fm-train --epochs 0 --calibrate: fits a temperature to an existing model without changing its weights.

import ByteIO
import CommandLine
import Compute
import Inference
import ModelFiles
import Networks
import TensorStream
import Training

extension FMTrain {
  /// Whether the command only calibrates a model and trains nothing.
  var onlyCalibrates: Bool { training.epochs == 0 }

  /// Whether only held-out images are read: the command only calibrates, and they have a stream of their own.
  var readsHeldOutAlone: Bool {
    if onlyCalibrates, case .file = data.validation { true } else { false }
  }
}

/// The calibration of an existing model.
struct CalibrationRun {
  private let options: FMTrain

  init(_ options: FMTrain) { self.options = options }

  /// Refuses options that only apply to training.
  func check() throws {
    guard options.training.calibrate, options.start.from != nil, !options.lrFind else {
      throw ValidationError(
        "--epochs: expected 1 to 1000000, got 0; with --from and --calibrate, 0 calibrates the model without training"
      )
    }
    if let other = options.training.learningOptions.first ?? learningOption {
      throw ValidationError("\(other): --epochs 0 trains no model; leave one of them out")
    }
    if let later = options.training.batchSize?.later.first {
      throw ValidationError("--batch-size \(later.text): --epochs 0 trains no model; leave one of them out")
    }
    if options.training.average != nil {
      throw ValidationError(
        "--average: with --epochs 0, held-out images are judged by the views recorded in the model; leave it out"
      )
    }
    if let input = options.input, options.readsHeldOutAlone {
      throw ValidationError(
        "--epochs 0 does not read '\(input.path.displayed)' if --validation names a file; leave one of them out"
      )
    }
  }

  /// The first option outside the training group that only applies to training; `nil` if none is given.
  private var learningOption: String? {
    let given = [
      ("--checkpoint", options.checkpoints.checkpoint != nil),
      ("--teacher", !options.teacher.teacher.isEmpty),
      ("--new-output", options.start.newOutput),
    ]
    return given.first(where: \.1)?.0
  }

  /// Fits a temperature to the held-out images, and writes the model with it.
  func run(_ engine: Engine) throws {
    guard let source = try options.start.open() else { preconditionFailure("--epochs 0 without --from") }
    let target = try ModelTarget(options)
    let log = try options.display.openLog()
    let heldOut = try options.data.loadHeldOut(
      besides: options.inputPath, seed: options.training.seed, force: options.force)
    let start = try options.start.start(
      source, for: heldOut, role: "held-out", options.training, quiet: options.reporting.quiet)
    guard let old = start.model, let parameters = start.parameters else {
      preconditionFailure("a start without a model")
    }
    guard options.force.force || RecordedRecipe.agree(heldOut.recipe, old.recipe) else {
      throw ClassifierError.differentRecipe(
        name: options.data.validation.path(besides: options.inputPath).inputName, recipe: heldOut.recipe,
        wanted: old.recipe)
    }
    var model = Model(
      architecture: start.architecture, parameters: parameters, classes: start.classes,
      history: start.history + [FMTrain.recordedCommandLine],
      recipe: RecordedRecipe.joined(old.recipe, heldOut.recipe), training: old.training,
      scaling: start.scaling)
    if options.display.summary { StandardError.print(model.architecture.summary) }
    let member = EnsembleMember(model, averaging: try old.averaging(nil, name: source.name))
    let settings = options.settings
    let answers = try HeldOutAnswers(
      of: member, on: heldOut, batchCapacity: settings.batchSize, engine: engine,
      precision: settings.precision)
    let calibration = Calibration(answers, engine: engine)
    CalibrationReport(calibration, before: old.temperature).tell(options.reporting, log)
    model.temperature = calibration.temperature
    try target.save(model, checkpoint: nil)
    try log?.close()
  }
}
