// The kernels of an instruction set, and the threads to run them on.

import KernelInterface

/// The kernels in use and the threads they run on. The checked entry points to the kernels are extensions of this
/// type, one file for each subject.
public struct Engine: Sendable {
  public let instructionSet: InstructionSet
  public let kernels: any KernelSet.Type
  public let workers: WorkerPool
  /// Whether bfloat16 products use tile registers or, if the instruction set has none, a model of them.
  public let usesTiles: Bool

  /// Starts `jobs` threads, the caller's included. Results do not depend on their number.
  public init(instructionSet: InstructionSet, jobs: Int, usesTiles: Bool? = nil) {
    self.instructionSet = instructionSet
    self.usesTiles = usesTiles ?? (instructionSet == .amx)
    // avx512bf16 and amx share kernels, which have no model. Without AMX, an instruction for tiles ends the process.
    precondition(!self.usesTiles || instructionSet != .avx512bf16, "tiles of avx512bf16: ask for amx")
    kernels = instructionSet.kernels
    workers = WorkerPool(count: jobs)
  }

  /// Checks that `count` values are whole lanes. Kernels would run past the end of anything else.
  func checkLane(_ count: Int) {
    precondition(count % Lane.width == 0, "\(count) values are not padded to the lane")
  }

  /// The default length of a run, in floats. The runs of four arrays, 64 KiB each, fit into an L2 cache.
  public static let runLength = 1 << 14

  /// Calls `body` on all threads for the runs of `count` values, cut at multiples of `length`.
  public func forEachRun(_ count: Int, length: Int = runLength, _ body: (Range<Int>) -> Void) {
    workers.forEach((count + length - 1) / length) { task, _ in
      body(task * length..<min((task + 1) * length, count))
    }
  }
}
