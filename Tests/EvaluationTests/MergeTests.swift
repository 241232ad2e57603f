import ByteIO
import Foundation
import JSON
import MemoryStreams
import Predictions
import Testing

@testable import Evaluation

/// Merges the reports that the given texts hold.
private func merged(
  _ reports: [String], classes: [String]? = nil, gates: [Gate] = [], settings: IntervalSettings = .init()
) throws -> EvaluationReport {
  try mergeReports(
    reports.enumerated().map { index, text in { MemorySource(text, name: "\(index).json") } },
    classes: classes, settings: settings, gates: gates)
}

/// The JSON report of predictions.
private func report(_ text: String, classes: [String]? = nil) throws -> String {
  try evaluate(MemorySource(text), classes: classes).json.indentedText()
}

@Suite struct MergeTests {
  enum Form: String, CaseIterable { case plain, ranked, probabilities, logarithms }

  /// A header and rows for `count` records of four classes. Some rows have no predicted class.
  private func table(_ form: Form, _ count: Int) -> (header: String, rows: [String]) {
    let names = ["Shirt", "a|b", "10 %", "x\\ty"]
    let shown = names.map { form == .logarithms ? "log_p:\($0)" : "p:\($0)" }
    var state: UInt64 = 77
    func next() -> UInt64 {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return state >> 33
    }
    let header: [String] =
      switch form {
      case .plain: ["truth", "class"]
      case .ranked: ["truth", "class", "probability", "class2", "class3"]
      case .probabilities: ["truth", "class", "probability"] + shown
      case .logarithms: ["truth", "class"] + shown
      }
    let rows = (0..<count).map { _ in
      let weights = (0..<4).map { _ in Double(next() % 1000) + 1 }
      let sum = weights.reduce(0, +)
      let order = (0..<4).sorted { weights[$0] > weights[$1] }
      let truth = names[next() % 3 == 0 ? Int(next() % 4) : order[0]]
      let predicted = next() % 11 == 0 ? "" : names[order[0]]
      let values = weights.map { "\(Float($0 / sum))" }
      let logarithms = weights.map { "\(Float(log($0 / sum)))" }
      switch form {
      case .plain: return [truth, predicted].joined(separator: "\t")
      case .ranked:
        return [truth, predicted, values[order[0]], names[order[1]], names[order[2]]].joined(separator: "\t")
      case .probabilities: return ([truth, predicted, values[order[0]]] + values).joined(separator: "\t")
      case .logarithms: return ([truth, predicted] + logarithms).joined(separator: "\t")
      }
    }
    return (header.joined(separator: "\t") + "\n", rows.map { $0 + "\n" })
  }

  @Test(arguments: Form.allCases, [1, 2, 3, 17])
  func mergingEqualsOneEvaluationToTheLastBit(form: Form, shardCount: Int) throws {
    let (header, rows) = table(form, 300)
    let whole = try report(header + rows.joined())
    var shards = [[String]](repeating: [], count: shardCount)
    for (index, row) in rows.enumerated() { shards[index * index % shardCount].append(row) }
    let reports = try shards.filter { !$0.isEmpty }.map { try report(header + $0.joined()) }
    #expect(try merged(reports).json.indentedText() == whole)
    #expect(try merged(reports.reversed()).json.indentedText() == whole)
    // In two steps, through a report that was itself merged.
    if reports.count > 2 {
      let part = try merged(Array(reports[1...])).json.compactText()
      #expect(try merged([part, reports[0]]).json.indentedText() == whole)
    }
  }

  @Test func classesAreJoinedByNameInTheOrderOfOneEvaluation() throws {
    let (one, other) = ("Coat\tBag\nCoat\tCoat\n", "T-shirt/top\tBag\nBag\tBag\nDress\t\n")
    let header = "truth\tclass\n"
    let whole = try report(header + one + other)
    #expect(try merged([report(header + other), report(header + one)]).json.indentedText() == whole)
    #expect(whole.contains("T-shirt/top"))
    // Given names take precedence.
    let names = ["Bag", "Coat", "Dress", "T-shirt/top", "Hat"]
    let given = try merged([report(header + one), report(header + other)], classes: names)
    #expect(given.json.indentedText() == (try report(header + one + other, classes: names)))
    let message = message { _ = try merged([report(header + one)], classes: ["Bag", "Hat"]) }
    #expect(message?.hasPrefix("0.json: classes: 'Coat' is not one of the 2 classes") == true)
  }

