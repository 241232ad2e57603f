// A model as an option or argument: a file, or the name of a model that FM_MODELS or the installation has.

import ArgumentParser
import ByteIO
import CommandLine
import ModelFiles

/// A model that a command reads; `-` is standard input. A file counts before a model of the same name.
public struct ModelPath: ExpressibleByArgument, FileArgument, Hashable, Sendable {
  /// The file, wherever it was found.
  public let path: FilePath

  public init(argument: String) { self.init(InputPath(argument: argument).path) }

  /// Of what was typed.
  public init(_ typed: FilePath) {
    let isFile = typed.descriptor(standardStream: 0) != nil || (typed.exists && !typed.isFolder)
    path = isFile ? typed : NamedModels.standard.file(named: typed) ?? typed
  }

  public var files: [(role: FileRole, path: FilePath)] { [(.input, path)] }

  public var defaultValueDescription: String { path.displayed }

  /// Opens the file. Throws a `FileError`, or an ``UnknownModelError`` where what was typed may have been meant as a name.
  public func open() throws -> InputFile {
    let mayBeName = !path.bytes.contains { $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: ".") }
    if mayBeName, path.descriptor(standardStream: 0) == nil, !path.exists {
      throw UnknownModelError(path, among: .standard)
    }
    return try InputFile(path: path)
  }
}
