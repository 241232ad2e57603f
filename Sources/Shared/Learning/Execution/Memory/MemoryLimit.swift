// Whether a network fits memory, asked before anything is allocated.

import ByteIO
import Compute
import KernelInterface
import Networks

/// A network whose arrays do not fit.
public enum NetworkSizeError: Failure, Equatable {
  /// They would take more memory than any machine this is meant for has.
  case tooLarge(byteCount: Int?)
  /// They would take more memory than is left here.
  case noRoom(byteCount: Int, room: MachineMemory.Room)
  /// Several that work on the same images do not fit together; `room` is what is left here, `nil` where no machine has
  /// as much.
  case noRoomTogether(networks: Int, byteCount: Int, room: MachineMemory.Room?)

  public var kind: FailureKind { .inputOutput }

  public var description: String {
    switch self {
    case .tooLarge(let byteCount):
      "the network needs \(byteCount.map { "\($0 >> 20) MiB" } ?? "too much memory") for a batch;"
        + " use a smaller --batch-size or a smaller architecture"
    case .noRoom(let byteCount, let room):
      "there is not enough memory: the network needs \(wholeMegabytes(byteCount)) for a batch, and \(room.limit) leaves"
        + " \(wholeMegabytes(room.byteCount)); use a smaller --batch-size or a smaller architecture, or raise the limit"
    case .noRoomTogether(let networks, let byteCount, let room):
      "there is not enough memory: the \(networks) networks need \(wholeMegabytes(byteCount)) for a batch"
        + (room.map { ", and \($0.limit) leaves \(wholeMegabytes($0.byteCount))" } ?? "")
        + "; use a smaller --batch-size or fewer models"
    }
  }
}

extension Network {
  /// More than this for one batch is a mistake in the architecture or the batch size, not a wish.
  private static let maximumByteCount = 16 << 30

  /// Refuses a network whose arrays would not fit, in any machine or in what `room` this one has, before anything is
  /// allocated. In training, what a run remembers is counted besides.
  public static func checkMemory(
    _ architecture: Architecture, batch: Int, forTraining: Bool, engine: Engine,
    precision: Precision = .float32, remembered: RememberedMemory = .adam,
    room: MachineMemory.Room? = MachineMemory().room
  ) throws(NetworkSizeError) {
    let plan = ExecutionPlan(
      architecture, forTraining: forTraining, engine: engine, precision: precision)
    try checkRoom(
      for: plan.byteCount(batch: batch, forTraining: forTraining, engine: engine, remembered: remembered),
      room)
  }

  /// The same for networks that answer side by side, whose arrays are all there at once.
  package static func checkMemory(
    together architectures: [Architecture], batch: Int, engine: Engine, precision: Precision,
    room: MachineMemory.Room? = MachineMemory().room
  ) throws(NetworkSizeError) {
    var sum = 0.0
    for architecture in architectures {
      let plan = ExecutionPlan(architecture, forTraining: false, engine: engine, precision: precision)
      let byteCount = plan.byteCount(batch: batch, forTraining: false, engine: engine)
      // A network that does not fit by itself gets its own error.
      try checkRoom(for: byteCount, room)
      sum += byteCount
    }
    let limit = min(maximumByteCount, room?.byteCount ?? .max)
    guard sum > Double(limit) else { return }
    throw .noRoomTogether(
      networks: architectures.count, byteCount: Int(sum),
      room: room.flatMap { $0.byteCount < maximumByteCount ? $0 : nil })
  }

  private static func checkRoom(
    for byteCount: Double, _ room: MachineMemory.Room?
  ) throws(NetworkSizeError) {
    guard byteCount <= Double(maximumByteCount) else {
      throw .tooLarge(byteCount: Int(exactly: byteCount.rounded()))
    }
    guard let room, byteCount > Double(room.byteCount) else { return }
    throw .noRoom(byteCount: Int(byteCount), room: room)
  }
}

/// What a run remembers from step to step, besides a network for training.
public struct RememberedMemory: Equatable, Sendable {
  /// Arrays like the learned parameters: the best weights so far, with their statistics, and an optimiser's.
  public var parameterCopies: Int
  /// Floats of other arrays; in Double, which no product of shapes overflows.
  public var furtherFloats: Double

  public init(parameterCopies: Int, furtherFloats: Double = 0) {
    self.parameterCopies = parameterCopies
    self.furtherFloats = furtherFloats
  }

  /// The best weights and Adam's two moments.
  public static let adam = RememberedMemory(parameterCopies: 3)
}

extension ExecutionPlan {
  /// The bytes of a network's memory. In training, what a run remembers is counted too.
  func byteCount(
    batch: Int, forTraining: Bool, engine: Engine, remembered: RememberedMemory = .adam
  ) -> Double {
    var bytes = arrays.byteCount(batch: batch, engine: engine)
    bytes += 4 * (Double(parameterCount) + Double(constantCount) + Double(transformedCount))
    guard forTraining else { return bytes }
    return bytes + TrainingMemory.byteCount(self, batch: batch, engine: engine)
      + 4 * (Double(remembered.parameterCopies) * Double(parameterCount) + Double(constantCount))
      + 4 * remembered.furtherFloats
  }
}
