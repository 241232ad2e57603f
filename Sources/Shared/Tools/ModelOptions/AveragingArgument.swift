// The argument of --average.

import CommandLine
import Inference

extension Averaging: ExpressibleByArgument {
  public init?(argument: String) { self.init(argument) }

  /// The values to show in help and completions.
  public static var allValueStrings: [String] { ["none", "flip", "shift=1", "flip,shift=1"] }
}
