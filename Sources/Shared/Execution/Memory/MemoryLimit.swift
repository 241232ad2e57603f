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

  public var kind: FailureKind { .inputOutput }

  public var description: String {
    switch self {
    case .tooLarge(let byteCount):
      "the network needs \(byteCount.map { "\($0 >> 20) MiB" } ?? "too much memory") for a batch;"
        + " use a smaller --batch-size or a smaller architecture"
    case .noRoom(let byteCount, let room):
      "there is not enough memory: the network needs \(wholeMegabytes(byteCount)) for a batch, and \(room.limit) leaves"
        + " \(wholeMegabytes(room.byteCount)); use a smaller --batch-size or a smaller architecture, or raise the limit"
    }
  }
}

extension Network {
  /// More than this for one batch is a mistake in the architecture or the batch size, not a wish.
  private static let maximumByteCount = 16 << 30

  /// Refuses a network whose arrays would not fit, in any machine or in what `room` this one has, before anything is
  /// allocated. In training, `parameterCopies` arrays like the parameters are counted besides: the best weights so far, and
  /// what an optimiser remembers; Adam's two moments if nothing is said.
  public static func checkMemory(
    _ architecture: Architecture, batch: Int, forTraining: Bool, engine: Engine,
    precision: Precision = .float32, parameterCopies: Int = 3,
    room: MachineMemory.Room? = MachineMemory().room
  ) throws(NetworkSizeError) {
    let plan = ExecutionPlan(
      architecture, forTraining: forTraining, engine: engine, precision: precision)
    let byteCount = plan.byteCount(
      batch: batch, forTraining: forTraining, engine: engine, parameterCopies: parameterCopies)
    guard byteCount <= Double(maximumByteCount) else {
      throw .tooLarge(byteCount: Int(exactly: byteCount.rounded()))
    }
    guard let room, byteCount > Double(room.byteCount) else { return }
    throw .noRoom(byteCount: Int(byteCount), room: room)
  }
}

extension ExecutionPlan {
  /// The bytes of a network's memory. In training, `parameterCopies` arrays like the parameters are counted too, and the
  /// statistics of the best weights so far.
  func byteCount(batch: Int, forTraining: Bool, engine: Engine, parameterCopies: Int = 3) -> Double {
    var bytes = arrays.byteCount(batch: batch, engine: engine)
    bytes += 4 * (Double(parameterCount) + Double(constantCount) + Double(transformedCount))
    guard forTraining else { return bytes }
    return bytes + TrainingMemory.byteCount(self, batch: batch, engine: engine)
      + 4 * (Double(parameterCopies) * Double(parameterCount) + Double(constantCount))
  }
}
