// What fm-plot draws: reads the files of each kind, and makes their chart.
import ByteIO
import Charts
import CommandLine
import Evaluation
import JudgingRemedies

extension FMPlot {
  /// Reads the files and returns their chart.
  func chart() throws -> Chart {
    switch kind {
    case .compare: return ComparisonChart(try comparison()).chart
    case .curves:
      let runs = try files.map { try TrainingRun(try open($0, "a log of fm-train")) }
      for run in runs { tellCut(run) }
      return try trainingChart(runs, names: files.map(\.path.displayed), showsRate: learningRate)
    case .confusion:
      let confusion = try NamedConfusion(
        try open(files[0], "predictions or a report"), classes: classes.names, titles: columns.titles)
      return ConfusionChart(names: confusion.names, matrix: confusion.matrix).chart
    case .reliability:
      let input = try open(files[0], "predictions")
      let figures = try evaluate(input, classes: classes.names, titles: columns.titles).figures
      return try ReliabilityChart(figures, name: input.name).chart
    }
  }

  /// Reads the files and compares their models. Reports notes on how they were compared.
  func comparison() throws -> ModelComparison {
    let comparison = try ModelComparison(
      files.map { file in { try open(file, "predictions or a report") } }, classes: classes.names,
      titles: columns.titles)
    for note in comparison.notes { Self.say(note.line) }
    return comparison
  }

  /// Reports a log that ends inside a line.
  private func tellCut(_ run: TrainingRun) {
    guard let line = run.cutLine else { return }
    Self.say(
      "\(run.name): line \(line): the log ends inside the line, as if the run is still writing or was killed;"
        + " the chart leaves this line out")
  }

  /// Opens an input. Throws if it is a terminal, unless forced. `expected` is what it should contain.
  private func open(_ file: InputPath, _ expected: String) throws -> InputFile {
    try force.open(
      file.path, expected: expected, instead: "fm-plot \(kind.rawValue) FILE --output chart.svg")
  }
}