  @Test func anOrderCommonToAllReportsIsKept() throws {
    let text = "truth,class,p:z,p:a\nz,a,0.25,0.75\na,a,0.5,0.5\n"
    let one = try report(text)
    #expect(try merged([one, one]).figures.classes.map(\.name) == ["z", "a"])
    #expect(try merged([one, one]).figures.records == 4)
  }

  @Test func numbersAreNotMixedWithNames() throws {
    let (named, numbered) = (try report("truth,class\na,b\n"), try report("truth,class\n0,1\n1,1\n"))
    #expect(
      message { _ = try merged([named, numbered]) }
        == "1.json: its classes are numbers, but those of 0.json are names")
    #expect(
      message { _ = try merged([numbered, named]) }?.hasPrefix("0.json: its classes are numbers") == true)
    let report = try merged([numbered, named], classes: ["a", "b"])
    #expect(report.figures.confusion[0, 1] == 2 && report.figures.confusion[1, 1] == 1)
  }

  @Test func reportsWithoutSumsAreMergedByTheirCounts() throws {
    let (header, rows) = table(.probabilities, 60)
    let new = try report(header + rows.joined())
    guard case .object(let members) = try JSONValue(parsing: new.utf8) else {
      Issue.record("no object")
      return
    }
    let old = JSONValue.object(members.filter { $0.key != "sums" && $0.key != "confusions" }).indentedText()
    let report = try merged([new, old])
    let once = try merged([new])
    #expect(report.figures.records == 120 && report.figures.macro == once.figures.macro)
    #expect(report.figures.kappa == once.figures.kappa)
    #expect(report.figures.logLoss == nil && report.figures.brier == nil)
    #expect(report.figures.calibrationError == nil && report.figures.topShares == [])
    #expect(
      report.notes.map(\.description) == [
        "1.json: has no sums of log_loss, brier, ece, top_k, like reports of older versions;"
          + " the merged report leaves them out"
      ])
    #expect(once.notes == [])
    #expect(throws: EvaluationError.self) {
      try merged([new, old], gates: [Gate(.maximum, parsing: "log_loss=9")])
    }
  }

  @Test func figuresThatSomeReportsLackAreNamed() throws {
    let (header, rows) = table(.probabilities, 20)
    let (plainHeader, plainRows) = table(.plain, 20)
    let whole = try report(header + rows.joined())
    let plain = try report(plainHeader + plainRows.joined())
    let names = ["log_loss", "brier", "ece", "top_k"]
    for (reports, lacking) in [
      ([whole, plain], "1.json: has"), ([plain, whole], "0.json: has"),
      ([plain, whole, plain], "2 reports, the first 0.json, have"),
    ] {
      let notes = try merged(reports).notes.map(\.description).filter { !$0.contains("same contents") }
      #expect(
        notes == names.map { "\(lacking) no \($0), which others have; the merged report leaves it out" })
    }
    #expect(try merged([plain, try report(plainHeader + plainRows.dropLast().joined())]).notes == [])
    // Ranks up to the third are common to both.
    let (rankedHeader, rankedRows) = table(.ranked, 20)
    let ranked = try report(rankedHeader + rankedRows.joined())
    #expect(
      try merged([whole, ranked]).notes.map(\.description)
        == ["log_loss", "brier"].map {
          "1.json: has no \($0), which others have; the merged report leaves it out"
        })
  }

  @Test func gatesJudgeTheMergedReport() throws {
    let reports = try ["truth,class\na,a\n", "truth,class\na,b\n"].map { try report($0) }
    let result = try merged(
      reports, gates: [Gate(.minimum, parsing: "accuracy=0.5"), Gate(.minimum, parsing: "accuracy=0.51")])
    #expect(result.gates.map(\.isPassed) == [true, false])
  }

  @Test(arguments: [
    ("records", "-1"), ("records", "4"), ("records", "1e2"), ("records", "\"3\""), ("classes", "[]"),
    ("classes", "[{\"name\":\"a\",\"support\":3},{\"name\":\"a\",\"support\":0}]"),
    ("classes", "[{\"name\":\"\",\"support\":3},{\"name\":\"b\",\"support\":0}]"),
    ("classes", "[{\"name\":\"a\",\"support\":1},{\"name\":\"b\",\"support\":0}]"),
    ("classes", "[{\"name\":\"a\"},{\"name\":\"b\"}]"), ("confusion", "[[1,2]]"), ("confusion", "7"),
    ("confusion", "[[1,1],[-1,1]]"), ("confusion", "[[9007199254740993,1],[0,1]]"),
    ("confusion", "[[9223372036854775807,9223372036854775807],[0,0]]"), ("sums", "{\"log_loss\":7}"),
    ("sums", "{\"log_loss\":[1e300]}"), ("sums", "{\"brier\":[\"1\"]}"), ("sums", "{\"ece\":[]}"),
    ("sums", "{\"top_k\":[1]}"), ("sums", "{\"top_k\":[2,2]}"), ("sums", "{\"top_k\":[1,-1]}"),
  ])
  func aSelfContradictoryReportIsRefused(key: String, value: String) throws {
    guard case .object(var members) = try JSONValue(parsing: report("truth,class\na,a\na,b\nb,b\n").utf8)
    else {
      Issue.record("no object")
      return
    }
    members.removeAll { $0.key == key }
    members.append(.init(key, try JSONValue(parsing: value.utf8)))
    let text = JSONValue.object(members).compactText()
    let message = try #require(message { _ = try merged([text]) })
    #expect(message.hasPrefix("0.json: "))
    #expect(message.contains(": expected "), "\(message)")
  }

  @Test func moreRecordsThanADoubleCanCountAreRefused() throws {
    let large =
      "{\"records\":9007199254740992,\"accuracy\":1,\"classes\":[{\"name\":\"a\",\"support\":"
      + "9007199254740992}],\"confusion\":[[9007199254740992]]}"
    #expect(try merged([large]).figures.accuracy == 1)
    #expect(
      message { _ = try merged([large, large]) }?.hasPrefix("1.json: records: expected at most") == true)
  }

  @Test(arguments: ["", "{", "[]", "truth,class\na,a\n", "{}"])
  func otherFilesAreNotMerged(text: String) {
    #expect(message { _ = try merged([text]) }?.hasPrefix("0.json: expected a JSON report of") == true)
  }
}

