// The number of images in a step, which may change from epoch to epoch, and the steps of a run that follow from it:
// Smith, Kindermans, Ying & Le 2018, "Don't Decay the Learning Rate, Increase the Batch Size".

import ByteIO

/// The batch size of each epoch.
public struct BatchSizes: Equatable, Sendable {
  /// The batch sizes that are accepted.
  public static let sizes = 1...65_536

  /// The batch size of the first epoch.
  public let first: Int
  /// Later batch sizes, each in force from an epoch on. The epochs rise.
  public let later: [NumberFromEpoch]

  /// One batch size for all epochs.
  public init(_ size: Int) {
    first = size
    later = []
  }

  /// Parses `128` or `128,512@10,1024@15`. Returns `nil` for any other text, or if the epochs do not rise from 2 on.
  public init?(_ text: String) {
    let parts = text.split(separator: ",", omittingEmptySubsequences: false)
    guard let first = parts.first.flatMap(NumberFromEpoch.count),
      let later = NumberFromEpoch.list(parts.dropFirst()), later.first.map({ $0.epoch > 1 }) ?? true,
      ([first] + later.map(\.number)).allSatisfy(Self.sizes.contains)
    else { return nil }
    self.first = first
    self.later = later
  }

  /// The text that parses to these sizes.
  public var text: String { (["\(first)"] + later.map(\.text)).joined(separator: ",") }

  /// The largest batch size.
  public var largest: Int { later.map(\.number).reduce(first, max) }
}

/// A number in force from an epoch on, as options write it. `512@10` is 512 from epoch 10 on.
public struct NumberFromEpoch: Equatable, Sendable {
  public let number: Int
  /// The first epoch with this number, from 1.
  public let epoch: Int

  public init(_ number: Int, epoch: Int) {
    self.number = number
    self.epoch = epoch
  }

  /// Parses the text form of numbers from 1 on. Returns `nil` for any other text.
  init?(_ text: some StringProtocol) {
    let parts = text.split(separator: "@", omittingEmptySubsequences: false)
    guard parts.count == 2, let number = Self.count(parts[0]), let epoch = Self.count(parts[1]) else {
      return nil
    }
    self.init(number, epoch: epoch)
  }

  /// Parses several, whose epochs must rise. Returns `nil` if a text is malformed or the epochs do not rise.
  static func list(_ texts: some Collection<Substring>) -> [NumberFromEpoch]? {
    let numbers = texts.compactMap { NumberFromEpoch($0) }
    guard numbers.count == texts.count, zip(numbers, numbers.dropFirst()).allSatisfy({ $0.epoch < $1.epoch })
    else {
      return nil
    }
    return numbers
  }

  /// Parses a whole number from 1 to a million, written in digits.
  static func count(_ text: some StringProtocol) -> Int? {
    wholeNumber(text).flatMap { (1...1_000_000).contains($0) ? $0 : nil }
  }

  public var text: String { "\(number)@\(epoch)" }
}

/// The steps of a run: how its epochs are divided into batches.
public struct RunSteps: Equatable, Sendable {
  /// Consecutive epochs with the same batch size.
  private struct Stage: Equatable {
    let firstEpoch: Int
    /// The batch size, at most the number of images.
    let batch: Int
    let stepsPerEpoch: Int
    /// The number of steps before this stage.
    let stepsBefore: Int
  }
  private let stages: [Stage]
  private let epochs: Int

  /// Plans a run on `imageCount` images, at least one.
  public init(_ settings: TrainingSettings, imageCount: Int) {
    var stages: [Stage] = []
    for size in [NumberFromEpoch(settings.batchSizes.first, epoch: 1)] + settings.batchSizes.later {
      let batch = min(size.number, imageCount)
      let before = stages.last.map { $0.stepsBefore + (size.epoch - $0.firstEpoch) * $0.stepsPerEpoch }
      stages.append(
        Stage(
          firstEpoch: size.epoch, batch: batch, stepsPerEpoch: (imageCount - 1) / batch + 1,
          stepsBefore: before ?? 0))
    }
    self.stages = stages
    epochs = settings.epochs
  }

  /// The largest batch, for which the network needs memory.
  var largestBatch: Int { stages.map(\.batch).max()! }

  /// The number of steps in the run.
  public var count: Int { count(before: epochs + 1) }

  /// Returns the batch size of epoch `epoch`, from 1.
  func batch(ofEpoch epoch: Int) -> Int { stage(ofEpoch: epoch).batch }

  /// Returns the number of steps in all epochs before `epoch`.
  func count(before epoch: Int) -> Int {
    let stage = stage(ofEpoch: epoch)
    return stage.stepsBefore + (epoch - stage.firstEpoch) * stage.stepsPerEpoch
  }

  /// The number of steps per epoch as the schedule counts them: that of the first epoch.
  var scheduleStepsPerEpoch: Int { stages[0].stepsPerEpoch }

  /// Returns the position of a step in the schedule, from 0. It follows from the number of images shown before the
  /// step, whatever their batch sizes. With one batch size, it is the step's own number.
  func schedulePosition(ofStep step: Int) -> Double {
    let stage = stages.last { $0.stepsBefore <= step } ?? stages[0]
    let (epochs, rest) = (step - stage.stepsBefore).quotientAndRemainder(dividingBy: stage.stepsPerEpoch)
    let whole = (stage.firstEpoch - 1 + epochs) * scheduleStepsPerEpoch
    return Double(whole) + Double(rest) * (Double(scheduleStepsPerEpoch) / Double(stage.stepsPerEpoch))
  }

  private func stage(ofEpoch epoch: Int) -> Stage { stages.last { $0.firstEpoch <= epoch } ?? stages[0] }
}
