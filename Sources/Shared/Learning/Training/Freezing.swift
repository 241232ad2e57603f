// Leading layers that stop learning before the end of the run: Brock, Lim, Ritchie & Weston 2017, "FreezeOut:
// Accelerate Training by Progressively Freezing Layers".
//
//     η_i(s) = η(s · N / s_i)    for s < s_i;  then the layer is frozen
//
// η is the run's schedule, N its length, and s_i the step at which the freezing epoch of layer i begins. By then, the
// layer has gone through the whole schedule. With a cosine, this is the paper's η_i(s) = η (1 + cos(π s / s_i)) / 2.
// The paper derives all s_i from one number; here each is given.

import Networks

/// The leading layers that stop learning, and the epochs at which they stop.
public struct Freezing: Equatable, Sendable {
  /// At least one stage: the first `number` layers stop learning at the beginning of `epoch`. Layers and epochs rise.
  public let stages: [NumberFromEpoch]

  /// Takes stages whose epochs rise. Returns `nil` if there is none, or if the layers do not rise.
  private init?(_ stages: [NumberFromEpoch]) {
    guard !stages.isEmpty, zip(stages, stages.dropFirst()).allSatisfy({ $0.number < $1.number }) else {
      return nil
    }
    self.stages = stages
  }

  /// Parses `2@12,4@16`. Returns `nil` for any other text, or if layers or epochs do not rise.
  public init?(_ text: String) {
    guard let stages = NumberFromEpoch.list(text.split(separator: ",", omittingEmptySubsequences: false))
    else {
      return nil
    }
    self.init(stages)
  }

  /// The text that parses to this freezing.
  public var text: String { stages.map(\.text).joined(separator: ",") }

  /// The number of convolutions and dense layers that are frozen in the end.
  public var layers: Int { stages[stages.count - 1].number }

  /// The stages of layers that never learn; `nil` if there are none.
  var fromTheBeginning: Freezing? { Freezing(stages.filter { $0.epoch == 1 }) }
}

/// The freezing of a run: which layers are frozen at a position in the schedule, and the learning rates of those that
/// will be.
struct FreezingPlan {
  /// For each stage, its number of layers, and the position in the schedule at which they freeze.
  private let stages: [(layers: Int, end: Double)]

  init(_ freezing: Freezing?, stepsPerEpoch: Int) {
    stages = (freezing?.stages ?? []).map { ($0.number, Double(($0.epoch - 1) * stepsPerEpoch)) }
  }

  /// The number of layers of each stage, those of earlier stages included.
  var layers: [Int] { stages.map(\.layers) }

  /// Returns the number of frozen layers at a position in the schedule.
  func frozenLayers(at position: Double) -> Int { stages.last { $0.end <= position }?.layers ?? 0 }

  /// Returns the learning rates of a step at a position in the schedule. The rate of a frozen layer is not used.
  func rates(_ schedule: LearningRateSchedule, at position: Double) -> StepRates {
    StepRates(
      schedule.rate(at: position),
      leading: stages.map { stage in
        stage.end > position ? schedule.rate(at: position * Double(schedule.stepCount) / stage.end) : 0
      })
  }
}

extension Architecture {
  /// The number of layers that may be frozen: all convolutions and dense layers but the output layer.
  public var freezableLayerCount: Int { weightLayers.count - 1 }
}
