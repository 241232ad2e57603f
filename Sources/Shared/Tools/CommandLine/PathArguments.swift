// Options and arguments that are files. Their types say what becomes of the file, and so let every command be checked in
// the same way (FileChecks.swift): an option of these types cannot be left out.
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
  /// Whether opening the file, which is open as `input`, again starts it again. What a shell opened is at the place where
  /// others left it.
  public func canBeReadTwice(_ input: InputFile) -> Bool {
    let isDescriptor =
      path.isStandardStream || path.text.hasPrefix("/dev/") || path.text.hasPrefix("/proc/")
    return input.byteCount != nil && !isDescriptor
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

/// Names of classes: a data set's, or a file that is read.
public struct ClassesArgument: ExpressibleByArgument, Hashable, Sendable {
  public let path: FilePath

  public init(argument: String) { path = FilePath(bytes: argumentBytes(argument)) }

  /// Whether the argument is a data set's name, and no file's.
  var isDataSet: Bool { ["fashion-mnist", "mnist"].contains(path) }
}

/// What becomes of a file that an option names.
public enum FileRole: Hashable, Sendable {
  case input, output, outputFolder
}

/// The value of an option that is a file, several, or none.
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

extension ClassesArgument: FileArgument {
  public var files: [(role: FileRole, path: FilePath)] { isDataSet ? [] : [(.input, path)] }
}

extension Optional: FileArgument where Wrapped: FileArgument {
  public var files: [(role: FileRole, path: FilePath)] { self?.files ?? [] }
}

extension Array: FileArgument where Element: FileArgument {
  public var files: [(role: FileRole, path: FilePath)] { flatMap(\.files) }
}
