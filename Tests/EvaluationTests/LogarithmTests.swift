// Logarithms give a log loss without an upper bound. All other figures equal those of the probabilities.

import MemoryStreams
import Predictions
import Testing

@testable import Evaluation

@Suite struct LogarithmTests {
  /// NumPy's log-softmax of [[0, 1, 2], [300, 0, -300], [-1, -1, -1], [0, 0, -120]] in float32.
  private let logarithmic = """
    truth,class,log_p:a,log_p:b,log_p:c
    a,c,-2.407606,-1.407606,-0.40760598
    c,a,0,-300,-600
    b,a,-1.0986123,-1.0986123,-1.0986123
    c,a,-0.6931472,-0.6931472,-120.693146

    """
  /// NumPy's exponentials of these logarithms in float32.
  private let plain = """
    truth,class,p:a,p:b,p:c
    a,c,0.09003057,0.24472848,0.66524094
    c,a,1,0,0
    b,a,0.33333334,0.33333334,0.33333334
    c,a,0.5,0.5,0

    """

  @Test func theLossOfLogarithmsHasNoBound() throws {
    let figures = try evaluate(MemorySource(logarithmic)).figures
    // NumPy: the mean of the float32 values of the true classes, negated.
    let loss = try #require(figures.logLoss)
    #expect(abs(loss - 181.04984098672867) <= 1e-12)
    // Two of the four probabilities are 0, and count as 2⁻⁵² each.
    let bounded = try #require(try evaluate(MemorySource(plain)).figures.logLoss)
    #expect(abs(bounded - (2.407606 + 36.0436534 + 1.0986123 + 36.0436534) / 4) <= 1e-6)
  }

  @Test func otherFiguresEqualThoseOfProbabilities() throws {
    var (ours, theirs) = (
      try evaluate(MemorySource(logarithmic)).figures, try evaluate(MemorySource(plain)).figures
    )
    let (brier, otherBrier) = (try #require(ours.brier), try #require(theirs.brier))
    #expect(abs(brier - otherBrier) <= 1e-7)
    let (error, otherError) = (try #require(ours.calibrationError), try #require(theirs.calibrationError))
    #expect(abs(error - otherError) <= 1e-7)
    (ours.logLoss, ours.brier, ours.calibrationError) = (nil, nil, nil)
    (theirs.logLoss, theirs.brier, theirs.calibrationError) = (nil, nil, nil)
    theirs.sums = ours.sums
    #expect(ours == theirs)
  }

  @Test func aCertainRightAnswerHasNoLoss() throws {
    let figures = try evaluate(MemorySource("truth,class,log_p:a,log_p:b\na,a,0,-800\n")).figures
    #expect(figures.logLoss == 0)
    #expect(figures.brier == 0)
  }

  @Test func theLogarithmOfTheClassAloneGivesNoLoss() throws {
    let figures = try evaluate(MemorySource("truth,class,log_probability\na,a,-0.6931472\n")).figures
    #expect(figures.logLoss == nil)
    let error = try #require(figures.calibrationError)
    #expect(abs(error - 0.5) <= 1e-7)
  }
}
