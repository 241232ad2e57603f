// Which output each input gets in the folder of --output-directory.

import ByteIO
import CommandLine
import Predictions

/// Inputs, and the files for what is predicted of them.
struct ShardPlan {
  struct Shard {
    let input: FilePath
    let output: FilePath
    /// What says how the output was made (``ShardRecord``).
    let record: FilePath
  }
  let shards: [Shard]
  /// Of the records.
  let recordFolder: FilePath

  /// An output has its input's name, with the ending of the format in place of that of streams and archives. Throws a
  /// ``UsageError`` where an input has no name, or an output would be another one or an input.
  init(_ inputs: [FilePath], folder: FilePath, format: PredictionFormat) throws {
    let folder = folder.withoutFinalSlashes
    recordFolder = folder + "/.fm-predict"
    let records = recordFolder
    shards = try inputs.map { input in
      guard input.descriptor(standardStream: 0) == nil else {
        throw UsageError(
          "--output-directory: outputs are named after inputs, and \(input.inputName) has no name; write to -o"
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

  /// A name without the ending that tells what it is; one that is nothing but that stays.
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
