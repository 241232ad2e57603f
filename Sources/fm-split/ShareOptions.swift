// What is held out, and how it is chosen.
import ByteIO
import CommandLine
import DataSplitting

struct ShareOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Hold out this number or fraction of the records for validation. (default: 0.2)",
      valueName: "n|fraction"), transform: NumberOrFraction.spelled)
  var validation: NumberOrFraction?

  @Option(
    help: ArgumentHelp(
      "Hold out this number or fraction of the records for a test. (default: none)", valueName: "n|fraction"),
    transform: NumberOrFraction.spelled)
  var test: NumberOrFraction?

  @Option(
    help: ArgumentHelp(
      """
      Hold out the <i>th of <k> folds for validation, from 1/<k> to <k>/<k>; together they are all that is not for \
      the test.
      """, valueName: "i/k"), transform: NumberedPart.spelled)
  var fold: NumberedPart?

  @Option(help: ArgumentHelp("What decides which part a record belongs to.", valueName: "method"))
  var by = SplitRule.Method.stratified

  @Option(help: ArgumentHelp("The seed of chance, from 0 to 2^64 - 1.", valueName: "n"))
  var seed: UInt64 = 0

  func validate() throws {
    if fold != nil && validation != nil {
      throw ValidationError("--fold says what is held out for validation; leave out --validation")
    }
  }

  /// The rule that the options make.
  var rule: SplitRule {
    let share = validation.map(Share.init) ?? .fraction(0.2)
    return SplitRule(
      method: by, validation: fold.map { .fold($0.number, of: $0.count) } ?? .share(share),
      test: test.map(Share.init) ?? .count(0), seed: seed)
  }
}

extension SplitRule.Method: ExpressibleByArgument {}

extension Share {
  fileprivate init(_ share: NumberOrFraction) {
    switch share {
    case .number(let number): self = .count(number)
    case .fraction(let fraction): self = .fraction(fraction)
    }
  }
}
