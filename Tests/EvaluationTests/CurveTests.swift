// Compares the curves that give areas and coverage with scikit-learn and NumPy (Fixtures/make_curve_cases.py).
import Foundation
import JSON
import MemoryStreams
import RandomNumbers
import Testing

@testable import Evaluation

/// A stored case with the curves that scikit-learn and NumPy compute.
struct CurveCase: CustomTestStringConvertible, Sendable {
  let reference: ReferenceCase
  let value: JSONValue

  var testDescription: String { reference.testDescription }

  /// The counts along a class's curve, from the highest threshold to the lowest, or `nil` if the class has no curve.
  func counts(_ label: Int, _ key: String) -> [Double]? { numbers(value["curves"]?.arrayValue?[label][key]) }

  static let all: [CurveCase] = {
    do {
      let url = try #require(Bundle.module.url(forResource: "Fixtures/curve_cases", withExtension: "json"))
      let values = try JSONValue(parsing: [UInt8](Data(contentsOf: url))).arrayValue ?? []
      return values.compactMap { value in
        ReferenceCase.all.first { $0.value["name"] == value["name"] }.map {
          CurveCase(reference: $0, value: value)
        }
      }
    } catch {
      fatalError("the stored cases cannot be read: \(error)")
    }
  }()
}

/// Whether `found` has the expected points in their order, up to the rounding of a quotient. It may omit a point that
/// is within one cell of a fine grid, 1/8192 wide, of the point before.
private func agree(_ found: [CurvePoint], _ expected: [CurvePoint]) -> Bool {
  var rest = found[...]
  var last: CurvePoint?
  for point in expected {
    if let next = rest.first, abs(next.x - point.x) <= 1e-12, abs(next.y - point.y) <= 1e-12 {
      last = rest.removeFirst()
    } else {
      guard let last, abs(last.x - point.x) <= 1 / 8192, abs(last.y - point.y) <= 1 / 8192 else {
        return false
      }
    }
  }
  return rest.isEmpty && last == found.last
}

@Test func differentPointsDoNotAgree() {
  let line = [CurvePoint(0, 0), CurvePoint(0.5, 0.5), CurvePoint(0.50001, 0.5), CurvePoint(1, 1)]
  #expect(agree(line, line) && agree([line[0], line[1], line[3]], line) && agree([], []))
  #expect(!agree([line[0], line[3]], line) && !agree(Array(line.dropLast()), line))
  #expect(!agree(line, Array(line.dropLast())) && !agree([], line) && !agree(line.reversed(), line))
  #expect(!agree([CurvePoint(.nan, 0)], [CurvePoint(.nan, 0)]))
}

@Suite struct CurveTests {
  private func figures(_ text: String, areas: Bool = false) throws -> ScoreFigures {
    var wanted = WantedFigures()
    (wanted.curves, wanted.areas) = (true, areas)
    return try evaluate(MemorySource(text), wanted: wanted).figures.scores
  }

