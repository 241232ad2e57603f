// What to type if an audit cannot be made. No other command audits, so these remedies are here, and not in a module of
// Shared/Tools/Remedies.
import Auditing
import CommandLine

extension AuditError: Remediable {
  public var remedy: String? {
    switch self {
    case .predictions: "give the stream that fm-predict read, and these with --predictions"
    case .tooMuchToKeep:
      "write the stream to a file first, or skip the search for near-duplicates with --no-near"
    case .noProbabilities: "write predictions with 'fm-predict --probabilities' or '--format raw'"
    case .gateWithoutLabels(let gate): "leave out --max \(gate)"
    case .kindWithoutLabels(let kind): "leave out --only \(kind.rawValue)"
    default: nil
    }
  }
}
