// What the true class of a picture is known from.
import ByteIO
import CommandLine
import ImageFiles

/// `--label-from` and `--classes`.
struct LabelOptions: ParsableArguments {
  static let directory = "directory"
  static let none = "none"

  @Option(
    help: ArgumentHelp(
      """
      Where labels come from: none; directory, the folder that a picture lies in is its class; or a table (TSV or CSV) with \
      a picture's path and its class, or its class's number, in each line, and perhaps a header that says which column \
      is which: name, path or file, and class, label or truth.
      """, valueName: "source"), completion: .file())
  var labelFrom = none

  @Option(
    help: ArgumentHelp(
      """
      The names of the classes: fashion-mnist, mnist, or a file with a name a line, in the order of the labels. A \
      picture of another class is skipped. (default: the classes that occur, in the order of their numbers if all are whole \
      numbers, else of their bytes)
      """, valueName: "names"), completion: .file())
  var classes: String?

  /// The file of labels, if it is one.
  var table: String? { [Self.directory, Self.none].contains(labelFrom) ? nil : labelFrom }

  /// `classes` are the names that are asked for. Goes through the search where the folders tell the classes.
  func source(_ search: PictureSearch, _ classes: [String]?, isQuiet: Bool) throws -> LabelSource {
    switch labelFrom {
    case Self.none: .none
    case Self.directory:
      try classes.map { .folders(ClassLookup(names: $0)) }
        ?? LabelSource.folders(of: search) { if !isQuiet { Png2Raw.say($0) } }
    default: .table(try LabelTable(try InputFile(path: labelFrom), classes: classes))
    }
  }
}
