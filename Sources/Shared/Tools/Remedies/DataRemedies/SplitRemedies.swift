// What to type if records cannot be divided.
import CommandLine
import DataSplitting

extension SplitError: Remediable {
  public var remedy: String? {
    switch self {
    case .noLabels: "use --by random or --by hash"
    case .emptyPart(_, _, _, let byHash):
      (byHash ? "choose another share or --seed" : "choose another share")
        + ", leave the part out, or write it empty with --allow-empty"
    default: nil
    }
  }
}
