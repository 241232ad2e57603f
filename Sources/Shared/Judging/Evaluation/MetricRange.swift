// The ranges of metrics, so that a gate that decides nothing is noticed.

extension Metric {
  /// The values that the metric can have.
  var range: ClosedRange<Double> {
    switch description {
    case "log_loss": 0...Double.infinity
    case "brier": 0...2
    case "kappa", "mcc": -1...1
    case "cost.answers", "cost.decisions": -Double.infinity...Double.infinity
    case _ where description.hasPrefix("kappa_interval.") || description.hasPrefix("mcc_interval."): -1...1
    case _ where isCount: 0...Double.infinity
    default: 0...1
    }
  }

  /// Whether the metric counts records.
  var isCount: Bool {
    ["records", "correct", "abstained", "unanswered"].contains(description)
      || description.hasPrefix("classes.") && description.hasSuffix(".support")
  }
}

extension Gate {
  /// Throws if the gate can never fail, or never pass.
  func checkDecides() throws(GateSyntaxError) {
    let range = metric.range
    let width = range.upperBound - range.lowerBound
    let (neverPasses, neverFails) =
      switch kind {
      case .minimum: (limit > range.upperBound, limit <= range.lowerBound)
      case .maximum: (limit < range.lowerBound, limit >= range.upperBound)
      case .maximumDrop: (limit < -width, limit >= width)
      }
    guard neverPasses || neverFails else { return }
    throw .decidesNothing(self, passes: neverFails, meant: meantLimit)
  }

  /// The share that was probably meant if the limit looks like a percentage; otherwise `nil`.
  private var meantLimit: Double? {
    guard metric.range.upperBound == 1, limit > 1, limit <= 100 else { return nil }
    return GateSyntaxError.share(ofPercent: limit)
  }
}

extension GateSyntaxError {
  /// Converts a percentage to a share, 90 to 0.9, without the digits that a division would add.
  static func share(ofPercent percent: Double) -> Double? { Double("\(percent)e-2") ?? percent / 100 }
}
