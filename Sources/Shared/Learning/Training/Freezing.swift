// Leading layers that stop learning before the run's end: Brock, Lim, Ritchie & Weston 2017, "FreezeOut: Accelerate Training by
// Progressively Freezing Layers".
//
//     η_i(s) = η(s · N / s_i)    for s < s_i;  after it the layer is frozen
//
// η being the run's schedule, N its length, and s_i where the freezing epoch of layer i begins: a frozen layer has gone through
// the whole schedule. With a cosine that is the paper's η_i(s) = η (1 + cos(π s / s_i)) / 2. There, s_i follows from one number
// for all layers; here it is named.

import Networks

/// Which leading layers learn no more, and from which epochs on.
public struct Freezing: Equatable, Sendable {
  /// Layers and epochs rise; there is at least one.
  public let stages: [NumberFromEpoch]

  /// Epochs rise. `nil` where there is none, or layers do not rise.
  private init?(_ stages: [NumberFromEpoch]) {
    guard !stages.isEmpty, zip(stages, stages.dropFirst()).allSatisfy({ $0.number < $1.number }) else {
      return nil
    }
    self.stages = stages
  }

  /// Reads `2@12,4@16`; `nil` where it is another text, or layers and epochs do not rise.
  public init?(_ text: String) {
    guard let stages = NumberFromEpoch.list(text.split(separator: ",", omittingEmptySubsequences: false))
    else {
      return nil
    }
    self.init(stages)
  }

  /// The text that gives it again.
  public var text: String { stages.map(\.text).joined(separator: ",") }

  /// The convolutions and dense layers that are frozen in the end.
  public var layers: Int { stages[stages.count - 1].number }

  /// Those that never learn; `nil` where there are none.
  var fromTheBeginning: Freezing? { Freezing(stages.filter { $0.epoch == 1 }) }
}

/// A run's freezing: what is frozen at a place in the schedule, and the rates of what will be.
struct FreezingPlan {
  /// For each stage, the layers, and the place in the schedule where they freeze.
  private let stages: [(layers: Int, end: Double)]

  init(_ freezing: Freezing?, stepsPerEpoch: Int) {
    stages = (freezing?.stages ?? []).map { ($0.number, Double(($0.epoch - 1) * stepsPerEpoch)) }
  }

  /// The layers of each stage, those of the stages before it among them.
  var layers: [Int] { stages.map(\.layers) }

  /// The number of frozen layers.
  func frozenLayers(at position: Double) -> Int { stages.last { $0.end <= position }?.layers ?? 0 }

  /// The rates of a step at a place in the schedule. Of what is frozen they are of no use.
  func rates(_ schedule: LearningRateSchedule, at position: Double) -> StepRates {
    StepRates(
      schedule.rate(at: position),
      leading: stages.map { stage in
        stage.end > position ? schedule.rate(at: position * Double(schedule.stepCount) / stage.end) : 0
      })
  }
}

extension Architecture {
  /// The layers that may be frozen: all convolutions and dense layers but the output layer.
  public var freezableLayerCount: Int { weightLayers.count - 1 }
}
