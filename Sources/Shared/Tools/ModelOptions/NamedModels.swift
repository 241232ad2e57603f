// Finds models by name, such as those that come with fm-tools.
#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif
import ByteIO

/// The folders in which models are found by name: `cnn` is the file `cnn.safetensors` in the first folder that has it.
public struct NamedModels: Sendable {
  public let folders: [FilePath]

  public init(folders: [FilePath]) { self.folders = folders }

  /// The folders of the environment variable FM_MODELS, separated by colons as in PATH, and then the folder of the
  /// installation, `share/fm-tools/models` beside the `bin` of the running command.
  public static var standard: NamedModels {
    let named = getenv("FM_MODELS").map { Array(UnsafeBufferPointer(start: $0, count: strlen($0))) } ?? []
    let folders = named.split(separator: CChar(UInt8(ascii: ":"))).map {
      FilePath(bytes: $0.map(UInt8.init(bitPattern:)))
    }
    let installed = FilePath.executable.map { $0.folder + "../share/fm-tools/models" }
    return NamedModels(folders: folders + (installed.map { [$0] } ?? []))
  }

  /// Returns the file of a model; `nil` if there is none. A name with a slash is a path, not a model.
  public func file(named name: FilePath) -> FilePath? {
    guard !name.bytes.isEmpty, !name.bytes.contains(UInt8(ascii: "/")) else { return nil }
    return folders.lazy.map { $0 + "/" + name + Self.ending }.first {
      $0.isRegularFile(standardStream: 0)
    }
  }

  /// The names of all models, sorted and without duplicates. Reads all folders.
  public var names: [FilePath] {
    let ending = Self.ending.bytes
    let files = folders.flatMap(\.namesInside)
    let names = files.filter { $0.count > ending.count && $0.suffix(ending.count).elementsEqual(ending) }
      .map { FilePath(bytes: $0.dropLast(ending.count)) }
    return Set(names).sorted { $0.bytes.lexicographicallyPrecedes($1.bytes) }
  }

  private static let ending: FilePath = ".safetensors"
}

/// The error if neither a file nor a model has the name that was given for a model.
public struct UnknownModelError: Failure, Equatable {
  /// The name as messages show it.
  public let name: String
  /// The names of all models.
  public let known: [String]

  public init(_ name: FilePath, among models: NamedModels) {
    self.name = name.displayed
    known = models.names.map(\.displayed)
  }

  public var kind: FailureKind { .cannotOpen }

  public var description: String {
    let models =
      known.isEmpty
      ? "no models are installed, and FM_MODELS names no folder with any"
      : "the known models are \(known.joined(separator: ", "))"
    return "\(name): no such file and no model of that name; \(models)"
  }
}
