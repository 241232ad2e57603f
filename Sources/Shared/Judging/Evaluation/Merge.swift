// Reports of parts of the records become the report of all.
import ByteIO
import JSON
import Predictions

/// The report that evaluating the records of several JSON reports at once would have given.
///
/// Counts are added, and so are the exact sums behind the other figures, so that all of these are the same to the last bit.
/// Classes are joined by their names. Where all reports list the same ones in the same order, so does the result; else they
/// are in the order that they have where they are known only by occurring (``ClassTable/order``). `classes`, where they are
/// given, have the last word on both, and make names of numbers. By `costs` the answers alone are judged.
///
/// A figure is left out if some report lacks its sums; ``EvaluationReport/notes`` says so. So are areas and coverage, which
/// have no sums; the result says which. The reports are read one
/// after the other, and none is kept; there must be one.
public func mergeReports(
  _ sources: some Sequence<() throws -> any ByteSource>, classes: [String]? = nil,
  settings: IntervalSettings = .init(), costs: CostTable? = nil, gates: [Gate] = [], baseline: Baseline? = nil
) throws -> EvaluationReport {
  let reports = sources.lazy.map { open in { try StoredReport(open()) } }
  return try merge(
    reports, classes: classes, settings: settings, costs: costs, gates: gates, baseline: baseline)
}

/// As ``mergeReports(_:classes:settings:costs:gates:baseline:)``, of reports that were read.
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
  report.notes = merger.notes
  return report
}

/// Adds up reports.
private struct ReportMerger {
  private let given: [String]?
  /// Whether what answers cost is computed anew.
  private let hasCosts: Bool
  private var table: ClassTable
  /// The classes of the first report, as long as all list them so.
  private var commonNames: [String]?
  private var confusion = ConfusionMatrix()
  private var sums: FigureSums?
  private var first: (name: String, areNumbers: Bool)?
  private var unanswered = 0
  /// The classes of the reports so far, by their appearance, each with the report that it came from.
  private var spellings: [String: (name: String, report: String, all: Set<[UInt8]>)] = [:]
  /// The contents of the reports so far.
  private var known: [Int: String] = [:]
  /// Reports whose contents another one had: how many, and the first with the name of the other.
  private var repeated: (count: Int, name: String, other: String)?
  /// Reports without the sums of some figures: which these are, how many reports, and the first.
  private var unsummed: [(figures: [String], count: Int, name: String)] = []
  /// The keys of figures that reports have and no sums give, in the order of their appearance.
  private var unmergeable: [String] = []
  private var showsAnswered = false

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
    let lost = report.unmergeable.filter { !hasCosts || $0 != "cost" }
    unmergeable += lost.filter { !unmergeable.contains($0) }
    try checkNames(of: report)
    var indices: [Int] = []
    for name in report.classNames {
      do {
        indices.append(try table.index(ofName: name))
      } catch {
        throw EvaluationError.reportClass(name: report.name, error)
      }
    }
    guard Set(indices).count == indices.count else {
      throw EvaluationError.reportMember(
        name: report.name, key: "classes", expected: "classes that --classes tells apart")
    }
    confusion.grow(to: table.names.count)
    guard confusion.total <= StoredReport.recordLimit - report.confusion.total else {
      throw EvaluationError.reportMember(
        name: report.name, key: "records", expected: "at most \(StoredReport.recordLimit) in all reports")
    }
    confusion.add(report.confusion, as: indices)
    addSums(of: report)
  }

  /// The names of classes may be missing in some reports, as in streams that do not have them: their numbers there would
  /// become classes of their own, beside those of that name.
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

  /// A report may tell classes apart that look alike, but no class may be written in two ways by two reports.
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
      // Ranks depend on which classes are as likely as the true one and come before it, and on nothing of other records.
      total.add(report.sums)
      sums = total
    } else {
      sums = report.sums
    }
    guard !report.unsummed.isEmpty else { return }
    if let index = unsummed.firstIndex(where: { $0.figures == report.unsummed }) {
      unsummed[index].count += 1
    } else {
      unsummed.append((report.unsummed, 1, report.name))
    }
  }

  /// A line for each kind, whatever the number of reports.
  var notes: [String] {
    var notes = unsummed.map { figures, count, name in
      let reports = count == 1 ? "\(name): has" : "\(grouped(count)) reports, the first \(name), have"
      return "\(reports) no sums of \(figures.joined(separator: ", ")), as reports of older versions;"
        + " they are left out of the whole"
    }
    if !unmergeable.isEmpty {
      notes.append("\(unmergeable.joined(separator: ", ")): left out of the whole: \(ScoreFigures.reason)")
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
  /// A hash of all that the report adds to others.
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
