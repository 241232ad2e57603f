// Every reader of reports refuses a report whose figures do not follow from its counts.
import JSON
import MemoryStreams
import Testing

@testable import Evaluation

@Suite struct ReportVerificationTests {
  private static let predictions =
    "truth,class,probability,p:a,p:b,p:c\na,a,0.5,0.5,0.25,0.25\na,b,0.5,0.25,0.5,0.25\nb,b,0.75,0.125,0.75,0.125\n"
    + "c,a,0.625,0.625,0.125,0.25\n"

  private static func report() throws -> String {
    let old = try Baseline(MemorySource(predictions, name: "old.csv"))
    let gates = [
      try Gate(.minimum, parsing: "accuracy=0.4"), try Gate(.maximumDrop, parsing: "accuracy=0.1"),
    ]
    return try evaluate(MemorySource(predictions), gates: gates, baseline: old).json.compactText()
  }

  /// Whether each of the three readers of reports refuses the text.
  private func isRefused(_ text: String) -> Bool {
    let merged = message { _ = try mergeReports([{ MemorySource(text, name: "r.json") }]) }
    let baseline = message { _ = try Baseline(MemorySource(text, name: "r.json")) }
    let drawn = message { _ = try NamedConfusion(MemorySource(text, name: "r.json")) }
    let refusals = [merged, baseline, drawn]
    return refusals.allSatisfy { $0?.hasPrefix("r.json: ") == true }
  }

  @Test func anUnchangedReportIsAccepted() throws {
    let text = try Self.report()
    _ = try mergeReports([{ MemorySource(text) }])
    _ = try Baseline(MemorySource(text))
    let resampled = try evaluate(
      MemorySource(Self.predictions), settings: .init(method: .bootstrap(Resampling(count: 200, seed: 1))))
    _ = try Baseline(MemorySource(resampled.json.indentedText()))
  }

  /// Changes every number of a report in turn.
  @Test func everyChangedNumberIsNoticed() throws {
    let text = try Self.report()
    let report = try JSONValue(parsing: Array(text.utf8))
    var paths: [[Step]] = []
    Self.collect(report, [], &paths)
    #expect(paths.count > 60)
    // Nothing else in a report depends on the number of files without a prediction.
    for path in paths where path != [.key("unanswered")] {
      // The confidence and the limits are settings, which no other number confirms.
      let isSaid =
        path == [.key("accuracy_interval"), .key("confidence")] || path.last == .key("limit")
      for value in isSaid ? ["-7", "1e300"] : ["-7", "0.123", "1e300", "77"] {
        if path.last == .key("limit") { continue }
        let changed = Self.changing(report, path[...], to: .number(value)).compactText()
        #expect(isRefused(changed), "\(path): \(value)")
      }
    }
  }

