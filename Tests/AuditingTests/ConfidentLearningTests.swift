// Compares suspect labels with those that cleanlab finds (Fixtures/make_cases.py).
import ByteIO
import Foundation
import JSON
import Testing

@testable import Auditing

/// A stored case: labels and probabilities, with cleanlab's results.
struct LearningCase: CustomTestStringConvertible, Sendable {
  let value: JSONValue

  var testDescription: String { value["name"]?.stringValue ?? "?" }
  var classCount: Int { value["classes"]?.integerValue ?? 0 }
  var labels: [Int] { integers(value["labels"]) }
  var probabilities: [Float] { doubles(value["probabilities"]).map(Float.init) }
  var thresholds: [Double?] { value["thresholds"]?.arrayValue?.map(\.doubleValue) ?? [] }
  var joint: [[Int]] { value["joint"]?.arrayValue?.map(integers) ?? [] }

  func records(_ rank: SuspectRank) -> [Int] { integers(value["ranks"]?[rank.rawValue]?["records"]) }
  func scores(_ rank: SuspectRank) -> [Double] { doubles(value["ranks"]?[rank.rawValue]?["scores"]) }

  private func integers(_ value: JSONValue?) -> [Int] { value?.arrayValue?.compactMap(\.integerValue) ?? [] }
  private func doubles(_ value: JSONValue?) -> [Double] { value?.arrayValue?.compactMap(\.doubleValue) ?? [] }

  static let all: [LearningCase] = {
    do {
      let url = try #require(Bundle.module.url(forResource: "Fixtures/cases", withExtension: "json"))
      let document = try JSONValue(parsing: [UInt8](Data(contentsOf: url)))
      return (document.arrayValue ?? []).map(LearningCase.init)
    } catch {
      fatalError("the stored cases cannot be read: \(error)")
    }
  }()
}

@Suite struct ConfidentLearningTests {
  @Test func allStoredCasesAreRead() {
    #expect(LearningCase.all.count == 9)
    #expect(LearningCase.all.count { !$0.records(.margin).isEmpty } == 8)
  }

  @Test(arguments: LearningCase.all, SuspectRank.allCases)
  func suspectsMatchCleanlab(_ stored: LearningCase, _ rank: SuspectRank) {
    let (labels, probabilities) = (stored.labels, stored.probabilities)
    let learning = ConfidentLearning(
      labels: labels, probabilities: probabilities, classCount: stored.classCount, rank: rank)
    #expect(learning.thresholds.map { $0 == nil } == stored.thresholds.map { $0 == nil })
    for (found, expected) in zip(learning.thresholds, stored.thresholds) {
      // Sums of up to 400 terms, each at most 1, added up in a different order.
      #expect(abs((found ?? 0) - (expected ?? 0)) <= 400 * Double.ulpOfOne)
    }
    #expect(learning.joint == stored.joint)
    #expect(learning.suspects.map(\.record) == stored.records(rank))
    #expect(learning.suspects.map(\.score) == stored.scores(rank))
    for suspect in learning.suspects { #expect(suspect.suggested != labels[suspect.record]) }
  }

  @Test func theSuggestedClassIsTheOneTheRecordIsCountedFor() {
    // The thresholds are 0.8, 0.7 and 0.4.
    let labels = [0, 0, 1, 1, 2, 0]
    let probabilities: [Float] = [
      0.9, 0.1, 0, 0.9, 0.1, 0, 0, 0.7, 0.3, 0.1, 0.7, 0.2, 0.6, 0, 0.4, 0.6, 0.4, 0,
    ]
    let learning = ConfidentLearning(
      labels: labels, probabilities: probabilities, classCount: 3, rank: .margin)
    #expect(learning.suspects == [])
    // The added record, labelled 1, exceeds only the threshold of class 2, although class 0 is likelier. It also lowers
    // the threshold of class 1 to below 0.5.
    let changed = ConfidentLearning(
      labels: labels + [1], probabilities: probabilities + [0.55, 0, 0.45], classCount: 3, rank: .margin)
    #expect(changed.suspects.map(\.record) == [6])
    #expect(changed.suspects.map(\.suggested) == [2])
    #expect(changed.joint[1] == [0, 2, 1])
  }

  @Test func noRecordsGiveNoSuspects() {
    let learning = ConfidentLearning(labels: [], probabilities: [], classCount: 3, rank: .margin)
    #expect(learning.suspects == [] && learning.thresholds == [nil, nil, nil])
    #expect(learning.joint == [[1, 0, 0], [0, 1, 0], [0, 0, 1]])
  }
}
