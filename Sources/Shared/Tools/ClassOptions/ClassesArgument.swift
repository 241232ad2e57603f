// What a data set or a table may not say itself, on the command line: the names of classes (a data set that is known by
// name, or a file with one name per line) and the titles of columns.

import ArgumentParser
import ByteIO
import CommandLine
import Predictions
import TensorStream

/// The source of class names: the name of a data set, or a file that is read.
public struct ClassesArgument: ExpressibleByArgument, FileArgument, Hashable, Sendable {
  private let path: FilePath

  public init(argument: String) { path = FilePath(bytes: argumentBytes(argument)) }

  /// The names, in the order of the labels. Throws ``ClassNamesError`` or ``FileError``.
  ///
  /// - Complexity: O(bytes of the file), which is read each time; constant for a data set's name.
  public var names: [String] {
    get throws { try dataSet ?? ClassNames.read(try InputFile(path: path)) }
  }

  public var files: [(role: FileRole, path: FilePath)] { dataSet == nil ? [(.input, path)] : [] }

  private var dataSet: [String]? { ClassNames.dataSets.first { path == FilePath($0.key) }?.value }
}

extension CompletionKind {
  /// Values of `--classes`: a data set, or a file of names.
  public static var classNames: CompletionKind {
    .list(ClassNames.dataSets.keys.sorted(), orFile: true)
  }
}

/// `--classes` of the commands that read predictions.
public struct PredictedClassOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      """
      Use these class names, in order: fashion-mnist, mnist, or a file with one name per line. Numbers in the \
      predictions become names. (default: the names in the predictions)
      """, valueName: "names"), completion: .classNames)
  public var classes: ClassesArgument?

  public init() {}

  /// The names, if the option is given. Throws ``ClassNamesError`` or ``FileError``.
  public var names: [String]? {
    get throws { try classes?.names }
  }
}

/// `--columns` of the commands that read predictions.
public struct PredictionColumnOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      """
      The columns of a table without a header, such as name,truth,class,probability; - skips a column. The output \
      of fm-predict --no-header does not need this.
      """, valueName: "titles"), completion: .columnTitles)
  public var columns: ColumnsArgument?

  public init() {}

  /// The titles, if the option is given. Throws a ``ValidationError`` if they are not known.
  public var titles: [String]? {
    get throws { try columns?.titles }
  }
}

/// The argument of `--columns`: the titles of the columns of a table without a header.
public struct ColumnsArgument: ExpressibleByArgument, Sendable {
  private let text: String

  public init(argument: String) { text = argument }

  /// The titles. Throws a ``ValidationError`` if the argument is not a list of known titles. This check is not part of
  /// parsing, because commands have checks that come first.
  public var titles: [String] {
    get throws { try parsed("--columns") { try ColumnTitles(parsing: text).titles } }
  }
}

extension CompletionKind {
  /// Values of `--columns`.
  public static var columnTitles: CompletionKind { .list(ColumnTitles.known) }
}
