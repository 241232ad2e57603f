// The processes that mpirun started, as peers of a training run.

import ByteIO
import CMPI
import CommandLine
import TrainCommand

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// All processes of MPI_COMM_WORLD. Only the main thread calls it.
final class MPIPeers: RunPeers {
  let rank: Int
  let count: Int

  /// Starts MPI.
  init() {
    cmpi_start()
    (rank, count) = (Int(cmpi_rank()), Int(cmpi_count()))
  }

  func send(_ bytes: UnsafeRawBufferPointer, to rank: Int) {
    cmpi_send(bytes.baseAddress, bytes.count, Int32(rank))
  }

  func receive(_ bytes: UnsafeMutableRawBufferPointer, from rank: Int) {
    cmpi_receive(bytes.baseAddress, bytes.count, Int32(rank))
  }

  func broadcast(_ bytes: UnsafeMutableRawBufferPointer, from rank: Int) {
    cmpi_broadcast(bytes.baseAddress, bytes.count, Int32(rank))
  }

  func gather(_ all: UnsafeMutableRawBufferPointer, parts: [Range<Int>]) {
    cmpi_gather(all.baseAddress, parts.map(\.lowerBound), parts.map(\.upperBound))
  }

  var host: String {
    var name = [CChar](repeating: 0, count: 256)
    gethostname(&name, name.count - 1)
    return String(decoding: name.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
  }

  func tell(_ isOn: Bool) { Silence.set(!isOn && rank > 0) }

  func abort(_ message: String?, status: Int32) -> Never {
    tell(true)
    if let message { StandardError.print(message) }
    cmpi_abort(status)
  }

  /// Finalises MPI.
  func finish() { cmpi_finish() }
}

/// Silences the standard error of a process, if another one prints the same messages.
enum Silence {
  /// A duplicate of the original standard error while it is silenced; −1 otherwise.
  nonisolated(unsafe) private static var saved: Int32 = -1

  static func set(_ isOn: Bool) {
    if isOn, saved < 0 {
      let nowhere = open("/dev/null", O_WRONLY)
      guard nowhere >= 0 else { return }
      saved = dup(2)
      dup2(nowhere, 2)
      close(nowhere)
    } else if !isOn, saved >= 0 {
      dup2(saved, 2)
      close(saved)
      saved = -1
    }
  }
}
