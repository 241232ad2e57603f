// Models that are called by a name, as those that come with fm-tools are, and where they lie.
#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif
import ByteIO

/// The folders of models that have names: of `cnn`, the file is `cnn.safetensors` in the first of them that has it.
public struct NamedModels: Sendable {
  public let folders: [FilePath]

  public init(folders: [FilePath]) { self.folders = folders }

  /// Those of the environment variable FM_MODELS, between colons as in PATH, and then that of the installation,
  /// `share/fm-tools/models` beside the `bin` that the running command lies in.
  public static var standard: NamedModels {
    let named = getenv("FM_MODELS").map { Array(UnsafeBufferPointer(start: $0, count: strlen($0))) } ?? []
    let folders = named.split(separator: CChar(UInt8(ascii: ":"))).map {
      FilePath(bytes: $0.map(UInt8.init(bitPattern:)))
    }
    let installed = FilePath.executable.map { $0.folder + "../share/fm-tools/models" }
    return NamedModels(folders: folders + (installed.map { [$0] } ?? []))
  }

  /// The file of a model. What names a file or folder elsewhere, by a slash, names no model.
  public func file(named name: FilePath) -> FilePath? {
    guard !name.bytes.isEmpty, !name.bytes.contains(UInt8(ascii: "/")) else { return nil }
    return folders.lazy.map { $0 + "/" + name + Self.ending }.first {
      $0.isRegularFile(standardStream: 0)
    }
  }

  /// The names of all models, sorted, each once.
  public var names: [FilePath] {
    let ending = Self.ending.bytes
    let files = folders.flatMap(\.namesInside)
    let names = files.filter { $0.count > ending.count && $0.suffix(ending.count).elementsEqual(ending) }
      .map { FilePath(bytes: $0.dropLast(ending.count)) }
    return Set(names).sorted { $0.bytes.lexicographicallyPrecedes($1.bytes) }
  }

  private static let ending: FilePath = ".safetensors"
}

/// There is neither a file nor a model of the name that was given for a model.
public struct UnknownModelError: Failure, Equatable {
  /// As messages show it.
  public let name: String
  /// The names that there are.
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
      : "by name there are \(known.joined(separator: ", "))"
    return "\(name): no such file and no model of that name; \(models)"
  }
}
