// The options for files that cannot be used, and the report about these files.
import ByteIO
import CommandLine
import ImageFiles
import PictureRemedies

/// `--on-error`, `--max-errors`, `--keep-going`, `--errors`.
struct ErrorOptions: ParsableArguments {
  enum Reaction: String, CaseIterable, ExpressibleByArgument { case skip, fail }

  @Option(help: ArgumentHelp("Skip files that cannot be used, or fail at the first.", valueName: "reaction"))
  var onError = Reaction.skip

  @Option(
    help: ArgumentHelp("Fail if more than <n> files are skipped. (default: no limit)", valueName: "n")
  )
  var maxErrors: Int?

  @Flag(help: "Exit with status 0 even if files were skipped, so that a job continues.")
  var keepGoing = false

  @Option(
    help: ArgumentHelp(
      "Write the path, a tab and the reason for each skipped file; - is standard output.", valueName: "file"),
    completion: .file())
  var errors: OutputPath?

  func validate() throws {
    if let maxErrors, maxErrors < 0 {
      throw ValidationError("--max-errors: expected 0 or more, got \(maxErrors)")
    }
    if keepGoing, onError == .fail {
      throw ValidationError(
        "--keep-going continues after a file that cannot be used, and --on-error fail stops; choose one")
    }
  }
}

/// More files were skipped than `--max-errors` allows.
struct TooManyBadPictures: Failure {
  let limit: Int
  var kind: FailureKind { .badData }
  var description: String {
    "stopped: --max-errors allows \(counted(limit, "skipped file")), and there are more"
  }
}

/// No picture can be used, so there is no stream to write.
struct NoPictures: Failure {
  /// The number of files that were found. None of them can be used.
  let fileCount: Int
  /// The things that the search passed over.
  let passedOver: PassedOver
  let isArchive: Bool
  /// A possible reason.
  let hint: String?
  var kind: FailureKind { .badData }
  var description: String {
    if fileCount == 1 { return "the only file cannot be used, and a stream needs a record" }
    if fileCount > 1 {
      return "none of \(grouped(fileCount)) files can be used, and a stream needs a record"
        + (hint.map { "; \($0)" } ?? "")
    }
    let foreign = passedOver.foreign
    guard foreign.count > 0 else {
      if isArchive {
        return
          "found no picture: members of archives are taken if their names end with .png, .jpg or .jpeg and are not hidden,"
          + " or if they have no ending and hold a picture; each shard needs one"
      }
      return
        "found no picture: folders are searched for names that end with .png, .jpg or .jpeg and are not hidden; each shard"
        + " needs one"
    }
    return "found no PNG or JPEG file, but \(counted(foreign.count, "picture")) of other formats, such as"
      + " \(displayed(foreign.first)); convert \(foreign.count == 1 ? "it" : "them") to PNG first"
  }
}

/// Reports skipped files, counts them, and writes the table of them.
final class BadPictureReport {
  private(set) var count = 0
  private let options: ErrorOptions
  private let isQuiet: Bool
  private let say: (String) -> Void
  private var notes = PictureNotes()
  private let table: OutputFile?
  /// The very first file, if it is bad. If no other file comes, its problem is the command's error.
  private var first: BadPicture?
  private var isFirst = true

  init(_ options: ErrorOptions, isQuiet: Bool, say: @escaping (String) -> Void) throws {
    self.options = options
    self.isQuiet = isQuiet
    self.say = say
    table = try options.errors.map { try OutputFile(path: $0.path) }
    try table?.write("name\treason\n")
  }

  /// Handles an event. Throws if there are too many problems.
  func take(_ event: PictureConversion.Event) throws {
    switch event {
    case .bad(let picture): try take(picture)
    case .note(let name, let note): notes.add(note, name: name)
    case .progress(let done):
      if done > 1 { sayFirst() }
      isFirst = false
    }
  }

  private func take(_ picture: BadPicture) throws {
    count += 1
    try table?.write("\(picture.displayedName)\t\(picture.wholeReason)\n")
    if options.onError == .fail { throw picture }
    if isFirst, count == 1 {
      first = picture
    } else {
      sayFirst()
      say(messageLine(about: picture))
    }
    if let limit = options.maxErrors, count > limit {
      sayFirst()
      throw TooManyBadPictures(limit: limit)
    }
  }

  /// Reports the first file as one of several, if it is bad and was held back.
  private func sayFirst() {
    if let picture = first.take() { say(messageLine(about: picture)) }
  }

  /// Throws if none of `fileCount` files can be used.
  func checkForPictures(
    _ fileCount: Int, _ passedOver: PassedOver, isArchive: Bool, hint: String?
  ) throws {
    if let picture = first.take() { throw picture }
    if count == fileCount {
      throw NoPictures(fileCount: fileCount, passedOver: passedOver, isArchive: isArchive, hint: hint)
    }
  }

  /// Reports doubts about pictures in the stream, and how many of `fileCount` files were skipped.
  func finish(_ fileCount: Int) throws {
    if !isQuiet { for line in notes.lines { say(line) } }
    if count == 0 { return }
    let text = "\(grouped(count)) of \(counted(fileCount, "file")) \(count == 1 ? "was" : "were") skipped"
    guard options.keepGoing else { throw NegativeAnswer(text) }
    if !isQuiet { say(text) }
  }

  /// Runs `body`, then completes the table even if `body` failed: users need it most after a failure.
  func keepingTable<Result>(_ body: () throws -> Result) throws -> Result {
    let result = Swift.Result { try body() }
    sayFirst()
    try table?.commit()
    return try result.get()
  }
}
