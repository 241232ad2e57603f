// What computing needs: the kernels of an instruction set and the threads to run them on.

import KernelInterface

/// The kernels in use and the threads they run on. The checked entry points are extensions of this type, a file a subject.
public struct Engine: Sendable {
  public let instructionSet: InstructionSet
  public let kernels: any KernelSet.Type
  public let workers: WorkerPool
  /// Whether products of bfloat16 are made by tile registers; where the instruction set has none, by a model of them.
  public let usesTiles: Bool

  /// Results do not depend on `jobs`, the number of threads.
  public init(instructionSet: InstructionSet, jobs: Int, usesTiles: Bool? = nil) {
    self.instructionSet = instructionSet
    self.usesTiles = usesTiles ?? (instructionSet == .amx)
    // They share kernels, which have no model: without AMX, an instruction for tiles ends the process.
    precondition(!self.usesTiles || instructionSet != .avx512bf16, "tiles of avx512bf16: ask for amx")
    kernels = instructionSet.kernels
    workers = WorkerPool(count: jobs)
  }

  /// Kernels work on whole lanes, and would run past the end of anything else.
  func checkLane(_ count: Int) {
    precondition(count % Lane.width == 0, "\(count) values are not padded to the lane")
  }

  /// The floats of a run where no other length is given. The runs of four arrays, 64 KiB each, fit an L2 cache.
  public static let runLength = 1 << 14

  /// Runs `body` over the runs of `count` values, cut at multiples of `length`.
  public func forEachRun(_ count: Int, length: Int = runLength, _ body: (Range<Int>) -> Void) {
    workers.forEach((count + length - 1) / length) { task, _ in
      body(task * length..<min((task + 1) * length, count))
    }
  }
}
