// The options of fm-eval for intervals.
import ByteIO
import CommandLine
import Evaluation

struct IntervalOptions: ParsableArguments {
  enum Method: String, CaseIterable, ExpressibleByArgument { case wilson, bootstrap }

  @Option(help: ArgumentHelp("The confidence of intervals and tests.", valueName: "share"))
  var confidence = 0.95

  @Option(
    help: ArgumentHelp(
      """
      Compute intervals with this method: wilson, a formula for the accuracy; or bootstrap, resampling, which also \
      gives intervals of macro F1, weighted F1, kappa and MCC.
      """, valueName: "method"))
  var interval = Method.wilson

  @Option(
    help: ArgumentHelp("The number of bootstrap samples, 100 to 1,000,000. (default: 10000)", valueName: "n"))
  var resamples: Int?

  @Option(help: ArgumentHelp("The seed of the bootstrap. (default: 0)", valueName: "n"))
  var seed: UInt64?

  func validate() throws {
    guard confidence > 0 && confidence < 1 else {
      throw ValidationError("--confidence: expected a share between 0 and 1, got \(confidence)")
    }
    if interval == .wilson, resamples != nil || seed != nil {
      throw ValidationError(
        "\(resamples != nil ? "--resamples" : "--seed"): expected --interval bootstrap, which resamples")
    }
    if let resamples, !(100...1_000_000 ~= resamples) {
      throw ValidationError("--resamples: expected 100 to 1000000, got \(resamples)")
    }
  }

  var settings: IntervalSettings {
    let resampling = Resampling(count: resamples ?? 10_000, seed: seed ?? 0)
    return IntervalSettings(
      confidence: confidence, method: interval == .wilson ? .wilson : .bootstrap(resampling))
  }
}