  @Test func allStoredCurvesAreRead() { #expect(CurveCase.all.count == 9) }

  @Test(arguments: CurveCase.all)
  func curvesMatchScikitLearn(_ stored: CurveCase) throws {
    let curves = try #require(try figures(stored.reference.text).curves)
    let expected = (0..<stored.reference.classCount).filter { stored.counts($0, "found") != nil }
    #expect(curves.classes.map(\.index).sorted() == expected)
    for found in curves.classes {
      let ofClass = try #require(stored.counts(found.index, "found"))
      let ofOthers = try #require(stored.counts(found.index, "mistaken"))
      let (positives, negatives) = (try #require(ofClass.last), try #require(ofOthers.last))
      let steps = zip(ofOthers, ofClass)
      let roc = [CurvePoint(0, 0)] + steps.map { CurvePoint($0 / negatives, $1 / positives) }
      // A comparison inside #expect would print every point of a long list.
      let isROC = agree(found.roc, roc)
      #expect(isROC, "class \(found.index)")
      var corners: [CurvePoint] = []
      var recall = 0.0
      for (mistaken, right) in steps {
        for x in [recall, right / positives] {
          let corner = CurvePoint(x, right / (right + mistaken))
          if corners.last != corner { corners.append(corner) }
        }
        recall = right / positives
      }
      let isPrecision = agree(found.precisionRecall, corners)
      #expect(isPrecision, "class \(found.index)")
    }
    let coverage = (stored.value["coverage"]?.arrayValue ?? []).compactMap { numbers($0) }
    let records = Double(stored.reference.integers("truth").count)
    let isCoverage = agree(curves.coverageCurve, coverage.map { CurvePoint($0[0] / records, $0[1] / $0[0]) })
    #expect(isCoverage)
  }

  /// The curves of 40,000 records keep a few thousand points and the same areas.
  @Test func longCurvesAreThinned() throws {
    var random = SplitMix64(seed: 7)
    var text = "truth\tclass\tp:a\tp:b\n"
    for index in 0..<40_000 {
      let isFirst = index % 3 == 0
      let share = Double(random.next() >> 40) / Double(1 << 24)
      let first = isFirst ? 1 - share * share : share * share
      text += "\(isFirst ? "a" : "b")\t\(first >= 0.5 ? "a" : "b")\t\(Float(first))\t\(Float(1 - first))\n"
    }
    let curves = try #require(try figures(text).curves)
    let areas = try #require(curves.areas)
    for found in curves.classes {
      #expect(found.roc.count <= 2 * 8192 && found.precisionRecall.count <= 4 * 8192)
      #expect(found.roc.last == CurvePoint(1, 1))
      func area(_ points: [CurvePoint]) -> Double {
        zip(points, points.dropFirst()).reduce(0) { $0 + ($1.1.x - $1.0.x) * ($1.0.y + $1.1.y) / 2 }
      }
      // A cell is 1/8192 wide and high, and a curve spans at most 1 in each direction.
      let expected = try #require(areas.classes[found.index])
      #expect(abs(area(found.roc) - expected.roc) <= 2 / 8192)
      #expect(abs(area(found.precisionRecall) - expected.averagePrecision) <= 2 / 8192)
    }
    #expect(curves.coverageCurve.count <= 2 * 8192)
    #expect(try #require(curves.coverageCurve.first).x >= 0.01)
  }

  @Test func withManyClassesTheWorstHaveCurves() throws {
    // Class i of 12 is right in i of 12 records.
    var text = "truth\tclass" + (0..<12).map { "\tp:\($0)" }.joined() + "\n"
    for truth in 0..<12 {
      for record in 0..<12 {
        let predicted = record < truth ? truth : (truth + 1) % 12
        let scores = (0..<12).map { $0 == predicted ? "\t1" : "\t0" }.joined()
        text += "\(truth)\t\(predicted)\(scores)\n"
      }
    }
    let curves = try #require(try figures(text).curves)
    #expect(curves.classes.count == CurveFigures.classLimit)
    let precisions = curves.classes.compactMap { curves.areas?.classes[$0.index]?.averagePrecision }
    #expect(precisions.count == curves.classes.count && precisions == precisions.sorted())
    let hidden = Set(0..<12).subtracting(curves.classes.map(\.index))
    for index in hidden {
      #expect((curves.areas?.classes[index]?.averagePrecision ?? 0) >= (precisions.last ?? 1))
    }
  }

  /// Curves for the page change no other report.
  @Test func curvesLeaveTheReportUnchanged() throws {
    let text = CurveCase.all[0].reference.text
    var wanted = WantedFigures()
    let plain = try evaluate(MemorySource(text)).json.indentedText()
    wanted.curves = true
    #expect(try evaluate(MemorySource(text), wanted: wanted).json.indentedText() == plain)
    let scores = try figures(text, areas: true)
    #expect(scores.areas != nil && scores.areas == scores.curves?.areas)
    // Without probabilities, no curve exists and no note mentions it. The page says why.
    let bare = try evaluate(MemorySource("truth\tclass\na\tb\nb\tb\n"), wanted: wanted)
    let none = try #require(bare.figures.scores.curves)
    #expect(none.areas == nil && none.classes.isEmpty && none.coverage == nil && none.coverageCurve.isEmpty)
    #expect(bare.notes.isEmpty)
  }
}
