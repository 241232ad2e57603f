// How a run ends that did not come to its end.

import ByteIO
import CommandLine
import Compute
import NeuralNetwork

/// A run that diverged; the last good model, if any, was written.
struct Unfinished: Failure {
  let divergence: TrainingError
  let savedEpoch: Int?

  var kind: FailureKind { divergence.kind }
  var description: String {
    divergence.description + "; " + (savedEpoch.map { "the model of epoch \($0) is written" } ?? "no model is written")
  }
}

/// A run that a signal ended.
struct Interrupted: Failure {
  let path: String
  let epoch: Int?

  var kind: FailureKind { .interrupted }
  var description: String {
    "interrupted; the best model so far\(epoch.map { " (epoch \($0))" } ?? "") is written to "
      + (path == "-" ? "stdout" : displayed(path))
  }
}

extension InstructionSet {
  /// The instruction set in use, as FM_KERNELS or the CPU says; throws what a user can act on.
  static func forThisProcess() throws -> InstructionSet {
    do {
      return try chosen()
    } catch .unknown(let name) {
      let names = allCases.map(\.rawValue).joined(separator: ", ")
      throw UsageError("FM_KERNELS: expected one of \(names), got '\(displayed(name))'")
    } catch .unsupported(let wanted) {
      throw UsageError("FM_KERNELS: this CPU does not run \(wanted.rawValue) instructions; unset it")
    }
  }
}
