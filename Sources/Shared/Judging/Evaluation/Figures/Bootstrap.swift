// Bootstrap intervals: how much figures would vary on other records of the same kind.
import RandomNumbers

/// Percentile intervals of the figures that follow from the confusion matrix.
///
/// Each bootstrap sample draws n records with replacement from the n that were judged. The figures depend on records
/// only through the cells of the matrix. The probability that a drawn record falls into a cell is the cell's share of
/// the records, whatever was drawn before, so the cells of a sample are multinomial. The sampler draws them directly:
/// one binomial number per cell, conditional on the cells that were drawn before. Samples have the same distribution as
/// if records were drawn, in time and memory that do not depend on n.
///
/// B. Efron, "Bootstrap methods: another look at the jackknife", The Annals of Statistics 7, 1979; the conditional
/// binomials: L. Devroye, "Non-Uniform Random Variate Generation", 1986, XI.1.4.
///
/// - Complexity: O(samples · (nonzero cells + classes)) time, O(samples) memory
public struct BootstrapIntervals: Equatable, Sendable {
  public var resampling: Resampling
  public var accuracy: Interval
  public var macroF1: Interval
  public var weightedF1: Interval
  /// The interval of kappa; `nil` if kappa is undefined in every sample.
  public var kappa: Interval?
  public var matthewsCorrelation: Interval

  init(_ matrix: ConfusionMatrix, _ resampling: Resampling, confidence: Double) {
    precondition(resampling.count > 0, "\(resampling.count) samples")
    let sampler = MatrixSampler(matrix)
    var random = SplitMix64(seed: resampling.seed)
    var (accuracies, macros, weighteds, kappas, correlations) = (
      [Double](), [Double](), [Double](), [Double](), [Double]()
    )
    var totals = ClassTotals(matrix)
    for _ in 0..<resampling.count {
      sampler.draw(into: &totals, &random)
      accuracies.append(ratio(totals.correct.reduce(0, +), sampler.records))
      let f1 = totals.meanF1
      macros.append(f1.macro)
      weighteds.append(f1.weighted)
      if let kappa = totals.kappa { kappas.append(kappa) }
      correlations.append(totals.matthewsCorrelation)
    }
    func interval(_ values: [Double]) -> Interval { Interval(percentilesOf: values, confidence: confidence) }
    self.resampling = resampling
    accuracy = interval(accuracies)
    macroF1 = interval(macros)
    weightedF1 = interval(weighteds)
    kappa = kappas.isEmpty ? nil : interval(kappas)
    matthewsCorrelation = interval(correlations)
  }
}

extension Interval {
  /// Computes the percentile interval of at least one value. It cuts off equal shares at both ends of the sorted
  /// values, and interpolates linearly between two values (R. J. Hyndman and Y. Fan, "Sample quantiles in statistical
  /// packages", The American Statistician 50, 1996, definition 7).
  ///
  /// - Complexity: O(n log n) for n values
  init(percentilesOf values: [Double], confidence: Double) {
    let sorted = values.sorted()
    func quantile(_ share: Double) -> Double {
      let place = share * Double(sorted.count - 1)
      let below = sorted[Int(place)]
      let above = sorted[min(Int(place) + 1, sorted.count - 1)]
      return below + (place - place.rounded(.down)) * (above - below)
    }
    let outside = (1 - confidence) / 2
    self.init(confidence: confidence, lower: quantile(outside), upper: quantile(1 - outside))
  }
}

/// Draws confusion matrices with the same number of records as a given one.
private struct MatrixSampler {
  private struct Cell {
    let truth: Int
    /// The predicted class; `nil` for records without one.
    let predicted: Int?
    let count: Int
  }
  private var cells: [Cell] = []
  let records: Int

  init(_ matrix: ConfusionMatrix) {
    records = matrix.total
    for truth in 0..<matrix.classCount {
      for predicted in 0..<matrix.classCount where matrix[truth, predicted] > 0 {
        cells.append(Cell(truth: truth, predicted: predicted, count: matrix[truth, predicted]))
      }
      if matrix.abstained[truth] > 0 {
        cells.append(Cell(truth: truth, predicted: nil, count: matrix.abstained[truth]))
      }
    }
    // Most records are in a few cells. After these are drawn, often no records are left for the others.
    cells.sort { $0.count > $1.count }
  }

  /// Replaces `totals`, which must have the same number of classes, with those of a sample.
  func draw(into totals: inout ClassTotals, _ random: inout SplitMix64) {
    totals.removeAll()
    var (left, leftCount) = (records, records)
    for cell in cells where left > 0 {
      let drawn = random.binomial(left, Double(cell.count) / Double(leftCount))
      totals.add(drawn, truth: cell.truth, predicted: cell.predicted)
      left -= drawn
      leftCount -= cell.count
    }
  }
}
