// Merges reports on parts of the records into the report on all records.
import ByteIO
import JSON
import Predictions
import TensorStream

/// Merges JSON reports into the report that a single evaluation of all their records would have given.
///
/// Counts are added, and so are the exact sums of the other figures, so all figures are the same to the last bit.
/// Classes are joined by name. If all reports list the same classes in the same order, so does the result. Otherwise,
/// the order is that of classes that are known only by occurring (``ClassTable/order``). If `classes` are given, they
/// decide names and order, and turn numbers into names. `costs` apply to the answers alone.
///
/// A figure is left out if a report lacks it or its sums; ``EvaluationReport/notes`` says so. Areas and coverage have no sums
/// and are also left out; the result lists them. Reports are read one after the other, and none is kept. There must be
/// at least one.
///
/// - Complexity: O(r c²) for r reports of c classes, plus repeating each bootstrap that takes about a second at
///   most, to verify it. Memory is that of the largest report and of the result, and a hash and a name for each report.
public func mergeReports(
  _ sources: some Sequence<() throws -> any ByteSource>, classes: [String]? = nil,
  settings: IntervalSettings = .init(), costs: CostTable? = nil, gates: [Gate] = [], baseline: Baseline? = nil
) throws -> EvaluationReport {
  let reports = sources.lazy.map { open in { try StoredReport(open()) } }
  return try merge(
    reports, classes: classes, settings: settings, costs: costs, gates: gates, baseline: baseline)
}

/// Merges as ``mergeReports(_:classes:settings:costs:gates:baseline:)`` does, but takes stored reports.
func merge(
  _ reports: some Sequence<() throws -> StoredReport>, classes: [String]? = nil,
  settings: IntervalSettings = .init(), costs: CostTable? = nil, gates: [Gate] = [], baseline: Baseline? = nil
) throws -> EvaluationReport {
  var merger = ReportMerger(given: classes, hasCosts: costs != nil)
  for open in reports { try merger.add(open()) }
  guard var figures = merger.figures(settings) else { preconditionFailure("no reports to merge") }
  if let costs = try costs?.costs(of: figures.classes.map(\.name), areAll: false) {
    figures.scores.cost = CostFigures(figures.confusion, costs)
  }
  var report = try EvaluationReport(figures: figures, pairs: nil, gates: gates, baseline: baseline)
  report.notes = merger.notes.map { .text($0) }
  return report
}

/// Accumulates the counts and sums of reports.
private struct ReportMerger {
  private let given: [String]?
  /// Whether the cost of the answers is computed again.
  private let hasCosts: Bool
  private var table: ClassTable
  /// The classes of the first report; `nil` if another report lists others, or another order.
  private var commonNames: [String]?
  private var confusion = ConfusionMatrix()
  private var sums: FigureSums?
  private var first: (name: String, areNumbers: Bool)?
  private var unanswered = 0
  /// The classes of the reports so far by folded name: the first spelling, the report that it came from, and all
  /// spellings that one report tells apart.
  private var spellings: [String: (name: String, report: String, all: Set<[UInt8]>)] = [:]
  /// The hashes of the reports so far, each with the name of the report.
  private var known: [Int: String] = [:]
  /// Reports with the contents of an earlier one: their number, and the names of the first of them and of that earlier
  /// one.
  private var repeated: (count: Int, name: String, other: String)?
  /// Reports without the sums of some figures: these figures, the number of reports, and the name of the first.
  private var unsummed: [(figures: [String], count: Int, name: String)] = []
  /// The sums of figures in any report, and reports that lack some of them: their number and the name of the first, by
  /// the lacking figure.
  private var summed: Set<String> = []
  private var lacking: [String: (count: Int, name: String)] = [:]
  /// The keys of figures that reports have but that have no sums, in the order of first appearance.
  private var unmergeable: [String] = []
  private var showsAnswered = false
  /// Reports that left names out: their number, and the name of the first.
  private var leftOut: (count: Int, name: String)?

  init(given: [String]?, hasCosts: Bool) {
    self.given = given
    self.hasCosts = hasCosts
    table = ClassTable(given: given)
  }

  mutating func add(_ report: StoredReport) throws {
    let contents = report.contents
    if let other = known[contents] {
      repeated = ((repeated?.count ?? 0) + 1, repeated?.name ?? report.name, repeated?.other ?? other)
    } else {
      known[contents] = report.name
    }
    unanswered += report.unanswered
    showsAnswered = showsAnswered || report.showsAnswered
    if report.leftNamesOut { leftOut = ((leftOut?.count ?? 0) + 1, leftOut?.name ?? report.name) }
    let lost = report.unmergeable.filter { !hasCosts || $0 != "cost" }
    unmergeable += lost.filter { !unmergeable.contains($0) }
    try checkNames(of: report)
    let indices = try report.indices(in: &table)
    confusion.grow(to: table.names.count)
    guard confusion.total <= StoredReport.recordLimit - report.confusion.total else {
      throw EvaluationError.reportMember(
        name: report.name, key: "records", expected: "at most \(StoredReport.recordLimit) in all reports")
    }
    confusion.add(report.confusion, as: indices)
    addSums(of: report)
  }

