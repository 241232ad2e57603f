// Classes of unequal size: --class-weights and --sample.

import ByteIO
import CommandLine
import TensorStream
import Training

extension Sampling: ExpressibleByArgument {}

/// The source of the class weights.
enum ClassWeightSource: ExpressibleByArgument, FileArgument, Equatable {
  /// The weights follow from the number of training images of each class.
  case balanced
  /// A file with a class and its weight on each line.
  case file(InputPath)

  init?(argument: String) {
    guard !argument.isEmpty else { return nil }
    self = argument == ClassWeights.balanced ? .balanced : .file(InputPath(argument: argument))
  }

  var files: [(role: FileRole, path: FilePath)] {
    if case .file(let file) = self { file.files } else { [] }
  }

  var defaultValueDescription: String {
    switch self {
    case .balanced: ClassWeights.balanced
    case .file(let file): file.path.displayed
    }
  }
}

struct ImbalanceOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      """
      Multiply each image's loss by the weight of its class: balanced, for images / (classes × images of the class), or \
      a file with a class and its weight on each line. The held-out loss is weighted too, the accuracy is not. \
      (default: 1 for each)
      """, valueName: "balanced|file"), completion: .list([ClassWeights.balanced], orFile: true))
  var classWeights: ClassWeightSource?

  @Option(
    help: ArgumentHelp(
      """
      Choose the images of an epoch: each image once, or balanced, which shows the same number of images from each \
      class. An epoch has as many images either way. With balanced, all classes count the same in the held-out loss too. \
      (default: each)
      """, valueName: "way"))
  var sample: Sampling?

  /// Whether an option corrects for classes of unequal size.
  var correctsImbalance: Bool { classWeights != nil || sample == .balanced }

  func validate() throws {
    if classWeights == .balanced, sample == .balanced {
      throw ValidationError(
        "--class-weights balanced and --sample balanced make up for the same imbalance twice: leave out one of them"
      )
    }
  }

  /// Opens the file of weights; `nil` if none is given. Runs before the training images are read, which may take long,
  /// so that a missing file is reported immediately.
  func open(_ force: ForceOption) throws -> InputFile? {
    guard case .file(let file) = classWeights else { return nil }
    return try force.open(
      file.path, expected: "class weights", instead: "fm-train --class-weights weights.tsv …")
  }

  /// Returns the weights for a network of `classCount` classes: from the file, if one is open, or balanced; `nil` if
  /// all classes count the same. `classes` are the names that the file may use.
  func weights(
    _ file: InputFile?, _ training: Dataset, classes: [String]?, classCount: Int
  ) throws -> ClassWeights? {
    if let file { return try ClassWeights(reading: file, classes: classes, classCount: classCount) }
    return classWeights == nil ? nil : ClassWeights(balancing: training.labels, classCount: classCount)
  }

  /// Returns the message about classes without training images; `nil` if there are none or the options do not depend on
  /// them.
  func note(on training: Dataset, classes: [String]?, classCount: Int) -> String? {
    let isThere = training.labels.reduce(into: [Bool](repeating: false, count: classCount)) {
      $0[Int($1)] = true
    }
    let absent = isThere.indices.filter { !isThere[$0] }
    guard let first = absent.first, classWeights == .balanced || sample == .balanced else { return nil }
    let name = classes.map { "'\(displayed($0[first]))'" } ?? "\(first)"
    let others = absent.count > 1 ? " or of \(counted(absent.count - 1, "other", plural: "others"))" : ""
    let option = sample == .balanced ? "--sample balanced" : "--class-weights balanced"
    return "\(option): there is no training image of class \(name)\(others), which "
      + (sample == .balanced
        ? "cannot be shown" : "\(absent.count > 1 ? "get" : "gets") no weight")
  }
}
