// Reads a JSON report of fm-eval back for its counts and sums.
import ByteIO
import JSON
import Predictions

/// The counts and sums of a JSON report. Everything that the report states is checked: it is refused if its counts do
/// not add up.
struct StoredReport {
  /// The report's name in messages.
  let name: String
  let classNames: [String]
  let confusion: ConfusionMatrix
  /// The number of files that gave no prediction. Reports of older versions do not count them.
  let unanswered: Int
  let sums: FigureSums
  /// The keys of figures that the report has without their sums, as in reports of older versions.
  let unsummed: [String]
  /// The keys of figures without sums that the report has, or that reports merged into it had.
  let unmergeable: [String]
  /// Whether the report has figures of the answers alone, without the records that have none.
  let showsAnswered: Bool
  /// Whether joining true classes left names out.
  let leftNamesOut: Bool

  /// The most records whose figures can be exact: Double holds all integers up to this one.
  static let recordLimit = 1 << 53

  /// Reads a whole report.
  init(_ source: any ByteSource) throws { try self.init(Self.value(source), name: source.name) }

  /// Extracts the counts and sums of a report, whose name in messages is `name`.
  ///
  /// - Complexity: O(c²) for c classes, plus repeating a bootstrap that takes about a second at most, to verify it
  init(_ report: JSONValue, name: String) throws(EvaluationError) {
    self.name = name
    let reader = ReportMembers(name: name, report: report)
    let records = try reader.count("records", in: 1...Self.recordLimit)
    let classes = try reader.classes()
    classNames = classes.map(\.name)
    confusion = try reader.confusion(supports: classes.map(\.support))
    guard confusion.total == records else {
      throw reader.problem("records", "\(confusion.total), the sum over its classes, found \(records)")
    }
    unanswered =
      report["unanswered"] == nil ? 0 : try reader.count("unanswered", in: 0...Self.recordLimit)
    sums = try reader.sums(records: records)
    let figures = Figures(
      classNames: classNames, confusion: confusion, sums: sums, settings: IntervalSettings())
    unsummed = figures.keysWithoutSums(in: report)
    unmergeable = ScoreFigures.unmergeable(in: report)
    showsAnswered = report["answered"] != nil
    leftNamesOut = ["without_truth", "not_predicted"].contains {
      report["left_out"]?[$0]?.integerValue ?? 0 != 0
    }
    try checkSums(reader)
    try verify(report)
  }
}

extension StoredReport {
  /// Returns the report's classes by the names that the user gave. A class of the report may be such a name, or its
  /// number.
  func names(among given: [String]) throws(EvaluationError) -> [String] {
    var table = ClassTable(given: given)
    return try indices(in: &table).map { given[$0] }
  }

  /// Returns the indices of the report's classes in a table, which adds those that it may add. Throws if a class is
  /// none of the table's, or if the table has one class for two of the report.
  func indices(in table: inout ClassTable) throws(EvaluationError) -> [Int] {
    var indices: [Int] = []
    for name in classNames {
      do {
        indices.append(try table.index(ofName: name))
      } catch {
        throw .reportClass(name: self.name, error)
      }
    }
    guard Set(indices).count == indices.count else {
      throw .classesJoined(name: name)
    }
    return indices
  }

  /// Throws if the sums are impossible, whatever the records were.
  private func checkSums(_ reader: ReportMembers) throws(EvaluationError) {
    let records = Double(confusion.total)
    if let loss = sums.logLoss, loss.sum.value < -1e-6 {
      throw reader.problem("sums.log_loss", "no less than 0")
    }
    if let brier = sums.brier, !(-1e-6...2.1 * records ~= brier.sum.value) {
      throw reader.problem("sums.brier", "0 to 2 for each record")
    }
    if let ranks = sums.ranks, ranks.counts[0] != confusion.correct {
      throw reader.problem("sums.top_k", "\(confusion.correct) of the first rank, all correct records")
    }
    guard let bins = sums.calibration?.bins else { return }
    let answered = confusion.total - confusion.abstained.reduce(0, +)
    guard bins.reduce(0, { $0 + $1.records }) == answered,
      bins.reduce(0, { $0 + $1.correct }) == confusion.correct
    else {
      throw reader.problem("sums.ece", "\(answered) records in all, \(confusion.correct) of them correct")
    }
    for (index, bin) in bins.enumerated() {
      let (count, sum) = (Double(bin.records), bin.probabilities.value)
      let bounds = (Double(index) / Double(bins.count), Double(index + 1) / Double(bins.count))
      guard sum >= count * bounds.0 - 1e-6 * count, sum <= count * bounds.1 + 1e-6 * count else {
        throw reader.problem("sums.ece", "probabilities that belong to their bins")
      }
    }
  }

  private static func value(_ source: any ByteSource) throws -> JSONValue {
    do {
      return try Baseline.readReport(source)
    } catch EvaluationError.notAReport(let name) {
      throw EvaluationError.notMergeable(name: name, nil)
    } catch EvaluationError.malformedReport(let name, let error) {
      throw EvaluationError.notMergeable(name: name, error)
    }
  }
}

extension Figures {
  /// Returns the keys of the figures of probabilities and ranks that a report states, but that its sums do not give.
  fileprivate func keysWithoutSums(in report: JSONValue) -> [String] {
    let missing = MetricEntry.members.filter { $0.properties.isOfProbabilities && $0.value(self) == nil }
    // The table of metrics does not have `top_k`.
    let keys = missing.map(\.key) + (sums.ranks == nil ? ["top_k"] : [])
    return keys.filter { report[$0] != nil }
  }
}

