// The judgement of fm-eval: which inputs go together, and how they are judged by the options.
import ByteIO
import CommandLine
import Evaluation
import Predictions

extension FMEval {
  /// Refuses --merge without reports, and with options that need predictions.
  func checkMerge() throws {
    guard !inputs.isEmpty else { throw ValidationError("--merge: expected JSON reports to merge") }
    let needed = [
      ("--truth", truthOptions.truth != nil), ("--wrong", wrongOptions.wrong != nil),
      ("--columns", columns.columns != nil && gateOptions.baseline.isEmpty),
    ]
    if let option = needed.first(where: \.1)?.0 ?? figureOptions.optionOnPredictions
      ?? thresholdOptions.optionOnPredictions ?? page.optionOnPredictions
    {
      throw ValidationError("\(option): expected predictions; reports do not describe single records")
    }
  }

  /// Refuses predictions as their own baseline, which would never fail, and reports that are merged twice, which would
  /// count twice.
  func checkRepeatedInputs() throws {
    if let path = inputs.map(\.path).firstRepeatedInput {
      throw ValidationError(
        "--merge: '\(path.displayed)' is given twice, and its records would count twice")
    }
    if let baseline = try gateOptions.onlyBaseline()?.path, inputs.count == 1,
      [inputs[0].path, baseline].firstRepeatedInput != nil
    {
      throw ValidationError("--baseline: '\(baseline.displayed)' is also the file to be judged")
    }
  }

  /// Collects as many wrong records as the table or the page shows; `nil` if neither shows any.
  var wrongRecords: WrongRecords? {
    let count = max(wrongOptions.count, merge ? 0 : page.mistakeCount)
    return count == 0 ? nil : WrongRecords(limit: count == .max ? nil : count)
  }

  /// Judges predictions, or merges reports. `wrong` collects the misclassified records.
  func judge(collecting wrong: WrongRecords?) throws -> EvaluationReport {
    let names = try classes.names
    let settings = intervalOptions.settings
    let truths = try truthOptions.truths(open)
    let gates = try gateOptions.gates()
    let titles = try columns.titles
    var wanted = figureOptions.wanted
    wanted.costs = try figureOptions.costTable(open)
    wanted.add(neededBy: gates)
    let reference = try gateOptions.onlyBaseline().map {
      try Baseline(
        try open($0), classes: names, titles: titles, truths: truths, settings: settings,
        wanted: wanted)
    }
    wanted.thresholdGoal = try thresholdOptions.goal
    wanted.curves = page.html != nil
    let thresholds = try thresholdOptions.thresholds(open)
    if merge {
      return try mergeReports(
        inputs.map { file in { try open(file) } }, classes: names, settings: settings,
        costs: wanted.costs, gates: gates, baseline: reference)
    }
    return try evaluate(
      try open(inputs.first ?? "-"), classes: names, titles: titles, truths: truths, settings: settings,
      wanted: wanted, thresholds: thresholds, gates: gates, baseline: reference, wrong: wrong)
  }

  /// Opens an input. Throws if it is a terminal, unless forced.
  private func open(_ file: InputPath) throws -> InputFile {
    try force.open(
      file.path, expected: "predictions",
      instead: "fm-predict --model cnn.safetensors test.raw | fm-eval")
  }
}
