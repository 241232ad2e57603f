// The options for the labels of pictures.
import ByteIO
import ClassOptions
import CommandLine
import ImageFiles

/// `--label-from` and `--classes`.
struct LabelOptions: ParsableArguments {
  /// `none`, `directory`, an ending of archive members, or a file.
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
      Take labels from this source: none; directory, the folder that contains a picture is its class; with --tar, cls or \
      json, the member KEY.cls or KEY.json next to KEY.png, as in WebDataset; or a table (TSV or CSV). Each line of a \
      table has a picture's path and its class or the class's number. A header may name the columns: name, path or file, \
      and class, label or truth.
      """, valueName: "source"), completion: .list(["none", "directory", "cls", "json"], orFile: true))
  var labelFrom = Origin.none

  @Option(
    help: ArgumentHelp(
      """
      Use these class names, in the order of the labels: fashion-mnist, mnist, or a file with one name per line. \
      Pictures of other classes are skipped. (default: the classes that occur, ordered as numbers if all are whole \
      numbers, else by their bytes)
      """, valueName: "names"), completion: .classNames)
  var classes: ClassesArgument?

  /// The ending of the archive members that hold labels; `nil` if labels come from elsewhere.
  var memberEnding: MemberLabels.Ending? { if case .member(let ending) = labelFrom { ending } else { nil } }

  /// Refuses sources of labels that archives do not have, or that only archives have.
  func check(isArchive: Bool) throws {
    if let ending = memberEnding, !isArchive {
      throw ValidationError(
        "--label-from \(ending.rawValue) reads members of archives, and needs --tar; for a file of that name, type"
          + " ./\(ending.rawValue)")
    }
    if isArchive, labelFrom == .directory, classes == nil {
      throw ValidationError(
        "--label-from directory needs --classes with --tar: an archive is read only once, so its folders are not known"
          + " in advance"
      )
    }
  }

  /// Returns the source of labels. `classes` holds the names given by the user. If folders determine the classes, runs
  /// the search to find them, and passes doubts about them to `remark`.
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
