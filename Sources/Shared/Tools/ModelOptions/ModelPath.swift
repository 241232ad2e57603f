// A model as an option or argument: a file, or the name of a model in the folders of FM_MODELS or in the installation.

import ArgumentParser
import ByteIO
import CommandLine
import ModelFiles

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// A model that a command reads; `-` is standard input. A file takes precedence over a model of the same name.
public struct ModelPath: ExpressibleByArgument, FileArgument, Hashable, Sendable {
  /// The model's file, wherever it was found.
  public let path: FilePath

  public init(argument: String) { self.init(InputPath(argument: argument).path) }

  /// Finds the model for the path or name that was typed.
  ///
  /// - Complexity: O(*n*) system calls for *n* folders with named models.
  public init(_ typed: FilePath) {
    let isFile = typed.descriptor(standardStream: 0) != nil || (typed.exists && !typed.isFolder)
    path = isFile ? typed : NamedModels.standard.file(named: typed) ?? typed
  }

  public var files: [(role: FileRole, path: FilePath)] { [(.input, path)] }

  public var defaultValueDescription: String { path.displayed }

  /// Opens the file. Throws a `FileError`, or an ``UnknownModelError`` if there is no file and the text may be meant as
  /// a name.
  public func open() throws -> InputFile {
    let mayBeName = !path.bytes.contains { $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: ".") }
    if mayBeName, path.descriptor(standardStream: 0) == nil, !path.exists {
      throw UnknownModelError(path, among: .standard)
    }
    return try InputFile(path: path)
  }
}

extension [ModelPath] {
  /// Throws if a model is given twice, even under different paths: its predictions would count twice, most likely by
  /// mistake.
  ///
  /// - Complexity: O(*n*) for *n* models, with a system call for each.
  public func checkModelsDiffer(option: String) throws {
    guard let model = map(\.path).firstRepeatedInput else { return }
    throw ValidationError(
      "\(option): '\(model.displayed)' is given twice, and its predictions would count twice")
  }
}

/// The folders in which models are found by name: `cnn` is the file `cnn.safetensors` in the first folder that has it.
public struct NamedModels: Sendable {
  /// The folders, in the order of the search.
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
  ///
  /// - Complexity: O(*n*) system calls for *n* folders.
  public func file(named name: FilePath) -> FilePath? {
    guard !name.bytes.isEmpty, !name.bytes.contains(UInt8(ascii: "/")) else { return nil }
    return folders.lazy.map { $0 + "/" + name + Self.ending }.first {
      $0.isRegularFile(standardStream: 0)
    }
  }

  /// The names of all models, sorted and without duplicates. Reads all folders.
  ///
  /// - Complexity: O(*f* + *m* log *m*) for *f* files in all folders, *m* of them models.
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

  /// Creates the error for a name that is not among `models`. Reads all folders of models.
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
