// Checks that a network fits into memory before anything is allocated.

import ByteIO
import Compute
import KernelInterface
import Networks

/// The arrays of networks do not fit into memory.
public enum NetworkSizeError: Failure, Equatable {
  /// They need more memory than is allowed on any machine.
  case tooLarge(byteCount: Int?)
  /// They need more memory than this machine has left.
  case noRoom(byteCount: Int, room: MachineMemory.Room)
  /// Several networks that work on the same images do not fit together. `room` is the memory left on this machine, or
  /// `nil` if they need more than is allowed on any machine.
  case noRoomTogether(networks: Int, byteCount: Int, room: MachineMemory.Room?)

  public var kind: FailureKind { .inputOutput }

  public var description: String {
    switch self {
    case .tooLarge(let byteCount):
      "the network needs \(byteCount.map { "\($0 >> 20) MiB" } ?? "too much memory") for a batch"
    case .noRoom(let byteCount, let room):
      "there is not enough memory: the network needs \(wholeMegabytes(byteCount)) for a batch, and \(room.limit) leaves"
        + " \(wholeMegabytes(room.byteCount))"
    case .noRoomTogether(let networks, let byteCount, let room):
      "there is not enough memory: the \(networks) networks need \(wholeMegabytes(byteCount)) for a batch"
        + (room.map { ", and \($0.limit) leaves \(wholeMegabytes($0.byteCount))" } ?? "")
    }
  }
}

extension Network {
  /// The most that is allowed on any machine. More for one batch is a mistake in the architecture or the batch size.
  private static let maximumByteCount = 16 << 30

  /// Throws a ``NetworkSizeError`` if a network's arrays need more memory than is allowed on any machine, or more than
  /// `room`, the memory left on this one. Nothing is allocated. In training, `remembered` is counted, too.
  ///
  /// - Complexity: O(n²) for a plan of n operations.
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

  /// Does the same for several networks that predict together, whose arrays exist at the same time.
  ///
  /// - Complexity: O(Σ n²) for plans of n operations.
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

/// The memory that a training run keeps from step to step, besides the network.
public struct RememberedMemory: Equatable, Sendable {
  /// The number of arrays as large as the learned parameters: the best weights so far, whose statistics are counted
  /// separately, and those of an optimiser.
  public var parameterCopies: Int
  /// The number of floats in other arrays, in Double, which no product of shapes overflows.
  public var furtherFloats: Double

  public init(parameterCopies: Int, furtherFloats: Double = 0) {
    self.parameterCopies = parameterCopies
    self.furtherFloats = furtherFloats
  }

  /// The best weights and Adam's two moments.
  public static let adam = RememberedMemory(parameterCopies: 3)
}

extension ExecutionPlan {
  /// Returns the bytes of a network's memory. In training, `remembered` is counted, too.
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