  /// Throws if some reports have names of classes and others only numbers, because their streams have no names. The
  /// numbers would become separate classes beside the names.
  private mutating func checkNames(of report: StoredReport) throws(EvaluationError) {
    let areNumbers = report.classNames.allSatisfy { Int($0) != nil }
    if let first, first.areNumbers != areNumbers, given == nil {
      let (numbered, named) = areNumbers ? (report.name, first.name) : (first.name, report.name)
      throw .numbersAndNames(numbered: numbered, named: named)
    }
    if given == nil { try checkSpelling(of: report) }
    if first == nil {
      first = (report.name, areNumbers)
      commonNames = report.classNames
    } else if commonNames != report.classNames {
      commonNames = nil
    }
  }

  /// Throws if two reports spell a class in two ways. A single report may contain classes that look alike.
  private mutating func checkSpelling(of report: StoredReport) throws(EvaluationError) {
    var own: [String: Set<[UInt8]>] = [:]
    for name in report.classNames { own[Likeness.folded(name), default: []].insert(Array(name.utf8)) }
    for name in report.classNames {
      let folded = Likeness.folded(name)
      guard let known = spellings[folded] else {
        spellings[folded] = (name, report.name, own[folded] ?? [])
        continue
      }
      let (bytes, names) = (Array(name.utf8), own[folded] ?? [])
      if known.all.contains(bytes) { continue }
      if names.isSuperset(of: known.all) {
        spellings[folded]?.all = names
        continue
      }
      guard let likeness = Likeness(name, known.name) else { continue }
      throw .lookalikes(name: report.name, name, known.name, likeness, in: known.report)
    }
  }

  private mutating func addSums(of report: StoredReport) {
    if var total = sums {
      // A record's rank depends on which equally likely classes come before the true one, and not on other records.
      total.add(report.sums)
      sums = total
    } else {
      sums = report.sums
    }
    let own = Set(report.sums.keys)
    summed.formUnion(own)
    for key in FigureSums.allKeys where !own.contains(key) && !report.unsummed.contains(key) {
      lacking[key] = ((lacking[key]?.count ?? 0) + 1, lacking[key]?.name ?? report.name)
    }
    guard !report.unsummed.isEmpty else { return }
    if let index = unsummed.firstIndex(where: { $0.figures == report.unsummed }) {
      unsummed[index].count += 1
    } else {
      unsummed.append((report.unsummed, 1, report.name))
    }
  }

  /// One line for each kind of note, whatever the number of reports.
  var notes: [String] {
    var notes = unsummed.map { figures, count, name in
      "\(Self.reports(count, name, "has", "have")) no sums of \(figures.joined(separator: ", ")), like reports of older versions;"
        + " the merged report leaves them out"
    }
    for key in FigureSums.allKeys where summed.contains(key) {
      guard let (count, name) = lacking[key] else { continue }
      notes.append(
        "\(Self.reports(count, name, "has", "have")) no \(key), which others have; the merged report leaves it out"
      )
    }
    if !unmergeable.isEmpty {
      notes.append("\(unmergeable.joined(separator: ", ")): not in the merged report: \(ScoreFigures.reason)")
    }
    if let (count, name) = leftOut {
      // A true class that one report lacks may be in another, so the numbers do not add up.
      notes.append(
        "\(Self.reports(count, name, "left", "left")) out predictions or true classes without a counterpart; the merged report does not count them"
      )
    }
    if let repeated {
      notes.append(
        repeated.count == 1
          ? "\(repeated.name): has the same contents as \(repeated.other); if it is the same report, its records are"
            + " counted twice"
          : "\(grouped(repeated.count)) reports have the same contents as one before them, the first \(repeated.name) as"
            + " \(repeated.other); if they are the same reports, their records are counted more than once")
    }
    return notes
  }

  /// The subject of a note on some reports, of which `name` is the first, and its verb for one and for several.
  private static func reports(_ count: Int, _ name: String, _ one: String, _ several: String) -> String {
    count == 1 ? "\(name): \(one)" : "\(grouped(count)) reports, the first \(name), \(several)"
  }

  func figures(_ settings: IntervalSettings) -> Figures? {
    guard let sums else { return nil }
    let order = commonNames != nil && given == nil ? Array(table.names.indices) : table.order
    var figures = Figures(
      classNames: order.map { table.names[$0] }, confusion: confusion.reordered(order), sums: sums,
      settings: settings)
    figures.unanswered = unanswered
    figures.showsAnswered = showsAnswered
    figures.scores.unmergeable = ScoreFigures.keys.filter(unmergeable.contains)
    return figures
  }
}

extension StoredReport {
  /// A hash of everything that the report adds to a merge.
  fileprivate var contents: Int {
    var hasher = Hasher()
    hasher.combine(classNames.map { Array($0.utf8) })
    hasher.combine(unanswered)
    hasher.combine(confusion.abstained)
    for truth in 0..<confusion.classCount {
      for predicted in 0..<confusion.classCount { hasher.combine(confusion[truth, predicted]) }
    }
    hasher.combine(JSONValue.object(sums.members).compactText())
    return hasher.finalize()
  }
}
