// Checks the models of an option that can be repeated.

import ArgumentParser
import ByteIO
import CommandLine

extension [ModelPath] {
  /// Throws if a model is given twice, even under different paths: its predictions would count twice, most likely by
  /// mistake.
  public func checkModelsDiffer(option: String) throws {
    var identities: Set<FileIdentity> = []
    for file in self {
      guard let identity = FileIdentity(ofInput: file.path) else { continue }
      if !identities.insert(identity).inserted {
        throw ValidationError(
          "\(option): '\(file.path.displayed)' is given twice, and its predictions would count twice")
      }
    }
  }
}
