// The types of options and arguments that name files. A type says whether the file is read or written, so that
// FileChecks.swift can check every command in the same way, and cannot miss an option.
import ArgumentParser
import ByteIO

/// A file that a command reads; `-` is standard input.
public struct InputPath: ExpressibleByArgument, ExpressibleByStringLiteral, Hashable, Sendable {
  public let path: FilePath

  public init(_ path: FilePath) { self.path = path }
  public init(argument: String) { self.init(FilePath(bytes: argumentBytes(argument))) }
  public init(stringLiteral text: String) { self.init(FilePath(text)) }

  public var defaultValueDescription: String { path.displayed }
}

extension InputPath {
  /// Whether the file can be read again from its beginning by opening it a second time. `input` is the open file. It is
  /// false for a file that a shell opened, which may have been read in part by other programs.
  private func canBeReadTwice(_ input: InputFile) -> Bool {
    let isDescriptor =
      path.isStandardStream || path.text.hasPrefix("/dev/") || path.text.hasPrefix("/proc/")
    return input.byteCount != nil && !isDescriptor
  }

  /// Returns a function that opens the file again and passes it to `read`; `nil` if it cannot be read twice. `input` is
  /// the open file.
  public func reopening<Reader>(
    _ input: InputFile, _ read: @escaping (InputFile) throws -> Reader
  ) -> (() throws -> Reader)? {
    canBeReadTwice(input) ? { try read(InputFile(path: path)) } : nil
  }
}

/// A file that a command writes; `-` is standard output.
public struct OutputPath: ExpressibleByArgument, ExpressibleByStringLiteral, Hashable, Sendable {
  public let path: FilePath

  public init(_ path: FilePath) { self.path = path }
  public init(argument: String) { self.init(FilePath(bytes: argumentBytes(argument))) }
  public init(stringLiteral text: String) { self.init(FilePath(text)) }

  public var defaultValueDescription: String { path.displayed }
}

/// A folder that a command writes files into.
public struct OutputFolder: ExpressibleByArgument, Hashable, Sendable {
  public let path: FilePath

  public init(argument: String) { path = FilePath(bytes: argumentBytes(argument)) }
}

/// The use that a command makes of a file.
public enum FileRole: Hashable, Sendable {
  case input, output, outputFolder
}

/// The value of an option that names one file, several, or none.
public protocol FileArgument {
  var files: [(role: FileRole, path: FilePath)] { get }
}

extension InputPath: FileArgument {
  public var files: [(role: FileRole, path: FilePath)] { [(.input, path)] }
}

extension OutputPath: FileArgument {
  public var files: [(role: FileRole, path: FilePath)] { [(.output, path)] }
}

extension OutputFolder: FileArgument {
  public var files: [(role: FileRole, path: FilePath)] { [(.outputFolder, path)] }
}

extension Optional: FileArgument where Wrapped: FileArgument {
  public var files: [(role: FileRole, path: FilePath)] { self?.files ?? [] }
}

extension Array: FileArgument where Element: FileArgument {
  public var files: [(role: FileRole, path: FilePath)] { flatMap(\.files) }
}
