// What users should know about how a report or a comparison was made.

/// A note on a report or a comparison of models. The description is one line.
public enum EvaluationNote: Equatable, Sendable, CustomStringConvertible {
  case text(String)
  /// The predictions lack the probabilities of all classes, which areas need.
  case noAreas(name: String)
  /// One of the compared models is a report, which says nothing about single records. `first` is the name of the first
  /// model; `nil` if that is the report.
  case reportAmongModels(name: String, first: String?)

  public var description: String {
    switch self {
    case .text(let text): text
    case .noAreas(let name): "\(name): has no areas, which need the probabilities of all classes"
    case .reportAmongModels(let name, _): "\(name): a report does not describe single records"
    }
  }
}
