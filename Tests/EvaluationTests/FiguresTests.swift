import MemoryStreams
import Predictions
import RandomNumbers
import Testing

@testable import Evaluation

@Suite struct FiguresTests {
  @Test func allStoredCasesAreRead() {
    #expect(ReferenceCase.all.count == 15)
    #expect(ReferenceCase.table("intervals").count == 40)
    #expect(ReferenceCase.table("mcnemar").count == 14)
  }

  @Test(arguments: ReferenceCase.all)
  func figuresMatchScikitLearn(_ reference: ReferenceCase) throws {
    let figures = try evaluate(MemorySource(reference.text)).figures
    #expect(figures.records == reference.integers("truth").count)
    #expect(agree(figures.accuracy, reference.number("accuracy")))
    #expect(agree(figures.logLoss, reference.number("log_loss")))
    #expect(agree(figures.brier, reference.number("brier")))
    #expect(agree(figures.calibrationError, reference.number("ece")))
    #expect(agree(figures.kappa, reference.number("kappa")))
    #expect(agree(figures.matthewsCorrelation, reference.number("mcc")))
    #expect(agree(figures.topShares, reference.numbers("top")))
    let interval = figures.accuracyInterval
    #expect(agree([interval.lower, interval.upper], reference.numbers("interval")))
    #expect(agree(means(figures.macro), reference.numbers("macro")))
    #expect(agree(means(figures.weighted), reference.numbers("weighted")))
    #expect(agree(figures.classes.map(\.precision), reference.numbers("precision")))
    #expect(agree(figures.classes.map(\.recall), reference.numbers("recall")))
    #expect(agree(figures.classes.map(\.f1), reference.numbers("f1")))
    #expect(figures.classes.map(\.support) == reference.integers("support"))
    let counts = (0..<reference.classCount).map { truth in
      (0..<reference.classCount).map { figures.confusion[truth, $0] }
    }
    #expect(counts == reference.rows("confusion"))
    #expect(figures.abstained == reference.integers("predicted").count { $0 < 0 })
  }

  private func means(_ means: MeanFigures) -> [Double] { [means.precision, means.recall, means.f1] }

  @Test(arguments: ReferenceCase.table("intervals"))
  func intervalsMatchStatsmodels(row: [Double]) {
    let interval = Interval(successes: Int(row[0]), total: Int(row[1]), confidence: row[2])
    #expect(agree([interval.lower, interval.upper], Array(row[3...])))
    #expect(interval.lower >= 0 && interval.upper <= 1)
  }

  @Test(arguments: ReferenceCase.table("mcnemar"))
  func mcNemarsTestIsTheExactBinomialTest(row: [Double]) {
    let probability = mcNemarProbability(fixed: Int(row[0]), broken: Int(row[1]))
    #expect(agree([probability], [row[2]], within: 1e-9 * max(row[2], .leastNormalMagnitude)))
  }

  @Test func normalDeviatesMatchPublishedTables() {
    // NIST/SEMATECH e-Handbook of Statistical Methods, 1.3.6.7.1, and Abramowitz and Stegun, table 26.5.
    #expect(agree([normalDeviate(confidence: 0.95)], [1.959963984540054], within: 1e-12))
    #expect(agree([normalDeviate(confidence: 0.99)], [2.5758293035489004], within: 1e-12))
    #expect(agree([normalDeviate(confidence: 0.5)], [0.6744897501960817], within: 1e-12))
  }

  @Test func compensatedSumsKeepWhatDoublesWouldRoundAway() {
    var sum = CompensatedSum()
    for term in [1, 1e100, 1, -1e100] { sum.add(term) }
    #expect(sum.value == 2)
    sum = CompensatedSum()
    for _ in 0..<1_000_000 { sum.add(0.1) }
    #expect(sum.value == 100_000)
  }

  @Test func calibrationBinsIncludeTheirUpperBound() {
    var error = CalibrationError()
    for (probability, isCorrect) in [
      (Float(0.5), true), (0.5, false), (1, true), (0, false), (0.0625, false),
    ] {
      error.add(probability, isCorrect: isCorrect)
    }
    // The bin {0, 0.0625} is off by 0.0625 in total, {0.5, 0.5} and {1} by 0.
    #expect(error.value == 0.0625 / 5)
  }

