// Steps of the heat map, and curves that are drawn with fewer points.
import Charts
import Evaluation
import RandomNumbers
import Testing

@testable import ReportPage

@Suite struct DrawingTests {
  @Test func stepsFollowTheShares() {
    var matrix = ConfusionMatrix(classCount: 3)
    matrix.add(truth: 0, predicted: 0, count: 90)
    matrix.add(truth: 0, predicted: 1, count: 10)
    matrix.add(truth: 1, predicted: 1, count: 99)
    matrix.add(truth: 1, predicted: 0, count: 1)
    let map = ConfusionCounts(matrix)
    #expect(map.columnCount == 3 && !map.hasAbstentions)
    // The most frequent mistake has the strongest colour of its scale, and one record differs from none.
    #expect([map.level(0, 0), map.level(0, 1), map.level(0, 2)] == ["r9", "m10", "zero"])
    #expect([map.level(1, 0), map.level(1, 1)] == ["m1", "r10"])
    // No record has class 2.
    #expect((0..<3).map { map.level(2, $0) } == ["zero", "zero", "zero"] && map.share(2, 2) == 0)
    #expect(map.pixels.count == 27 && map.pixels.suffix(9).allSatisfy { $0 == 255 })
    #expect(map.pixels[3..<6].contains { $0 < 200 })
  }

  @Test func recordsWithoutAClassHaveAColumn() {
    var matrix = ConfusionMatrix(classCount: 2)
    matrix.add(truth: 0, predicted: nil, count: 3)
    matrix.add(truth: 1, predicted: 1)
    let map = ConfusionCounts(matrix)
    #expect(map.columnCount == 3 && map[0, 2] == 3 && map.level(0, 2) == "m10" && map.level(1, 2) == "zero")
    #expect(map.pixels.count == 18)
  }

  /// Returns the distance of a point from a polyline, measured at many places on it.
  private func distance(_ point: CurvePoint, _ line: [CurvePoint]) -> Double {
    zip(line, line.dropFirst()).reduce(Double.infinity) { nearest, ends in
      (0...200).reduce(nearest) { nearest, step in
        let share = Double(step) / 200
        let x = ends.0.x + share * (ends.1.x - ends.0.x) - point.x
        let y = ends.0.y + share * (ends.1.y - ends.0.y) - point.y
        return min(nearest, (x * x + y * y).squareRoot())
      }
    }
  }

  @Test func aSimplifiedCurveStaysNearTheOriginal() {
    var random = SplitMix64(seed: 3)
    var (x, y) = (0.0, 0.0)
    let points = (0..<400).map { _ in
      x += Double(random.next() % 100) / 100
      y += Double(random.next() % 100) / 100 - 0.4
      return CurvePoint(x, y)
    }
    let simple = simplified(points, tolerance: 1)
    #expect(simple.count < 200 && simple.first == points.first && simple.last == points.last)
    // The measured places are 1/200 of a segment apart.
    for point in points { #expect(distance(point, simple) <= 1.2) }
  }

  @Test func shortCurvesStayAndStraightOnesKeepTheirEnds() {
    #expect(simplified([], tolerance: 1).isEmpty)
    let one = [CurvePoint(1, 2)]
    #expect(simplified(one, tolerance: 1) == one)
    let straight = (0...10).map { CurvePoint(Double($0), Double($0)) }
    #expect(simplified(straight, tolerance: 0.001) == [straight[0], straight[10]])
    // A line that returns to its beginning.
    let loop = [CurvePoint(0, 0), CurvePoint(5, 0), CurvePoint(5, 5), CurvePoint(0, 0)]
    #expect(simplified(loop, tolerance: 0.1) == loop)
  }

  @Test func curvesAreCutAtTheEndOfTheAxis() {
    let curve = [CurvePoint(0, 0), CurvePoint(0.1, 0.8), CurvePoint(0.3, 1), CurvePoint(1, 1)]
    let short = cut(curve, atX: 0.2)
    #expect(short.count == 3 && short[1] == curve[1])
    #expect(abs(short[2].x - 0.2) <= 1e-12 && abs(short[2].y - 0.9) <= 1e-12)
    #expect(cut(curve, atX: 1) == curve)
    // If all curves run in the corner, the axis ends early.
    let good = [CurvePoint(0, 0), CurvePoint(0.01, 0.99), CurvePoint(1, 1)]
    #expect(ReportPage.rocEnd([good]) == 0.05)
    #expect(ReportPage.rocEnd([good, curve]) == 0.5)
    #expect(ReportPage.rocEnd([good, [CurvePoint(0, 0), CurvePoint(1, 1)]]) == 1)
  }

  @Test func coordinatesAreRoundedToTenths() {
    #expect([0, 1, -0.04, 0.05, 12.34, -7.96].map(short) == ["0", "1", "0", "0.1", "12.3", "-8"])
  }
}