@Suite struct MergedFileTests {
  private static let text = "truth\tclass\na\ta\nb\ta\n"

  @Test func manyEqualReportsGiveOneNote() throws {
    let one = try report(Self.text)
    let notes = try merged([String](repeating: one, count: 1200)).notes
    #expect(
      notes.map(\.description) == [
        "1,199 reports have the same contents as one before them, the first 1.json as 0.json; if they are the same reports,"
          + " their records are counted more than once"
      ])
    let other = try report(Self.text + "b\tb\n")
    #expect(
      try merged([one, other, other]).notes.map(\.description) == [
        "2.json: has the same contents as 1.json; if it is the same report, its records are counted twice"
      ])
    #expect(try merged([one, other]).notes.isEmpty)
  }

  @Test func manyReportsWithoutSumsGiveOneNote() throws {
    let table = "truth\tclass\tp:a\tp:b\n"
    let reports = try (1...3).map { count in
      let rows = String(repeating: "a\ta\t0.75\t0.25\n", count: count)
      let members = try JSONValue(parsing: report(table + rows).utf8)
      guard case .object(let all) = members else { preconditionFailure("a report is an object") }
      return JSONValue.object(all.filter { $0.key != "sums" }).compactText()
    }
    let notes = try merged(reports).notes
    #expect(
      notes.count == 1
        && notes[0].description.hasPrefix("3 reports, the first 0.json, have no sums of log_loss"))
  }

  @Test func aByteOrderMarkIsSkipped() throws {
    let one = try report(Self.text)
    #expect(try merged(["\u{FEFF}" + one, one]).figures.records == 4)
  }

  @Test func otherFormatsAreNamedWithARemedy() throws {
    let wide = Array(try report(Self.text).utf8).flatMap { [$0, UInt8(0)] }
    for (bytes, words) in [
      (wide, "UTF-16 text; convert it with 'iconv"),
      ([0xFF, 0xFE] + wide, "UTF-16 text; convert it with 'iconv"),
      ([0x1f, 0x8b, 8, 0], "a gzip file; unpack it"), (Array(Self.text.utf8), "text: 'truth"),
      ([], "no bytes at all"),
    ] {
      let merging = message { _ = try mergeReports([{ MemorySource(bytes, name: "r.json") }]) }
      #expect(
        merging?.hasPrefix("r.json: expected a JSON report of fm-eval, found \(words)") == true,
        "\(merging ?? "nothing")")
    }
    for bytes in [wide, [0xFF, 0xFE] + wide] {
      let baseline = message { _ = try Baseline(MemorySource(bytes)) }
      let confusion = message { _ = try NamedConfusion(MemorySource(bytes)) }
      #expect(baseline?.contains("UTF-16 text; convert it with 'iconv") == true, "\(baseline ?? "nothing")")
      #expect(confusion?.contains("UTF-16 text; convert it with 'iconv") == true, "\(confusion ?? "nothing")")
    }
  }
}
