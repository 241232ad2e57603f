// --average, as the commands take it.

import CommandLine
import Inference

extension Averaging: ExpressibleByArgument {
  public init?(argument: String) { self.init(argument) }

  /// What there is, for help and completions.
  public static var allValueStrings: [String] { ["none", "flip", "shift=1", "flip,shift=1"] }
}
