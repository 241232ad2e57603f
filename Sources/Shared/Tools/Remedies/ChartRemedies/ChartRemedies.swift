// What to type if records cannot be chosen for a sheet, or a log cannot be drawn.
import Charts
import CommandLine

extension SelectionError: Remediable {
  public var remedy: String? {
    switch self {
    case .noKeys: "'fm-eval --wrong' writes such a table"
    case .tooMany:
      "take some with '--limit 100' or '--select FILE', or write each to a file with '--directory DIR'"
    case .numberForName:
      "name the classes with 'fm-eval --classes', or write the predictions with 'fm-predict --labels name'"
    case .numbersAndNames(_, _, let stream):
      "give \(stream) names of classes with 'idx2raw --classes' or 'png2raw --classes', and write the predictions with"
        + " 'fm-predict --labels name'"
    default: nil
    }
  }
}

extension TrainingLogError: Remediable {
  public var remedy: String? {
    switch self {
    case .line(_, _, .notJSON), .line(_, _, .noEvent): Self.writer
    case .foreign(_, let found): found.remedy(or: Self.writer)
    case .nothing: "is it a log of 'fm-train --log'?"
    case .both, .mixed: "'fm-train --lr-find' runs range tests"
    case .line: nil
    }
  }

  private static let writer = "'fm-train --log' writes such a file"
}
