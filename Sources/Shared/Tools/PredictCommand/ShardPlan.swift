// Assigns each input its output in the folder of --output-directory.

import ByteIO
import CommandLine
import Predictions

/// The inputs and the files for their predictions.
struct ShardPlan {
  struct Shard {
    let input: FilePath
    let output: FilePath
    /// The file that says how the output was made (``ShardRecord``).
    let record: FilePath
  }
  let shards: [Shard]
  /// The folder of the records.
  let recordFolder: FilePath

  /// Names each output after its input, with the ending of the format in place of that of a stream or archive. Throws a
  /// ``UsageError`` if an input has no name, or if an output would be the same file as another output or an input.
  init(_ inputs: [FilePath], folder: FilePath, format: PredictionFormat) throws {
    let folder = folder.withoutFinalSlashes
    recordFolder = folder + "/.fm-predict"
    let records = recordFolder
    shards = try inputs.map { input in
      guard input.descriptor(standardStream: 0) == nil else {
        throw UsageError(
          "--output-directory: outputs are named after inputs, but \(input.inputName) has no name; write to -o"
        )
      }
      let name = Self.stem(of: input.lastName) + FilePath(".\(format.rawValue)")
      return Shard(input: input, output: folder + "/" + name, record: records + "/" + name)
    }
    try checkNames()
  }

  private func checkNames() throws {
    var inputs: [FilePath: FilePath] = [:]
    for shard in shards {
      guard let other = inputs.updateValue(shard.input, forKey: shard.output) else { continue }
      throw UsageError(
        "--output-directory: \(other.displayed) and \(shard.input.displayed) would both become"
          + " \(shard.output.displayed); rename one, or use two directories")
    }
    let identities = Set(shards.compactMap { FileIdentity(ofInput: $0.input) })
    for shard in shards {
      guard let output = FileIdentity(ofInput: shard.output), identities.contains(output) else { continue }
      throw UsageError(
        "--output-directory: \(shard.output.displayed) is also an input, and would be lost; name another directory"
      )
    }
  }

  /// Returns a name without the ending of a stream or archive. A name that is nothing but such an ending is returned as
  /// it is.
  private static func stem(of name: FilePath) -> FilePath {
    let endings = [".tar.gz", ".tar.zst", ".tar", ".tgz", ".tzst", ".raw", ".npy"]
    for ending in endings where name.bytes.count > ending.utf8.count {
      if name.text.lowercased().hasSuffix(ending) {
        return FilePath(bytes: Array(name.bytes.dropLast(ending.utf8.count)))
      }
    }
    return name
  }
}
