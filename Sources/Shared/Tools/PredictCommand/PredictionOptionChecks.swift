// Refuses options that contradict each other, before any file is read.

import CommandLine

/// The checks of a command line.
struct PredictionOptionChecks {
  private let options: FMPredict

  init(_ options: FMPredict) { self.options = options }

  /// Throws a ``ValidationError`` if options contradict each other. Checks of one group of options are in its type.
  func check() throws {
    try options.models.check()
    if !(1...65_536).contains(options.batchSize) {
      throw ValidationError("--batch-size: expected 1 to 65536, got \(options.batchSize)")
    }
    try options.pathOptions.check(options.inputs, areMany: options.outputDirectory != nil)
    try checkOutputDirectory()
    if options.keepGoing, !options.pathOptions.readsPictures {
      throw ValidationError(
        "--keep-going is for pictures that cannot be used; it needs --paths or --tar")
    }
    if options.pathOptions.readsPictures, options.text.format == .raw {
      throw ValidationError(
        "--format raw has no place for errors of pictures; choose tsv, csv or jsonl")
    }
    try options.models.reading.check()
  }

  /// Throws if --output-directory does not go with the other options.
  private func checkOutputDirectory() throws {
    guard options.outputDirectory != nil else { return }
    if options.inputs.isEmpty {
      throw ValidationError("--output-directory: name the inputs; outputs are named after them")
    }
    if !options.output.path.isStandardStream {
      throw ValidationError("--output-directory names the outputs after their inputs; leave out --output")
    }
    if options.pathOptions.paths, !options.pathOptions.tar {
      throw ValidationError("--output-directory takes streams or, with --tar, archives; write to -o")
    }
  }
}
