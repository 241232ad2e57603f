// Classes of unequal size: --class-weights and --sample.

import ByteIO
import CommandLine
import TensorStream
import Training

extension Sampling: ExpressibleByArgument {}

/// Where weights of classes come from.
enum ClassWeightSource: ExpressibleByArgument, FileArgument, Equatable {
  /// The number of training images of each class.
  case balanced
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
      Multiply each image's loss by the weight of its class: balanced, images / (classes × images of the class), or a \
      file with a class and its weight a line. The held-out loss has the weights too, accuracy has not. (default: 1 for \
      each)
      """, valueName: "balanced|file"), completion: .list([ClassWeights.balanced], orFile: true))
  var classWeights: ClassWeightSource?

  @Option(
    help: ArgumentHelp(
      """
      Which images an epoch shows: each once, or balanced, as many images as there are, the same number of each class. \
      The held-out loss then counts all classes alike, too. (default: each)
      """, valueName: "way"))
  var sample: Sampling?

  /// Whether classes are to count the same, however many images they have.
  var correctsImbalance: Bool { classWeights != nil || sample == .balanced }

  func validate() throws {
    if classWeights == .balanced, sample == .balanced {
      throw ValidationError(
        "--class-weights balanced and --sample balanced make up for the same imbalance twice: leave out one of them"
      )
    }
  }

  /// The file of weights, opened: to read all training images first, and then to learn that there is none, would take long.
  func open(_ force: ForceOption) throws -> InputFile? {
    guard case .file(let file) = classWeights else { return nil }
    let input = try InputFile(path: file.path)
    try force.check(
      input, expected: "weights of classes", instead: "fm-train --class-weights weights.tsv …")
    return input
  }

  /// The weights for a network of `classCount` classes, by their names if there are any, from the file if one is
  /// open. `nil`: all classes count the same.
  func weights(
    _ file: InputFile?, _ training: Dataset, classes: [String]?, classCount: Int
  ) throws -> ClassWeights? {
    if let file { return try ClassWeights(reading: file, classes: classes, classCount: classCount) }
    return classWeights == nil ? nil : ClassWeights(balancing: training.labels, classCount: classCount)
  }

  /// What is to be said of classes that no training image is of; `nil` where that changes nothing.
  func note(on training: Dataset, classes: [String]?, classCount: Int) -> String? {
    let isThere = training.labels.reduce(into: [Bool](repeating: false, count: classCount)) {
      $0[Int($1)] = true
    }
    let absent = isThere.indices.filter { !isThere[$0] }
    guard let first = absent.first, classWeights == .balanced || sample == .balanced else { return nil }
    let name = classes.map { "'\(displayed($0[first]))'" } ?? "\(first)"
    let others = absent.count > 1 ? " or of \(counted(absent.count - 1, "other", plural: "others"))" : ""
    let option = sample == .balanced ? "--sample balanced" : "--class-weights balanced"
    return "\(option): no training image is of class \(name)\(others), which "
      + (sample == .balanced
        ? "cannot be shown" : "\(absent.count > 1 ? "get" : "gets") no weight")
  }
}
