// What a command line of fm-train asks for: a training run, or something beside it.

import ByteIO
import CommandLine
import Compute
import ModelOptions
import Networks
import Training

/// The task of a command line.
enum TrainingTask {
  /// `--arch list`: prints the presets.
  case listPresets
  /// `--show-augmented`: draws images as training would see them.
  case showAugmented(OutputPath)
  /// `--lr-find`: runs a learning-rate range test.
  case findLearningRate
  /// `--epochs 0`: calibrates a model without training.
  case calibrate
  case train

  init(_ options: FMTrain) {
    if options.start.listsPresets {
      self = .listPresets
    } else if let sheet = options.display.showAugmented {
      self = .showAugmented(sheet)
    } else if options.lrFind {
      self = .findLearningRate
    } else {
      self = options.onlyCalibrates ? .calibrate : .train
    }
  }

  /// Performs the task. Only a training can be shared with other processes.
  func perform(_ options: FMTrain, _ sharing: Sharing) throws {
    switch self {
    case .listPresets: try Self.printPresets()
    case .showAugmented(let sheet): try AugmentedSheet(options, sheet).draw(Self.engine(for: options))
    case .findLearningRate: try RangeTestRun(options).run(Self.engine(for: options))
    case .calibrate: try CalibrationRun(options).run(Self.engine(for: options))
    case .train:
      // The time limit includes reading the data.
      let timeLimit = options.training.timeLimit.map { TimeLimit(seconds: $0.seconds) }
      try PreparedRun.perform(options, Self.engine(for: options), timeLimit, sharing)
    }
  }

  /// Returns the engine that the options ask for, and reports if it is slow at the chosen precision.
  private static func engine(for options: FMTrain) throws -> Engine {
    let engine = Engine(instructionSet: try InstructionSet.chosen(), jobs: options.jobs.count)
    if !options.reporting.quiet, let note = options.training.precision.note(on: engine) { FMTrain.say(note) }
    BrokenPipes.ignore()
    return engine
  }

  private static func printPresets() throws {
    let output = try OutputFile(path: "-")
    for preset in Architecture.presets {
      try output.write("\(preset.name)\t\(preset.specification)\t\(preset.options)\n")
    }
    try output.commit()
  }
}

extension FMTrain {
  /// Standard output for the curve or the list of presets, and standard input if no file of training images is named.
  public var impliedFiles: [NamedFile] {
    (lrFind || start.listsPresets ? [NamedFile("standard output", .output, "-")] : [])
      + (input == nil && !readsHeldOutAlone ? [NamedFile("<stream>", .input, "-")] : [])
  }

  /// The first option or argument that several processes cannot share; `nil` if there is none.
  public var optionOfOneProcess: String? {
    switch TrainingTask(self) {
    case .listPresets: "--arch list"
    case .showAugmented: "--show-augmented"
    case .findLearningRate: "--lr-find"
    case .calibrate: "--epochs 0"
    case .train: inputPath.isStandardStream ? "standard input" : nil
    }
  }
}

extension Preset {
  /// The options of `fm-train` that spell out the preset's defaults, as a command line has them.
  fileprivate var options: String {
    var record = settings.record
    record["dropout"] = dropout.map { "\($0)" }
    return record.sorted { $0.key < $1.key }.map { $1 == "true" ? "--\($0)" : "--\($0) \($1)" }
      .joined(separator: " ")
  }
}
