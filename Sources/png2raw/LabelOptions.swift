// What the true class of a picture is known from.
import ByteIO
import CommandLine
import ImageFiles

/// `--label-from` and `--classes`.
struct LabelOptions: ParsableArguments {
  /// `none`, `directory`, or a file.
  enum Origin: ExpressibleByArgument, FileArgument, Equatable {
    case none, directory
    case table(InputPath)

    init(argument: String) {
      switch argument {
      case "none": self = .none
      case "directory": self = .directory
      default: self = .table(InputPath(argument: argument))
      }
    }

    var defaultValueDescription: String {
      switch self {
      case .none: "none"
      case .directory: "directory"
      case .table(let file): file.path.displayed
      }
    }

    var files: [(role: FileRole, path: FilePath)] {
      if case .table(let file) = self { file.files } else { [] }
    }
  }

  @Option(
    help: ArgumentHelp(
      """
      Where labels come from: none; directory, the folder that a picture lies in is its class; or a file of lines with a \
      picture's path, a tab and its class (or its class's number), and perhaps the header name, tab, class.
      """, valueName: "source"), completion: .file())
  var labelFrom = Origin.none

  @Option(
    help: ArgumentHelp(
      """
      The names of the classes: fashion-mnist, mnist, or a file with a name a line, in the order of the labels. A \
      picture of another class is skipped. (default: the classes that occur, in the order of their bytes)
      """, valueName: "names"), completion: .file())
  var classes: ClassesArgument?

  /// `classes` are the names that are asked for. Goes through the search where the folders tell the classes.
  func source(_ search: PictureSearch, _ classes: [String]?) throws -> LabelSource {
    switch labelFrom {
    case .none: .none
    case .directory:
      try classes.map { .folders(ClassLookup(names: $0)) } ?? LabelSource.folders(of: search)
    case .table(let file): .table(try LabelTable(try InputFile(path: file.path), classes: classes))
    }
  }
}