/// Extracts from a report what merging needs.
private struct ReportMembers {
  let name: String
  let report: JSONValue

  func problem(_ key: String, _ expectation: String) -> EvaluationError {
    .reportMember(name: name, key: key, expected: expectation)
  }

  func count(_ key: String, in range: ClosedRange<Int>) throws(EvaluationError) -> Int {
    guard let count = report[key]?.integerValue, range ~= count else {
      throw problem(key, "a number from \(range.lowerBound) to \(range.upperBound)")
    }
    return count
  }

  func classes() throws(EvaluationError) -> [(name: String, support: Int)] {
    guard let values = report["classes"]?.arrayValue, 1...ClassTable.limit ~= values.count else {
      throw problem("classes", "1 to \(ClassTable.limit) classes")
    }
    var names: Set<[UInt8]> = []
    var classes: [(name: String, support: Int)] = []
    for value in values {
      guard let name = value["name"]?.stringValue, !name.isEmpty, names.insert(Array(name.utf8)).inserted,
        let support = value["support"]?.integerValue, 0...StoredReport.recordLimit ~= support
      else { throw problem("classes", "classes with names that differ and a number of records as support") }
      classes.append((name, support))
    }
    return classes
  }

  /// Returns the confusion matrix. Records missing from a class's row are those without a predicted class.
  func confusion(supports: [Int]) throws(EvaluationError) -> ConfusionMatrix {
    let count = supports.count
    let expectation =
      "\(count) rows of \(count) numbers of records, a row no more in all than the class's support"
    guard let rows = report["confusion"]?.arrayValue, rows.count == count else {
      throw problem("confusion", expectation)
    }
    var matrix = ConfusionMatrix(classCount: count)
    var total = 0
    for (truth, row) in rows.enumerated() {
      var rest = supports[truth]
      total += rest
      guard let cells = row.arrayValue, cells.count == count, total <= StoredReport.recordLimit else {
        throw problem("confusion", expectation)
      }
      for (predicted, cell) in cells.enumerated() {
        guard let cell = cell.integerValue, 0...rest ~= cell else { throw problem("confusion", expectation) }
        matrix.add(truth: truth, predicted: predicted, count: cell)
        rest -= cell
      }
      matrix.add(truth: truth, predicted: nil, count: rest)
    }
    return matrix
  }

  // MARK: Sums

  func sums(records: Int) throws(EvaluationError) -> FigureSums {
    let value = report["sums"]
    func part<Part>(
      _ key: String, _ read: (JSONValue) throws(EvaluationError) -> Part
    ) throws(EvaluationError) -> Part? {
      guard let part = value?[key] else { return nil }
      return try read(part)
    }
    return FigureSums(
      logLoss: try part("log_loss") { (value) throws(EvaluationError) in
        LogarithmicLoss(sum: try sum(value, "sums.log_loss"))
      },
      brier: try part("brier") { (value) throws(EvaluationError) in
        BrierScore(sum: try sum(value, "sums.brier"))
      },
      calibration: try part("ece") { (value) throws(EvaluationError) in
        try calibration(value, records: records)
      },
      ranks: try part("top_k") { (value) throws(EvaluationError) in try ranks(value, records: records) })
  }

  private func sum(_ value: JSONValue, _ key: String) throws(EvaluationError) -> ExactSum {
    // A sum of Doubles has at most 2,098 bits, which fit in 40 Doubles. No sum in a report comes near 2^900.
    let components = value.arrayValue?.compactMap(\.doubleValue) ?? []
    guard components.count == value.arrayValue?.count, components.count <= 40,
      components.allSatisfy({ $0.magnitude < 0x1p900 })
    else { throw problem(key, "a list of numbers that add up to the sum") }
    return ExactSum(components)
  }

  private func calibration(_ value: JSONValue, records: Int) throws(EvaluationError) -> CalibrationError {
    let expectation =
      "\(CalibrationError.binCount) bins with their records, the correct ones of them, and probabilities"
    guard let values = value.arrayValue, values.count == CalibrationError.binCount else {
      throw problem("sums.ece", expectation)
    }
    var bins: [CalibrationError.Bin] = []
    var rest = records
    for value in values {
      guard let count = value["records"]?.integerValue, 0...rest ~= count,
        let correct = value["correct"]?.integerValue, 0...count ~= correct,
        let probabilities = value["probabilities"]
      else { throw problem("sums.ece", expectation) }
      rest -= count
      let sum = try sum(probabilities, "sums.ece")
      bins.append(CalibrationError.Bin(records: count, correct: correct, probabilities: sum))
    }
    return CalibrationError(bins: bins)
  }

  private func ranks(_ value: JSONValue, records: Int) throws(EvaluationError) -> TopRanks {
    let counts = value.arrayValue?.compactMap(\.integerValue) ?? []
    var rest = records
    let isFit = counts.allSatisfy { count in
      guard 0...rest ~= count else { return false }
      rest -= count
      return true
    }
    guard isFit, counts.count == value.arrayValue?.count, 2...TopRanks.limit ~= counts.count else {
      throw problem("sums.top_k", "2 to \(TopRanks.limit) numbers of records")
    }
    return TopRanks(counts: counts)
  }
}
