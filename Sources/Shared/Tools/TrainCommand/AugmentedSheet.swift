// fm-train --show-augmented: draws what the network would see.

import ByteIO
import CommandLine
import Compute
import Pictures
import Training

extension FMTrain {
  /// The grid of the sheet. A row shows an image as it is, then as each of seven epochs would change it.
  private static let sheet = (rows: 10, columns: 8)

  /// Refuses options that only apply to training, and file names that are not a picture's.
  func validateAugmentedSheet(_ sheet: OutputPath) throws {
    try refuse(
      ["--lr-find": lrFind, "--log": display.log != nil].merging(trainingOnly) { $1 },
      with: "--show-augmented")
    guard PictureFormat(fileName: sheet.path) != nil else {
      throw ValidationError(
        "--show-augmented: expected a file that ends in .png or .svg, got '\(sheet.path.displayed)'")
    }
  }

  /// Draws training images as they are and as `--augment` changes them.
  func showAugmented(_ sheet: OutputPath, _ engine: Engine) throws {
    let (data, _) = try data.load(inputPath, seed: training.seed, force: force)
    let settings = settings
    try settings.augmentation.check(fits: data.shape)
    if !reporting.quiet, settings.augmentation == .none {
      Self.say("--augment none: every column shows the image as it is")
    }
    let examples = try AugmentedExamples(
      of: data, settings, count: Self.sheet.rows, times: Self.sheet.columns - 1, engine: engine)
    let images = ImageSelection(
      examples.images, labels: examples.labels, data.shape, classes: data.classes, name: inputPath.inputName)
    try ContactSheet(images, columns: Self.sheet.columns).picture
      .write(to: OutputFile(path: sheet.path), as: PictureFormat(fileName: sheet.path) ?? .png)
  }
}
