// fm-train --show-augmented: draws what the network would see.

import ByteIO
import Charts
import CommandLine
import Compute
import Training

/// A sheet of training images, as they are and as `--augment` changes them.
struct AugmentedSheet {
  private let options: FMTrain
  private let target: OutputPath

  /// The grid of the sheet. A row shows an image as it is, then as each of seven epochs would change it.
  private static let grid = (rows: 10, columns: 8)

  init(_ options: FMTrain, _ target: OutputPath) { (self.options, self.target) = (options, target) }

  /// Refuses options that only apply to training, and file names that are not a chart's.
  func check() throws {
    try TrainingOptionChecks(options).refuseTraining(
      with: "--show-augmented", and: ["--lr-find": options.lrFind, "--log": options.display.log != nil])
    guard ChartFormat(fileName: target.path) != nil else {
      throw ValidationError(
        "--show-augmented: expected a file that ends in .png or .svg, got '\(target.path.displayed)'")
    }
  }

  /// Reads the images and draws the sheet.
  func draw(_ engine: Engine) throws {
    let (data, _) = try options.data.load(
      options.inputPath, seed: options.training.seed, force: options.force)
    let settings = options.settings
    try settings.augmentation.checkOption(fits: data.shape)
    if !options.reporting.quiet, settings.augmentation == .none {
      FMTrain.say("--augment none: every column shows the image as it is")
    }
    let examples = try AugmentedExamples(
      of: data, settings, count: Self.grid.rows, times: Self.grid.columns - 1, engine: engine)
    let images = ImageSelection(
      examples.images, labels: examples.labels, data.shape, classes: data.classes,
      name: options.inputPath.inputName)
    try ContactSheet(images, columns: Self.grid.columns).chart
      .write(to: OutputFile(path: target.path), as: ChartFormat(fileName: target.path) ?? .png)
  }
}
