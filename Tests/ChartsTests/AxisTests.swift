import Testing

@testable import Charts

@Suite struct AxisTests {
  @Test(arguments: [
    (0.0, 100.0, 5, ["0", "20", "40", "60", "80", "100"]), (0, 0.79, 5, ["0.0", "0.2", "0.4", "0.6", "0.8"]),
    (72.9, 90.5, 5, ["70", "75", "80", "85", "90", "95"]),
    (-0.3, 0.3, 3, ["-0.4", "-0.2", "0.0", "0.2", "0.4"]),
    (0, 0.002, 4, ["0.0000", "0.0005", "0.0010", "0.0015", "0.0020"]),
    (0, 3e8, 3, ["0", "100000000.0", "200000000.0", "300000000.0"]),
  ])
  func ticksAreRoundNumbersAroundTheRange(_ lower: Double, _ upper: Double, _ count: Int, _ texts: [String]) {
    let axis = Axis(lower, upper, count: count)
    #expect(axis.ticks.map(axis.text) == texts)
    #expect(axis.lower <= lower && upper <= axis.upper)
    #expect(axis.place(of: axis.lower) == 0 && axis.place(of: axis.upper) == 1)
  }

  @Test(arguments: [0.0, 1, -1, 3.7, 1e-12, 1e30, -1e90])
  func aSingleValueGetsARangeAroundIt(_ value: Double) {
    let axis = Axis(value, value, count: 5)
    #expect(axis.lower < axis.upper)
    #expect((0...1).contains(axis.place(of: value)))
    #expect(!axis.ticks.isEmpty && axis.ticks.count < 20)
  }

  @Test func wholeNumbersHaveWholeTicks() {
    let axis = Axis(1, 3, count: 8, endsAtTicks: false, isWhole: true)
    #expect(axis.ticks == [1, 2, 3])
    #expect((axis.lower, axis.upper) == (1, 3))
    #expect(Axis(1, 50, count: 8, endsAtTicks: false, isWhole: true).ticks == [10, 20, 30, 40, 50])
  }

  @Test func logarithmicAxesHaveATickAtEachPowerOfTen() {
    let axis = Axis(logarithmicFrom: 1e-7, to: 0.09)
    #expect(axis.ticks.map(axis.text) == ["1e-7", "1e-6", "1e-5", "1e-4", "0.001", "0.01"])
    #expect(abs(axis.place(of: 1e-7)) <= 1e-12 && abs(axis.place(of: 0.09) - 1) <= 1e-12)
    #expect(Axis(logarithmicFrom: 0.2, to: 0.2).ticks == [0.2])
  }
}
