// Dropout: Srivastava et al. 2014, "Dropout: A Simple Way to Prevent Neural Networks from Overfitting".

/// `dropout:PROBABILITY`: in training, drops values at random and divides the others by 1 − probability.
public struct Dropout: Equatable, Sendable {
  /// The probability that a value is dropped, at least 0 and below 1.
  public var probability: Double

  public init(probability: Double) { self.probability = probability }
}

extension Dropout: WrittenOperation {
  static let words = ["dropout"]

  static func parse(_ word: inout WordArguments) throws(ArchitectureError) -> Operation {
    let form = "dropout:PROBABILITY of at least 0 and below 1, such as dropout:0.2"
    let dropout = Dropout(probability: try word.number(required: form))
    guard dropout.isValid else { throw word.malformed(form) }
    return .dropout(dropout)
  }

  private var isValid: Bool { (0..<1).contains(probability) }

  var text: String { "dropout:\(probability)" }
  var stem: String { "dropout" }

  func output(of inputs: [FeatureShape]) throws(Misfit) -> FeatureShape {
    guard isValid else { throw Misfit("the probability must be at least 0 and below 1") }
    return inputs[0]
  }
}
