// What is learned from, and what is held out.

import ByteIO
import CommandLine
import DataSplitting
import Networks
import Training
import TensorStream

/// Where held-out images come from: a stream, or a part of the training images.
enum HeldOut: SpelledArgument, FileArgument, Equatable, CustomStringConvertible {
  case file(InputPath)
  case part(NumberOrFraction)

  static let spelling = "a stream, or \(NumberOrFraction.spelling)"

  init?(argument: String) {
    guard !argument.isEmpty else { return nil }
    // 1.5 is a mistake rather than a file's name; ./1.5 is that.
    let isNumber = argument.first.map { $0.isNumber || $0 == "." } ?? false && Double(argument) != nil
    if isNumber, NumberOrFraction(argument: argument) == nil { return nil }
    self = NumberOrFraction(argument: argument).map { .part($0) } ?? .file(InputPath(argument: argument))
  }

  var files: [(role: FileRole, path: FilePath)] {
    if case .file(let file) = self { file.files } else { [] }
  }

  /// Where the images are read from, which are else a part of `stream`.
  func path(besides stream: FilePath) -> FilePath {
    if case .file(let file) = self { file.path } else { stream }
  }

  var description: String {
    switch self {
    case .file(let file): file.path.displayed
    case .part(let part): part.text
    }
  }
}

struct DataOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      """
      Held-out images: a stream, or a number or fraction of the training images, the same share of each class. \
      0 holds out none, and keeps the last epoch. (default: 0.1)
      """, valueName: "file|n|fraction"), completion: .streams,
    transform: HeldOut.spelled)
  var validation = HeldOut.part(.fraction(0.1))

  @Option(
    help: ArgumentHelp(
      """
      Hold at most this much of images in memory: 512M, 2G. A stream in a file that is larger stays there, and each batch \
      is read from it; the model is the same. (default: half of what there is)
      """, valueName: "size"), transform: ByteCount.spelled)
  var memory: ByteCount?

  var holdsOutNothing: Bool {
    validation == .part(.number(0)) || validation == .part(.fraction(0))
  }

  /// The training images and those held out, after checks that they fit each other.
  func load(_ path: FilePath, seed: UInt64, force: ForceOption) throws -> (Dataset, heldOut: Dataset?) {
    let training = try read(path, memory?.bytes, force)
    guard training.count > 0 else { throw DatasetError.empty(name: path.inputName) }
    if let classes = training.classes, classes.count < 2 {
      throw DatasetError.oneClass(name: path.inputName, classes.first ?? "")
    }
    switch validation {
    case .file(let file):
      let rest = memory.map { max(0, $0.bytes - training.heldByteCount) }
      let heldOut = try read(file.path, rest, force)
      try check(heldOut, file.path.inputName, fits: training)
      return (training, heldOut)
    case .part(let part):
      let split = try training.split(holdingOut: part, seed: seed, name: path.inputName)
      return (split.training, split.heldOut)
    }
  }

  /// The held-out images alone: a stream, or the part of `path` that a training with the same seed holds out.
  func loadHeldOut(besides path: FilePath, seed: UInt64, force: ForceOption) throws -> Dataset {
    if case .file(let file) = validation {
      let heldOut = try read(file.path, memory?.bytes, force)
      guard heldOut.count > 0 else { throw DatasetError.empty(name: file.path.inputName) }
      return heldOut
    }
    guard let heldOut = try load(path, seed: seed, force: force).heldOut else {
      throw UsageError(
        "--calibrate: --validation \(validation) holds out none of the images of \(path.inputName)"
      )
    }
    return heldOut
  }

  /// A stream's images, at most `memory` bytes of them in memory; `nil` is half of what there is.
  private func read(_ path: FilePath, _ memory: Int?, _ force: ForceOption) throws -> Dataset {
    let input = try InputFile(path: path)
    try force.check(
      input, expected: "a tensor stream",
      instead: "idx2raw images.gz labels.gz | fm-train --arch cnn -o m.safetensors")
    return try Dataset(reading: input, memory: memory)
  }

  private func check(_ heldOut: Dataset, _ name: String, fits training: Dataset) throws {
    guard heldOut.count > 0 else { throw DatasetError.empty(name: name) }
    guard heldOut.shape == training.shape else {
      throw DatasetError.differentShape(name: name, shape: heldOut.shape, wanted: training.shape)
    }
    if let theirs = heldOut.classes, let ours = training.classes, theirs != ours {
      throw DatasetError.differentClasses(name: name, ClassDifference(found: theirs, wanted: ours))
    }
    guard RecordedRecipe.agree(heldOut.recipe, training.recipe) else {
      throw DatasetError.differentRecipe(name: name, recipe: heldOut.recipe, wanted: training.recipe)
    }
    if let label = heldOut.labels.max(), Int(label) >= training.classCount {
      throw DatasetError.unknownLabel(name: name, label: Int(label), classCount: training.classCount)
    }
  }
}

extension Dataset {
  /// A part of the records held out: those that `fm-split --by stratified` with the same seed holds out.
  fileprivate func split(
    holdingOut part: NumberOrFraction, seed: UInt64, name: String
  ) throws -> (training: Dataset, heldOut: Dataset?) {
    let share: Share =
      switch part {
      case .number(let number): .count(number)
      case .fraction(let fraction): .fraction(fraction)
      }
    let parts = try assignParts(
      groups: labels, by: SplitRule(validation: .share(share), seed: seed), name: name)
    let heldOut = parts.indices.filter { parts[$0] == .validation }
    if heldOut.isEmpty { return (self, nil) }
    guard heldOut.count < count else {
      throw UsageError("--validation \(part.text): no image would be left to learn from")
    }
    return (selecting(parts.indices.filter { parts[$0] == .training }), selecting(heldOut))
  }
}
