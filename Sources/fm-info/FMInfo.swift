// fm-info: says what tensor streams and model files hold.

import ByteIO
import CommandLine
import Inspection
import ModelOptions

@main
struct FMInfo: Tool {
  static let configuration = CommandConfiguration.tool(
    "fm-info", abstract: "Say what a tensor stream or a model file holds.", usage: "[<options>] [<file> ...]",
    discussion: """
      Of a stream: its fields, the number of records, how many there are of each class, the commands that made it, \
      and whether it is whole (counts and checksums are verified). Of a model: its input, its layers with their \
      shapes, parameters and operations, and how it was trained; a state_dict that PyTorch saved (.pth, or \
      safetensors) is a model if its tensors are those of a preset; other tensors are listed. What a file is shows in its \
      first bytes, not in its name.

      The exit status is 65 if a file is damaged, or neither a stream nor a model.
      """,
    examples: [
      "fm-info train.raw cnn.safetensors",
      "idx2raw train-images.gz train-labels.gz | fm-info",
      "fm-info --format json cnn.safetensors | jq .training.validation_accuracy",
    ])

  enum Format: String, CaseIterable, ExpressibleByArgument { case text, json }

  @Option(
    help: ArgumentHelp("What to write: text for people, or json, a line for each file.", valueName: "format"))
  var format = Format.text

  static var manyArguments: WritableKeyPath<Self, [InputPath]>? { \.files }

  @OptionGroup var force: ForceOption

  @Argument(
    help: ArgumentHelp(
      "Streams and model files, or names of installed models; - is standard input, and the default.",
      valueName: "file"),
    completion: .file())
  var files: [InputPath] = ["-"]

  var impliedFiles: [NamedFile] { [NamedFile("standard output", .output, "-")] }

  /// Goes on after a file that cannot be read; the last failure becomes the exit status.
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
        if let failure { Self.say(failure.description) }
        failure = problem
      }
    }
    try output.commit()
    if let failure { throw failure }
  }

  /// What the file holds, what is wrong with it, or both.
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

  private func write(_ inspection: FileInspection, isFirst: Bool, to output: OutputFile) throws {
    switch format {
    case .text: try output.write((isFirst ? "" : "\n") + inspection.text)
    case .json: try output.write(inspection.json.compactText() + "\n")
    }
    // A later file may be a pipe that takes its time.
    try output.flush()
  }
}
