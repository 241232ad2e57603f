// Predicts the whole input into one output, and makes sure that nobody takes a failed output for a whole one.

import ByteIO
import CommandLine
import Predictions
import TensorStream

/// The output of a command without --output-directory.
struct SingleOutput {
  private let options: FMPredict

  init(_ options: FMPredict) { self.options = options }

  /// Reads the models and the input, and writes the predictions. If that fails, the output ends with a line that says
  /// so.
  func write() throws {
    let target = try OutputFile(path: options.output.path)
    if options.text.format == .raw {
      try options.force.check(target, instead: "fm-predict --format raw … | fm-eval")
    }
    if mayBePart { expectFailure(of: target) }
    do {
      try predict(to: target)
    } catch {
      if let message = FMPredict.message(ofFailure: error) { target.fail(saying: message) }
      throw error
    }
  }

  /// Whether the output has no header and so may become part of another output. A part that failed before its first row
  /// must then have a failure line too, or nobody would notice that it is missing.
  private var mayBePart: Bool { options.text.noHeader || options.text.format == .jsonl }

  private func expectFailure(of target: OutputFile) {
    guard options.text.format != .raw else { return }
    target.keepsLinesWhole = true
    target.expectFailure(of: FMPredict.name, as: options.text.format == .jsonl ? .jsonLines : .table)
  }

  private func predict(to target: OutputFile) throws {
    let sources = try options.models.open()
    // Layers given with --arch need the size of the images, which only the stream has. Otherwise the model is loaded
    // first, so that a bad model is refused before the command waits for a stream.
    let known = try options.models.needImageShape ? nil : options.load(sources, input: nil)
    // From here on, a failure may leave records without a line.
    if !mayBePart { expectFailure(of: target) }
    let engine = try options.engine()
    if options.pathOptions.readsPictures {
      let members = try known ?? options.load(sources, input: nil)
      return try Predictor(options: options, members: members, engine: engine).predictPictures(to: target)
    }
    let input = try options.force.open(
      options.inputs.first?.path ?? "-", expected: ForceOption.stream,
      instead: "idx2raw images.gz | fm-predict --model m.safetensors")
    let reader = try TensorStreamReader(input)
    let members = try known ?? options.load(sources, input: reader.format.imageShape)
    try Predictor(options: options, members: members, engine: engine)
      .predict(reader, to: target, recording: FMPredict.recordedCommandLine)
  }
}
