// The options that name the outputs of a split.
import ByteIO
import CommandLine
import DataSplitting

/// `--train`, `--held-out`, `--test-out`, `--emit` and `--allow-empty`.
struct PartOutputOptions: ParsableArguments {
  @Option(help: ArgumentHelp("Write the training data to this file.", valueName: "file"), completion: .file())
  var train: OutputPath?

  @Option(
    help: ArgumentHelp("Write the validation data to this file.", valueName: "file"), completion: .file())
  var heldOut: OutputPath?

  @Option(help: ArgumentHelp("Write the test data to this file.", valueName: "file"), completion: .file())
  var testOut: OutputPath?

  @Option(
    help: ArgumentHelp("Write one part to standard output.", valueName: "part"))
  var emit: EmittedPart?

  @Flag(help: "Write a part even if it gets no record.")
  var allowEmpty = false

  enum EmittedPart: String, CaseIterable, ExpressibleByArgument { case train, validation, test }

  /// The files that the options name, with their parts and options.
  private var paths: [(part: Part, option: String, path: OutputPath)] {
    let files: [(Part, String, OutputPath?)] = [
      (.training, "--train", train), (.validation, "--held-out", heldOut), (.test, "--test-out", testOut),
    ]
    return files.compactMap { part, option, path in path.map { (part, option, $0) } }
  }

  func validate() throws {
    if emit != nil, let file = paths.first {
      throw ValidationError("--emit writes to standard output; leave out --emit or \(file.option)")
    }
    if emit == nil && paths.isEmpty {
      throw ValidationError("no output requested; give --train and --held-out, or --emit train")
    }
  }

  /// Throws if there is test data without an output, or an output for test data without any.
  func check(hasTest: Bool) throws {
    if hasTest && emit == nil && testOut == nil {
      throw ValidationError("--test holds out test data; give --test-out to write it")
    }
    if !hasTest && (testOut != nil || emit == .test) {
      throw ValidationError("there is no test data without --test; give a share, such as --test 0.1")
    }
  }

  /// Standard output, if a part goes there.
  var impliedFiles: [NamedFile] { emit == nil ? [] : [NamedFile("--emit", .output, "-")] }

  /// Creates the outputs.
  func open(checking force: ForceOption) throws -> [Part: OutputFile] {
    var files: [Part: OutputFile] = [:]
    for (part, _, path) in paths { files[part] = try OutputFile(path: path.path) }
    if let emit {
      let part: Part =
        switch emit {
        case .train: .training
        case .validation: .validation
        case .test: .test
        }
      files[part] = try OutputFile(path: "-")
    }
    for part in Part.allCases {
      if let file = files[part] {
        try force.check(file, instead: "fm-split --emit train all.raw > train.raw")
      }
    }
    return files
  }
}
