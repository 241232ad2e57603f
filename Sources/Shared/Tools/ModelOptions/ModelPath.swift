// A model as an option or argument: a file, or the name of a model in the folders of FM_MODELS or in the installation.

import ArgumentParser
import ByteIO
import CommandLine
import ModelFiles

/// A model that a command reads; `-` is standard input. A file takes precedence over a model of the same name.
public struct ModelPath: ExpressibleByArgument, FileArgument, Hashable, Sendable {
  /// The model's file, wherever it was found.
  public let path: FilePath

  public init(argument: String) { self.init(InputPath(argument: argument).path) }

  /// Finds the model for the path or name that was typed.
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
