// What the true class of a picture is known from.
import ByteIO
import CommandLine
import ImageFiles

/// `--label-from` and `--classes`.
struct LabelOptions: ParsableArguments {
  /// `none`, `directory`, an ending of members of archives, or a file.
  enum Origin: ExpressibleByArgument, FileArgument, Equatable {
    case none, directory
    case member(MemberLabels.Ending)
    case table(InputPath)

    init(argument: String) {
      switch argument {
      case "none": self = .none
      case "directory": self = .directory
      case let argument:
        self =
          MemberLabels.Ending(rawValue: argument).map { .member($0) }
          ?? .table(InputPath(argument: argument))
      }
    }

    var defaultValueDescription: String {
      switch self {
      case .none: "none"
      case .directory: "directory"
      case .member(let ending): ending.rawValue
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
      Where labels come from: none; directory, the folder that a picture lies in is its class; with --tar, cls or json, the \
      member KEY.cls or KEY.json next to KEY.png, as WebDataset has it; or a table (TSV or CSV) with \
      a picture's path and its class, or its class's number, in each line, and perhaps a header that says which column \
      is which: name, path or file, and class, label or truth.
      """, valueName: "source"), completion: .list(["none", "directory", "cls", "json"], orFile: true))
  var labelFrom = Origin.none

  @Option(
    help: ArgumentHelp(
      """
      The names of the classes: fashion-mnist, mnist, or a file with a name a line, in the order of the labels. A \
      picture of another class is skipped. (default: the classes that occur, in the order of their numbers if all are whole \
      numbers, else of their bytes)
      """, valueName: "names"), completion: .classNames)
  var classes: ClassesArgument?

  /// The members of archives that labels are in.
  var memberEnding: MemberLabels.Ending? { if case .member(let ending) = labelFrom { ending } else { nil } }

  /// Refuses what archives do not have, or only archives do.
  func check(isArchive: Bool) throws {
    if let ending = memberEnding, !isArchive {
      throw ValidationError(
        "--label-from \(ending.rawValue) is about members of archives, which are read with --tar; a file of that name is"
          + " ./\(ending.rawValue)")
    }
    if isArchive, labelFrom == .directory, classes == nil {
      throw ValidationError(
        "--label-from directory needs --classes with --tar: an archive is read once, and its folders are not known before"
      )
    }
  }

  /// `classes` are the names that are asked for. Goes through the search where the folders tell the classes; `remark` is told
  /// what is doubtful about them.
  func source(
    _ search: PictureSearch, _ classes: [String]?, remark: (String) -> Void
  ) throws -> LabelSource {
    switch labelFrom {
    case .none: .none
    case .member(let ending): .members(MemberLabels(ending, classes: classes))
    case .directory:
      try classes.map { .folders(ClassLookup(names: $0)) }
        ?? LabelSource.folders(of: search, remark: remark)
    case .table(let file): .table(try LabelTable(try InputFile(path: file.path), classes: classes))
    }
  }
}
