// What to type if tables of predictions, thresholds or costs cannot be read.
import CommandLine
import Predictions

extension PredictionError: Remediable {
  public var remedy: String? {
    switch self {
    case .columnsOfNoTable: "leave out --columns"
    case .images: "put 'fm-predict --model MODEL' before this command"
    case .foreign(_, let found), .notTruth(_, let found): found.remedy
    case .givenClassesDiffer: "leave --classes out: the stream names its classes"
    case .row(_, let problem): problem.remedy
    default: nil
    }
  }
}

extension RowProblem: Remediable {
  public var remedy: String? {
    switch self {
    case .columnMissing where suggestsNoHeader:
      "if the table has no header, name its columns with 'fm-eval --columns'"
    case .rowForHeader: "put a header above it, or name the columns with 'fm-eval --columns'"
    case .columnsContradicted: "leave --columns out, or name the columns in the order of the header"
    case .labelUnknown(_, _, areGiven: true): "correct it, or give other names with --classes"
    default: nil
    }
  }
}

extension ThresholdError: Remediable {
  public var remedy: String? {
    switch self {
    case .foreign(_, let found): found.remedy
    case .header: "'fm-eval --choose-thresholds' writes such a table"
    default: nil
    }
  }
}

extension CostError: Remediable {
  public var remedy: String? { if case .foreign(_, let found) = self { found.remedy } else { nil } }
}