  @Test func figuresWithoutTheirInputAreAbsent() throws {
    let figures = try evaluate(MemorySource("truth,class\na,a\nb,c\n")).figures
    #expect(figures.logLoss == nil && figures.brier == nil && figures.calibrationError == nil)
    #expect(figures.topShares == [])
    #expect(figures.classes.map(\.name) == ["a", "b", "c"])
    let keys = figures.members.map(\.key)
    #expect(
      keys == [
        "records", "correct", "abstained", "unanswered", "accuracy", "accuracy_interval", "kappa", "mcc",
        "macro",
        "weighted",
        "classes", "confusion", "confusions",
      ])
  }

  @Test func runnersUpSufficeForTheTopShares() throws {
    let text = "truth,class,class2,class3\na,a,b,c\na,b,a,c\na,b,c,a\na,b,c,d\nd,,,\n"
    let figures = try evaluate(MemorySource(text)).figures
    #expect(figures.topShares == [0.2, 0.4, 0.6])
    #expect(figures.abstained == 1)
  }

  @Test func listingMoreClassesDoesNotChangeTheMeans() throws {
    let text = "truth,class\na,a\nb,a\nb,b\n"
    let few = try evaluate(MemorySource(text)).figures
    let many = try evaluate(MemorySource(text), classes: ["z", "b", "a", "y"]).figures
    #expect(many.classes.map(\.name) == ["z", "b", "a", "y"])
    #expect(many.macro == few.macro && many.weighted == few.weighted)
    #expect(many.kappa == few.kappa && many.matthewsCorrelation == few.matthewsCorrelation)
  }
}

@Suite struct ConfusionMatrixTests {
  @Test func growingKeepsTheCounts() {
    var matrix = ConfusionMatrix()
    var expected: [[Int]: Int] = [:]
    for step in 0..<500 {
      let (truth, predicted) = (step * 7 % (step / 8 + 1), step * 5 % (step / 8 + 1))
      matrix.add(truth: truth, predicted: predicted)
      expected[[truth, predicted], default: 0] += 1
    }
    #expect(matrix.total == 500)
    for truth in 0..<matrix.classCount {
      for predicted in 0..<matrix.classCount {
        #expect(matrix[truth, predicted] == expected[[truth, predicted], default: 0])
      }
    }
  }

  @Test func reorderingMovesRowsAndColumns() {
    var matrix = ConfusionMatrix()
    matrix.add(truth: 0, predicted: 1)
    matrix.add(truth: 2, predicted: nil)
    let moved = matrix.reordered([2, 0, 1])
    #expect(moved[1, 2] == 1 && moved.total == 2)
    #expect(moved.abstained == [1, 0, 0])
    #expect(moved.reordered([1, 2, 0]) == matrix)
    #expect(moved != matrix)
  }

  @Test func confusionsAreSortedByFrequencyThenByClass() {
    var matrix = ConfusionMatrix(classCount: 3)
    for (truth, predicted) in [(2, 1), (0, 1), (1, 0), (2, 0), (2, 0), (1, 1)] {
      matrix.add(truth: truth, predicted: predicted)
    }
    let found = matrix.mostFrequentConfusions(limit: 3)
    #expect(found.map { [$0.truth, $0.predicted, $0.count] } == [[2, 0, 2], [0, 1, 1], [1, 0, 1]])
  }

  /// The formula of Guo et al., "On Calibration of Modern Neural Networks" (2017).
  @Test func calibrationErrorInMemoryMatchesTheFormula() throws {
    var random = SplitMix64(seed: 5)
    var (probabilities, truths): ([Float], [UInt8]) = ([], [])
    for _ in 0..<500 {
      let weights = (0..<3).map { _ in Float(random.next() % 1000 + 1) }
      probabilities += weights.map { $0 / weights.reduce(0, +) }
      truths.append(UInt8(random.next() % 3))
    }
    var bins = [(count: Int, right: Int, sum: Double)](repeating: (0, 0, 0), count: 15)
    for (record, truth) in truths.enumerated() {
      let row = Array(probabilities[3 * record..<3 * record + 3])
      let highest = row.max()!
      let bin = bins.indices.first { Double(highest) <= Double($0 + 1) / 15 }!
      bins[bin].count += 1
      bins[bin].sum += Double(highest)
      if row.firstIndex(of: highest) == Int(truth) { bins[bin].right += 1 }
    }
    let expected = bins.reduce(0) { $0 + abs($1.sum - Double($1.right)) } / 500
    let error = try #require(calibrationError(ofProbabilities: probabilities, truths: truths))
    #expect(abs(error - expected) <= 1e-12)
    #expect(calibrationError(ofProbabilities: [], truths: []) == nil)
  }
}