  @Test(arguments: [
    (#""passed":true"#, #""passed":false"#), (#""predicted":"a""#, #""predicted":"b""#),
    (#""kind":"min""#, #""kind":"max""#),
    (#""metric":"accuracy""#, #""metric":"brilliance""#), (#""accuracy":0.5"#, #""accuracy":null"#),
    (#""kappa":"#, #""kappa":"x","nothing":"#),
  ])
  func forgedFiguresAreRefused(part: String, replacement: String) throws {
    let text = try Self.report()
    let place = try #require(text.firstRange(of: part))
    #expect(isRefused(text.replacingCharacters(place, replacement)), "\(part)")
  }

  /// Changes or removes every number that resampling gave, in turn.
  @Test(arguments: [200, 1_000_000])
  func forgedIntervalsAreNoticed(resamples: Int) throws {
    let settings = IntervalSettings(method: .bootstrap(Resampling(count: 200, seed: 1)))
    let report = try evaluate(MemorySource(Self.predictions), settings: settings).json
    // A million samples are too many to draw again. Only impossible values are noticed.
    let text = report.compactText().replacing("\"resamples\":200", with: "\"resamples\":\(resamples)")
    let value = try JSONValue(parsing: Array(text.utf8))
    _ = try Baseline(MemorySource(text))
    var paths: [[Step]] = []
    Self.collect(value, [], &paths)
    let isInterval = { (path: [Step]) in
      if case .key(let key)? = path.first { key.hasSuffix("_interval") || key == "bootstrap" } else { false }
    }
    #expect(paths.count(where: isInterval) == 17)
    for path in paths where isInterval(path) {
      var forged: [JSONValue] = [.number("-7"), .number("1e300"), .null, .string("x")]
      if resamples == 200, path.last != .key("confidence"), path.first != .key("bootstrap") {
        forged.append(.number("0.123"))
      }
      for other in forged {
        let changed = Self.changing(value, path[...], to: other).compactText()
        #expect(isRefused(changed), "\(path): \(other.compactText())")
      }
    }
    let alone = text.replacing("\"bootstrap\":", with: "\"other\":")
    #expect(isRefused(alone))
  }

  /// Without answers, no count gives the accuracy of the answers. Its range is checked nevertheless.
  @Test(arguments: ["7", "-0.5", "null", "\"x\""])
  func aShareThatNoCountGivesIsInItsRange(_ value: String) throws {
    var wanted = WantedFigures()
    wanted.answered = true
    let predictions = "truth,class,probability\na,,0.5\nb,,0.25\n"
    let text = try evaluate(MemorySource(predictions), wanted: wanted).json.compactText()
    _ = try Baseline(MemorySource(text))
    let place = try #require(text.firstRange(of: #""answered":{"#), "\(text)")
    #expect(isRefused(text.replacingCharacters(place, #""answered":{"accuracy":\#(value),"#)))
  }

  @Test(arguments: ["macro", "weighted", "answered", "cost", "coverage_at"])
  func aGroupOfMetricsIsAnObject(_ group: String) throws {
    var wanted = WantedFigures()
    wanted.answered = true
    let text = try evaluate(MemorySource("truth,class\na,a\nb,a\n"), wanted: wanted).json.compactText()
    func adding(_ members: String) -> String {
      text.replacingCharacters(text.startIndex..<text.index(after: text.startIndex), "{\(members),")
    }
    #expect(!isRefused(adding("\"other\":5")))
    let key = "\"\(group)\":{"
    let edited = text.firstRange(of: key).map { text.replacingCharacters($0, "\"\(group)\":5,\"other\":{") }
    #expect(isRefused(edited ?? adding("\"\(group)\":5")))
  }

  @Test(arguments: [
    (#""mcnemar_p":1"#, #""mcnemar_p":"x","p":1"#), (#""mcnemar_p":1"#, #""mcnemar_p":0.5,"p":1"#),
    (#""mcnemar_p":1"#, #""mcnemar_p":null,"p":1"#), (#""mcnemar_p":"#, #""p":"#),
    (#""mcnemar_p":1.0,"records":4"#, #""mcnemar_p":1.0,"records":0"#),
    (#""mcnemar_p":1.0,"records":4"#, #""mcnemar_p":1.0,"records":5"#),
    (#""baseline":0.5,"#, #""baseline":-1,"#), (#""baseline":0.5,"#, #""baseline":0.45,"#),
  ])
  func forgedComparisonsAreNoticed(part: String, replacement: String) throws {
    let text = try Self.report()
    let place = try #require(text.firstRange(of: part), "\(text)")
    #expect(isRefused(text.replacingCharacters(place, replacement)), "\(part): \(replacement)")
  }

  private enum Step: Equatable {
    case key(String)
    case index(Int)
  }

  private static func collect(_ value: JSONValue, _ path: [Step], _ paths: inout [[Step]]) {
    switch value {
    case .number: paths.append(path)
    case .array(let elements):
      for (index, element) in elements.enumerated() { collect(element, path + [.index(index)], &paths) }
    case .object(let members):
      for member in members { collect(member.value, path + [.key(member.key)], &paths) }
    default: break
    }
  }

  private static func changing(_ value: JSONValue, _ path: ArraySlice<Step>, to other: JSONValue) -> JSONValue
  {
    guard let step = path.first else { return other }
    switch (step, value) {
    case (.index(let wanted), .array(let elements)):
      return .array(
        elements.enumerated().map { $0 == wanted ? changing($1, path.dropFirst(), to: other) : $1 })
    case (.key(let key), .object(let members)):
      return .object(
        members.map { $0.key == key ? .init(key, changing($0.value, path.dropFirst(), to: other)) : $0 })
    default: return value
    }
  }
}

extension String {
  fileprivate func replacingCharacters(_ range: Range<Index>, _ other: String) -> String {
    self[..<range.lowerBound] + other + self[range.upperBound...]
  }
}
