// The data options: where held-out images come from, and how much memory images may take.

import ByteIO
import CommandLine
import DataSplitting
import Networks
import Training
import TensorStream

/// The source of the held-out images: a stream of their own, or a part of the training images.
enum HeldOut: SpelledArgument, FileArgument, Equatable, CustomStringConvertible {
  case file(InputPath)
  case part(Share)

  static let spelling = "a stream, or \(Share.spelling)"

  init?(argument: String) {
    guard !argument.isEmpty else { return nil }
    // 1.5 is more likely a mistake than a file; ./1.5 names the file.
    let isNumber = argument.first.map { $0.isNumber || $0 == "." } ?? false && Double(argument) != nil
    if isNumber, Share(argument: argument) == nil { return nil }
    self = Share(argument: argument).map { .part($0) } ?? .file(InputPath(argument: argument))
  }

  var files: [(role: FileRole, path: FilePath)] {
    if case .file(let file) = self { file.files } else { [] }
  }

  /// The file that the held-out images are read from: their own, or else `stream`, which has the training images.
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
      Hold out these images: a stream, or a number or fraction of the training images, with the same share of each \
      class. With 0, none are held out, and the model is the last epoch's. (default: 0.1)
      """, valueName: "file|n|fraction"), completion: .streams,
    transform: HeldOut.spelled)
  var validation = HeldOut.part(.fraction(0.1))

  @Option(
    help: ArgumentHelp(
      """
      Keep at most this much image data in memory: 512M, 2G. The images of a larger file stay on disk, and are read \
      batch by batch; the model is the same. (default: half of the memory)
      """, valueName: "size"), transform: ByteCount.spelled)
  var memory: ByteCount?

  var holdsOutNothing: Bool {
    validation == .part(.count(0)) || validation == .part(.fraction(0))
  }

  /// Loads the training and the held-out images, and checks that they fit each other.
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

  /// Loads only the held-out images: their own stream, or the part of `path` that a training run with the same seed
  /// holds out.
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

  /// Reads a stream's images, with at most `memory` bytes of them in memory; `nil` is half of the available memory.
  private func read(_ path: FilePath, _ memory: Int?, _ force: ForceOption) throws -> Dataset {
    let input = try force.open(
      path, expected: ForceOption.stream,
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
  /// Splits off the held-out records: the same ones as `fm-split --by stratified` with the same seed.
  fileprivate func split(
    holdingOut part: Share, seed: UInt64, name: String
  ) throws -> (training: Dataset, heldOut: Dataset?) {
    let parts = try assignParts(
      groups: labels, by: SplitRule(validation: .share(part), seed: seed), name: name)
    let heldOut = parts.indices.filter { parts[$0] == .validation }
    if heldOut.isEmpty { return (self, nil) }
    guard heldOut.count < count else {
      throw UsageError("--validation \(part.text): leaves no images to train on")
    }
    return (selecting(parts.indices.filter { parts[$0] == .training }), selecting(heldOut))
  }
}
