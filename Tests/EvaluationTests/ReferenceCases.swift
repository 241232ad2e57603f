// Stored predictions with figures that scikit-learn, SciPy and statsmodels computed (Fixtures/make_cases.py), and what
// several tests need to compare.
import ByteIO
import Foundation
import JSON
import Predictions
import Testing

@testable import Evaluation

/// A stored case: predictions and their figures.
struct ReferenceCase: CustomTestStringConvertible, Sendable {
  let value: JSONValue

  var testDescription: String { value["name"]?.stringValue ?? "?" }
  var classCount: Int { value["classes"]?.integerValue ?? 0 }

  func number(_ key: String) -> Double? { value[key]?.doubleValue }
  func numbers(_ key: String) -> [Double] { value[key]?.arrayValue?.compactMap(\.doubleValue) ?? [] }
  func integers(_ key: String) -> [Int] { value[key]?.arrayValue?.compactMap(\.integerValue) ?? [] }
  func rows(_ key: String) -> [[Int]] {
    value[key]?.arrayValue?.map { $0.arrayValue?.compactMap(\.integerValue) ?? [] } ?? []
  }

  /// The predictions as a reader returns them.
  var predictionRows: [PredictionRow] {
    zip(zip(integers("truth"), integers("predicted")), rows("weights")).map { labels, weights in
      var row = PredictionRow()
      row.truth = labels.0
      row.predicted = labels.1 < 0 ? nil : labels.1
      // Multiples of 2^-16, which Float holds exactly.
      row.probabilities = weights.map { Float($0) / 65536 }
      row.probability = row.probabilities.max()
      return row
    }
  }

  /// The case as TSV with the probabilities of all classes.
  var text: String {
    let header = "truth\tclass\tprobability" + (0..<classCount).map { "\tp:\($0)" }.joined() + "\n"
    return predictionRows.reduce(into: header) { text, row in
      text += "\(row.truth!)\t\(row.predicted.map(String.init) ?? "")\t\(row.probability!)"
      text += row.probabilities.map { "\t\($0)" }.joined() + "\n"
    }
  }

  static let document: JSONValue = {
    do {
      let url = try #require(Bundle.module.url(forResource: "Fixtures/cases", withExtension: "json"))
      return try JSONValue(parsing: [UInt8](Data(contentsOf: url)))
    } catch {
      fatalError("the stored cases cannot be read: \(error)")
    }
  }()

  static let all = (document["cases"]?.arrayValue ?? []).map(ReferenceCase.init)

  /// The rows of numbers stored under `key`.
  static func table(_ key: String) -> [[Double]] {
    (document[key]?.arrayValue ?? []).map { $0.arrayValue?.compactMap(\.doubleValue) ?? [] }
  }
}

/// Whether two lists have the same length and their elements differ by at most `tolerance`. NaN agrees with nothing.
func agree(_ found: [Double], _ expected: [Double], within tolerance: Double = 1e-9) -> Bool {
  found.count == expected.count && zip(found, expected).allSatisfy { abs($0 - $1) <= tolerance }
}

/// Whether two figures differ by at most `tolerance`, or are both absent.
func agree(_ found: Double?, _ expected: Double?, within tolerance: Double = 1e-9) -> Bool {
  agree(found.map { [$0] } ?? [], expected.map { [$0] } ?? [], within: tolerance)
}

@Suite struct AgreementHelperTests {
  @Test func differentValuesDoNotAgree() {
    #expect(agree([1, 2], [1, 2 + 1e-10]))
    #expect(!agree([1, 2], [1, 2.1]))
    #expect(!agree([1], [1, 2]))
    #expect(!agree([Double.nan], [Double.nan]))
    #expect(!agree(nil, 0))
    #expect(agree(nil, nil))
  }
}
