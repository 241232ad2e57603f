// Files that cannot be used: how many may be, and where they are written down.
import ByteIO
import CommandLine
import ImageFiles

/// `--on-error`, `--max-errors`, `--keep-going`, `--errors`.
struct ErrorOptions: ParsableArguments {
  enum Reaction: String, CaseIterable, ExpressibleByArgument { case skip, fail }

  @Option(help: ArgumentHelp("Skip such a file, or fail at the first one.", valueName: "reaction"))
  var onError = Reaction.skip

  @Option(
    help: ArgumentHelp("Fail when more than <n> files had to be skipped. (default: no limit)", valueName: "n")
  )
  var maxErrors: Int?

  @Flag(help: "Exit with status 0 although files had to be skipped, so that a job goes on.")
  var keepGoing = false

  @Option(
    help: ArgumentHelp(
      "Write a line with the path, a tab and the reason for each; - is standard output.", valueName: "file"),
    completion: .file())
  var errors: OutputPath?

  func validate() throws {
    if let maxErrors, maxErrors < 0 {
      throw ValidationError("--max-errors: expected 0 or more, got \(maxErrors)")
    }
    if keepGoing, onError == .fail {
      throw ValidationError(
        "--keep-going goes on after a file that cannot be used, --on-error fail does not; choose one")
    }
  }
}

/// More files than may be cannot be used.
struct TooManyBadPictures: Failure {
  let limit: Int
  var kind: FailureKind { .badData }
  var description: String {
    "stopped: --max-errors allows to skip \(counted(limit, "file")), and there are more"
  }
}

/// There is nothing to write.
struct NoPictures: Failure {
  /// How many files were found, of which none can be used.
  let fileCount: Int
  /// What else was found.
  let passedOver: PassedOver
  let isArchive: Bool
  /// What the reason may be.
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
        "found no picture: folders are searched for names in .png, .jpg or .jpeg that are not hidden, and each shard needs a file"
    }
    return "found no PNG or JPEG file, but \(counted(foreign.count, "picture")) of other formats, such as"
      + " \(displayed(foreign.first)); convert \(foreign.count == 1 ? "it" : "them") to PNG first"
  }
}

/// Says which files are skipped, counts them, and keeps the table of them.
final class BadPictureReport {
  private(set) var count = 0
  private let options: ErrorOptions
  private let isQuiet: Bool
  private let say: (String) -> Void
  private var notes = PictureNotes()
  private let table: OutputFile?
  /// The first file of all, if it is bad: if no other comes, its problem is the command's.
  private var first: BadPicture?
  private var isFirst = true

  init(_ options: ErrorOptions, isQuiet: Bool, say: @escaping (String) -> Void) throws {
    self.options = options
    self.isQuiet = isQuiet
    self.say = say
    table = try options.errors.map { try OutputFile(path: $0.path) }
    try table?.write("name\treason\n")
  }

  /// Throws where there is one problem too many.
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
    try table?.write("\(picture.displayedName)\t\(picture.reason)\n")
    if options.onError == .fail { throw picture }
    if isFirst, count == 1 {
      first = picture
    } else {
      sayFirst()
      say(picture.description)
    }
    if let limit = options.maxErrors, count > limit {
      sayFirst()
      throw TooManyBadPictures(limit: limit)
    }
  }

  private func sayFirst() {
    if let picture = first.take() { say(picture.description) }
  }

  /// Throws where none of so many files can be used.
  func checkForPictures(
    _ fileCount: Int, _ passedOver: PassedOver, isArchive: Bool, hint: String?
  ) throws {
    if let picture = first.take() { throw picture }
    if count == fileCount {
      throw NoPictures(fileCount: fileCount, passedOver: passedOver, isArchive: isArchive, hint: hint)
    }
  }

  /// Says what is doubtful about pictures that are in the stream, and how many are not; of `fileCount`.
  func finish(_ fileCount: Int) throws {
    if !isQuiet { for line in notes.lines { say(line) } }
    if count == 0 { return }
    let text = "\(grouped(count)) of \(counted(fileCount, "file")) \(count == 1 ? "was" : "were") skipped"
    guard options.keepGoing else { throw NegativeAnswer(text) }
    if !isQuiet { say(text) }
  }

  /// Runs `body`; the table is there afterwards, whether it failed or not: of work that failed it is wanted most.
  func keepingTable<Result>(_ body: () throws -> Result) throws -> Result {
    let result = Swift.Result { try body() }
    sayFirst()
    try table?.commit()
    return try result.get()
  }
}
