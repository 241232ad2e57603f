import Foundation
import MemoryStreams
import RandomNumbers
import Testing

@testable import Evaluation

@Suite struct BootstrapTests {
  private func settings(_ count: Int, seed: UInt64 = 0, confidence: Double = 0.95) -> IntervalSettings {
    IntervalSettings(confidence: confidence, method: .bootstrap(Resampling(count: count, seed: seed)))
  }

  /// Predictions for two classes with the given numbers of right and wrong records.
  private func text(right: Int, wrong: Int) -> String {
    "truth,class\n" + String(repeating: "a,a\n", count: right) + String(repeating: "a,b\n", count: wrong)
  }

  /// The smallest count at which the binomial distribution function reaches `share`.
  private func quantile(_ trials: Int, _ probability: Double, _ share: Double) -> Int {
    var logarithm = Double(trials) * log1p(-probability)
    var sum = exp(logarithm)
    var count = 0
    while sum < share && count < trials {
      count += 1
      logarithm += log(Double(trials - count + 1) / Double(count) * probability / (1 - probability))
      sum += exp(logarithm)
    }
    return count
  }

  /// The accuracy of a sample is binomial. With probability 1 − 1e-9, the empirical distribution of 10,000 samples
  /// differs nowhere from the true one by more than the bound of Dvoretzky, Kiefer, Wolfowitz and Massart.
  @Test(arguments: [(30, 10), (90, 10), (923, 77), (199, 1)], [0.95, 0.8])
  func theAccuracyIntervalMatchesTheBinomialDistribution(counts: (Int, Int), confidence: Double) throws {
    let (right, wrong) = counts
    let total = right + wrong
    let interval = try evaluate(
      MemorySource(text(right: right, wrong: wrong)), settings: settings(10_000, confidence: confidence)
    ).figures.accuracyInterval
    let slack = (log(2 / 1e-9) / 20_000).squareRoot()
    func bounds(_ share: Double) -> ClosedRange<Double> {
      // Allow one step more, because quantiles are interpolated between two samples.
      let (low, high) = (max(0, share - slack - 1e-4), min(1, share + slack + 1e-4))
      let count = { quantile(total, Double(right) / Double(total), $0) }
      return Double(count(low)) / Double(total)...Double(count(high)) / Double(total)
    }
    let outside = (1 - confidence) / 2
    #expect(bounds(outside) ~= interval.lower, "\(interval) \(bounds(outside))")
    #expect(bounds(1 - outside) ~= interval.upper, "\(interval) \(bounds(1 - outside))")
    #expect(interval.lower < Double(right) / Double(total) && Double(right) / Double(total) < interval.upper)
  }

  /// The reference draws records one by one and computes the figures of each sample like those of any predictions.
  @Test func samplingTheMatrixIsSamplingTheRecords() throws {
    let pairs: [(String, String, Int)] = [
      ("a", "a", 50), ("a", "b", 9), ("b", "b", 31), ("b", "c", 3), ("c", "c", 12), ("c", "a", 4),
      ("c", "", 2),
    ]
    let records = pairs.flatMap { truth, label, count in
      [(String, String)](repeating: (truth, label), count: count)
    }
    let header = "truth,class\n"
    let bootstrap = try #require(
      try evaluate(
        MemorySource(header + records.map { "\($0),\($1)\n" }.joined()), settings: settings(20_000)
      ).figures.bootstrap)
    let order = ["a", "b", "c"]
    let numbers = records.map { (order.firstIndex(of: $0.0)!, order.firstIndex(of: $0.1)) }
    let nothing = FigureSums(logLoss: nil, brier: nil, calibration: nil, ranks: nil)
    var random = SplitMix64(seed: 4)
    let samples = (0..<2_000).map { _ in
      var matrix = ConfusionMatrix(classCount: 3)
      for _ in numbers {
        let (truth, predicted) = numbers[random.next(below: numbers.count)]
        matrix.add(truth: truth, predicted: predicted)
      }
      return Figures(classNames: order, confusion: matrix, sums: nothing, settings: IntervalSettings())
    }
    // An end of the interval is a quantile. The share of naive samples below it must equal the quantile's, within the
    // bounds for both counts of samples.
    let slack = (log(2 / 1e-9) / 4_000).squareRoot() + (log(2 / 1e-9) / 40_000).squareRoot()
    func check(_ name: String, _ interval: Interval?, _ figure: (Figures) -> Double?) {
      guard let interval else {
        Issue.record("no interval of \(name)")
        return
      }
      let values = samples.compactMap(figure)
      func share(_ isBelow: (Double) -> Bool) -> Double {
        Double(values.count(where: isBelow)) / Double(values.count)
      }
      #expect(
        share { $0 < interval.lower } <= 0.025 + slack && share { $0 <= interval.lower } >= 0.025 - slack,
        "\(name)")
      #expect(
        share { $0 < interval.upper } <= 0.975 + slack && share { $0 <= interval.upper } >= 0.975 - slack,
        "\(name)")
      // The bound alone would accept an end beyond all samples.
      #expect(values.contains { $0 < interval.lower } && values.contains { $0 > interval.upper }, "\(name)")
    }
    check("accuracy", bootstrap.accuracy) { $0.accuracy }
    check("macro F1", bootstrap.macroF1) { $0.macro.f1 }
    check("weighted F1", bootstrap.weightedF1) { $0.weighted.f1 }
    check("kappa", bootstrap.kappa) { $0.kappa }
    check("MCC", bootstrap.matthewsCorrelation) { $0.matthewsCorrelation }
  }

  @Test func theSeedDeterminesTheIntervals() throws {
    func json(_ seed: UInt64) throws -> String {
      try evaluate(
        MemorySource("truth,class\na,a\nb,b\nb,a\na,a\nc,a\n"), settings: settings(200, seed: seed)
      )
      .json.compactText()
    }
    #expect(try json(1) == json(1))
    #expect(try json(1) != json(2))
    #expect(try json(.max).contains("\"seed\":18446744073709551615"))
  }

  @Test func perfectPredictionsHaveAnIntervalOfNoWidth() throws {
    let figures = try evaluate(MemorySource("truth,class\na,a\na,a\n"), settings: settings(100)).figures
    #expect(figures.accuracyInterval.lower == 1 && figures.accuracyInterval.upper == 1)
    #expect(figures.bootstrap?.macroF1.lower == 1)
    // No sample defines kappa.
    #expect(figures.kappa == nil && figures.bootstrap?.kappa == nil)
  }

  @Test func gatesCanLimitTheIntervals() throws {
    let source = { MemorySource("truth,class\na,a\nb,b\nb,a\na,a\n") }
    let names = ["accuracy", "macro_f1", "weighted_f1", "kappa", "mcc"]
    let gates = try names.map { try Gate(.minimum, parsing: "\($0)_interval.upper=0.9") }
    #expect(try evaluate(source(), settings: settings(500), gates: gates).failures.isEmpty)
    let message = message { _ = try evaluate(source(), gates: [gates[1]]) }
    #expect(message?.hasSuffix("it needs bootstrap intervals") == true)
  }

  @Test func quantilesAreInterpolatedBetweenSamples() {
    let interval = Interval(percentilesOf: [4, 1, 3, 2, 0], confidence: 0.75)
    #expect(interval.lower == 0.5 && interval.upper == 3.5)
    #expect(Interval(percentilesOf: [7], confidence: 0.95).lower == 7)
  }
}
