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
      Where labels come from: none; directory, the folder that a picture lies in is its class; or a table (TSV or CSV) with \
      a picture's path and its class, or its class's number, in each line, and perhaps a header that says which column \
      is which: name, path or file, and class, label or truth.
      """, valueName: "source"), completion: .list(["none", "directory"], orFile: true))
  var labelFrom = Origin.none

  @Option(
    help: ArgumentHelp(
      """
      The names of the classes: fashion-mnist, mnist, or a file with a name a line, in the order of the labels. A \
      picture of another class is skipped. (default: the classes that occur, in the order of their numbers if all are whole \
      numbers, else of their bytes)
      """, valueName: "names"), completion: .classNames)
  var classes: ClassesArgument?

  /// `classes` are the names that are asked for. Goes through the search where the folders tell the classes; `remark` is told
  /// what is doubtful about them.
  func source(
    _ search: PictureSearch, _ classes: [String]?, remark: (String) -> Void
  ) throws -> LabelSource {
    switch labelFrom {
    case .none: .none
    case .directory:
      try classes.map { .folders(ClassLookup(names: $0)) }
        ?? LabelSource.folders(of: search, remark: remark)
    case .table(let file): .table(try LabelTable(try InputFile(path: file.path), classes: classes))
    }
  }
}
