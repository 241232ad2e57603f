// fm-info: shows the contents of tensor streams and model files.

import ByteIO
import CommandLine
import DataRemedies  // What to type after the errors of libraries.
import Inspection
import LearningRemedies
import ModelOptions

@main
struct FMInfo: Tool {
  static let configuration = CommandConfiguration.tool(
    "fm-info", abstract: "Show the contents of tensor streams and model files.",
    usage: "[<options>] [<file> ...]",
    discussion: """
      For a stream, fm-info shows the fields, the number of records, the number in each class and the commands that \
      made it, and verifies counts and checksums.

      For a model, fm-info shows the input, the layers with their shapes, parameters and operations, and how the model \
      was trained. A state_dict that PyTorch saved (.pth or safetensors) counts as a model if its tensors are those of a \
      preset; other tensors are listed.

      The first bytes of a file determine its kind; its name does not matter. The exit status is 65 if a file is \
      damaged, or is neither a stream nor a model.
      """,
    examples: [
      "fm-info train.raw cnn.safetensors",
      "idx2raw train-images.gz train-labels.gz | fm-info",
      "fm-info --format json cnn.safetensors | jq .training.validation_accuracy",
    ])

  enum Format: String, CaseIterable, ExpressibleByArgument { case text, json }

  @Option(
    help: ArgumentHelp("Write text for people, or json, with one line for each file.", valueName: "format"))
  var format = Format.text

  static var manyArguments: WritableKeyPath<Self, [InputPath]>? { \.files }

  @OptionGroup var force: ForceOption

  @Argument(
    help: ArgumentHelp(
      "Streams and model files, or names of installed models; - is standard input.",
      valueName: "file"),
    completion: .file())
  var files: [InputPath] = ["-"]

  var impliedFiles: [NamedFile] { [NamedFile("standard output", .output, "-")] }

  /// Inspects all files, even if some cannot be read. The last failure becomes the exit status.
  func run() throws {
    let output = try OutputFile(path: "-")
    var failure: (any Failure)?
    var isFirst = true
    for file in files {
      let (inspection, problem) = try inspect(file)
      if let inspection {
        try write(inspection, isFirst: isFirst, to: output)
        isFirst = false
      }
      if let problem {
        if let failure { Self.say(messageLine(about: failure)) }
        failure = problem
      }
    }
    try output.commit()
    if let failure { throw failure }
  }

  /// Returns the contents of the file, the problem with it, or both.
  private func inspect(_ file: InputPath) throws -> (FileInspection?, (any Failure)?) {
    do {
      let input = try ModelPath(file.path).open()
      try force.check(
        input, expected: "a tensor stream or a model file", instead: "fm-info model.safetensors")
      let inspection = try FileInspection(reading: input)
      return (inspection, inspection.problem)
    } catch let failure as any Failure {
      return (nil, failure)
    }
  }

  /// The options that the reports mention.
  private static let advice = InspectionAdvice(
    specificationTitle: "--arch",  // An option of fm-train.
    unequalClasses: "'fm-train --class-weights balanced' and '--sample balanced' make up for it",
    remedy: { knownRemedy(for: $0) })

  /// Writes the contents of a file. An empty line separates texts.
  private func write(_ inspection: FileInspection, isFirst: Bool, to output: OutputFile) throws {
    switch format {
    case .text: try output.write((isFirst ? "" : "\n") + inspection.text(adding: Self.advice))
    case .json: try output.write(inspection.json(adding: Self.advice).compactText() + "\n")
    }
    // Later files may be slow pipes, so finished output should not wait for them.
    try output.flush()
  }
}
