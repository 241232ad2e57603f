// Models that are given by an option that may be repeated.

import ArgumentParser
import ByteIO
import CommandLine

extension [ModelPath] {
  /// Refuses a model that is given twice, by whatever paths: its answers would count twice, most likely by mistake.
  public func checkModelsDiffer(option: String) throws {
    var identities: Set<FileIdentity> = []
    for file in self {
      guard let identity = FileIdentity(ofInput: file.path) else { continue }
      if !identities.insert(identity).inserted {
        throw ValidationError(
          "\(option): '\(file.path.displayed)' is given twice, and its answers would count twice")
      }
    }
  }
}
