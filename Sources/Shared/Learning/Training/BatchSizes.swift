// How many images a step learns from, where that changes from epoch to epoch: Smith, Kindermans, Ying & Le 2018, "Don't Decay
// the Learning Rate, Increase the Batch Size".

/// The images of a step, by epochs.
public struct BatchSizes: Equatable, Sendable {
  public static let sizes = 1...65_536

  /// That of the first epoch.
  public let first: Int
  /// Later ones, each from an epoch on; epochs rise.
  public let later: [NumberFromEpoch]

  /// One size for all epochs.
  public init(_ size: Int) {
    first = size
    later = []
  }

  /// Reads `128` or `128,512@10,1024@15`; `nil` where it is another text, or epochs do not rise from 2 on.
  public init?(_ text: String) {
    let parts = text.split(separator: ",", omittingEmptySubsequences: false)
    guard let first = parts.first.flatMap(NumberFromEpoch.count),
      let later = NumberFromEpoch.list(parts.dropFirst()), later.first.map({ $0.epoch > 1 }) ?? true,
      ([first] + later.map(\.number)).allSatisfy(Self.sizes.contains)
    else { return nil }
    self.first = first
    self.later = later
  }

  /// The text that gives them again.
  public var text: String { (["\(first)"] + later.map(\.text)).joined(separator: ",") }

  /// The largest one.
  public var largest: Int { later.map(\.number).reduce(first, max) }
}

/// The steps of a run: how its epochs are cut into batches.
public struct RunSteps: Equatable, Sendable {
  /// Epochs with one batch size.
  private struct Stage: Equatable {
    let firstEpoch: Int
    /// No more than there are images.
    let batch: Int
    let stepsPerEpoch: Int
    /// Steps of the run before it.
    let stepsBefore: Int
  }
  private let stages: [Stage]
  private let epochs: Int

  /// The steps of a run on `imageCount` images, at least one.
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

  /// What a network must hold.
  var largestBatch: Int { stages.map(\.batch).max()! }

  /// All steps.
  public var count: Int { count(before: epochs + 1) }

  /// The images of a step in epoch `epoch`, from 1.
  func batch(ofEpoch epoch: Int) -> Int { stage(ofEpoch: epoch).batch }

  /// The steps of all epochs before that one.
  func count(before epoch: Int) -> Int {
    let stage = stage(ofEpoch: epoch)
    return stage.stepsBefore + (epoch - stage.firstEpoch) * stage.stepsPerEpoch
  }

  /// The steps of an epoch as a schedule counts them: those of the first one.
  var scheduleStepsPerEpoch: Int { stages[0].stepsPerEpoch }

  /// Where in the schedule a step is, from 0: as far as the images that were shown before it, whatever the size of their
  /// batches. With one size, the step's own number.
  func schedulePosition(ofStep step: Int) -> Double {
    let stage = stages.last { $0.stepsBefore <= step } ?? stages[0]
    let (epochs, rest) = (step - stage.stepsBefore).quotientAndRemainder(dividingBy: stage.stepsPerEpoch)
    let whole = (stage.firstEpoch - 1 + epochs) * scheduleStepsPerEpoch
    return Double(whole) + Double(rest) * (Double(scheduleStepsPerEpoch) / Double(stage.stepsPerEpoch))
  }

  private func stage(ofEpoch epoch: Int) -> Stage { stages.last { $0.firstEpoch <= epoch } ?? stages[0] }
}
