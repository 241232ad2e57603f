// An architecture on a command line: its text, or @FILE for a file that contains it.

import ArgumentParser
import ByteIO
import CommandLine
import Networks

/// A preset's name, a specification, or a file with a specification.
public struct SpecificationArgument: ExpressibleByArgument, FileArgument, Sendable {
  private enum Source {
    case text(String)
    case file(FilePath)
  }
  private let source: Source

  public init(argument: String) {
    source =
      argument.hasPrefix("@")
      ? .file(FilePath(bytes: Array(argumentBytes(argument).dropFirst()))) : .text(argument)
  }

  public var files: [(role: FileRole, path: FilePath)] {
    if case .file(let path) = source { [(.input, path)] } else { [] }
  }

  /// The text as it was typed; `nil` for a file.
  public var text: String? { if case .text(let text) = source { text } else { nil } }

  /// The preset that the text names; `nil` if it is another specification or a file.
  public var preset: Preset? { text.flatMap(Architecture.preset) }

  /// Throws a ``ValidationError`` if the text is not a valid specification. ``specification()`` reads and checks files.
  public func checkText() throws {
    guard let text else { return }
    do {
      _ = try Specification(parsing: text)
    } catch {
      throw ValidationError(messageLine(about: error))
    }
  }

  /// Parses the text or the file. Throws an ``ArchitectureError``, a ``SpecificationFileError`` or a ``FileError``.
  ///
  /// - Complexity: reads a file of up to 1 MiB each time.
  public func specification() throws -> Specification {
    switch source {
    case .text(let text): return try Specification(parsing: text)
    case .file(let path):
      let name = path.inputName
      let text = try Self.read(path)
      do {
        return try Specification(parsing: text)
      } catch {
        throw SpecificationFileError.wrong(name: name, error)
      }
    }
  }

  /// The maximum size of a file in bytes: far more than the text of any network.
  private static let limit = 1 << 20

  private static func read(_ path: FilePath) throws -> String {
    let bytes = try InputFile(path: path).readAll(limit: limit + 1)
    guard bytes.count <= limit, let utf8 = convertedToUTF8(bytes),
      let text = String(validating: utf8, as: UTF8.self),
      !text.contains("\0")
    else { throw SpecificationFileError.notText(name: path.inputName) }
    return text
  }
}

/// The reason why a file is not an architecture.
public enum SpecificationFileError: Failure, Equatable {
  case notText(name: String)
  case wrong(name: String, ArchitectureError)

  public var kind: FailureKind { .badData }

  public var description: String {
    switch self {
    case .notText(let name): "\(name): expected an architecture as UTF-8 text of at most 1 MiB"
    case .wrong(let name, let error): "\(name): \(messageLine(about: error))"
    }
  }
}
