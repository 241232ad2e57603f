// The options that say which records are held out.
import ByteIO
import CommandLine
import DataSplitting

/// `--validation`, `--test`, `--fold`, `--by` and `--seed`.
struct ShareOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Hold out this number or fraction of the records for validation. (default: 0.2)",
      valueName: "n|fraction"), transform: Share.spelled)
  var validation: Share?

  @Option(
    help: ArgumentHelp(
      "Hold out this number or fraction of the records for testing. (default: none)", valueName: "n|fraction"),
    transform: Share.spelled)
  var test: Share?

  @Option(
    help: ArgumentHelp(
      """
      Hold out the <i>th of <k> folds for validation, from 1/<k> to <k>/<k>. Together, the folds are all records \
      outside the test data.
      """, valueName: "i/k"), transform: NumberedPart.spelled)
  var fold: NumberedPart?

  @Option(help: ArgumentHelp("Assign records to parts by this method.", valueName: "method"))
  var by = SplitRule.Method.stratified

  @Option(help: ArgumentHelp("Use this random seed, from 0 to 2^64 - 1.", valueName: "n"))
  var seed: UInt64 = 0

  func validate() throws {
    if fold != nil && validation != nil {
      throw ValidationError("--fold sets the records for validation; leave out --validation")
    }
  }

  /// The rule that the options specify.
  var rule: SplitRule {
    SplitRule(
      method: by,
      validation: fold.map { .fold($0.number, of: $0.count) } ?? .share(validation ?? .fraction(0.2)),
      test: test ?? .count(0), seed: seed)
  }
}

extension SplitRule.Method: ExpressibleByArgument {}
extension Share: SpelledArgument {}
