// fm-predict --output-directory: an output for each input, and a run that can be repeated.
//
// An output that exists was made as the record beside it says: the old output is removed before a record is written,
// and an output takes its name only when it is complete. A run can therefore be stopped at any time.

import Archives
import ByteIO
import CommandLine
import Compute
import ImageFiles
import Inference
import ModelFiles
import TensorStream

/// A run over all inputs, one after the other: what they share, and counts of the results.
struct ShardRun {
  private let options: FMPredict
  private let plan: ShardPlan
  private let sources: [PeekedSource]
  private var members: [EnsembleMember]?
  private let engine: Engine
  /// The lines that the records of all outputs have in common.
  private let settings: [String]
  private var doneCount = 0
  private var madeCount = 0
  private var badCount = 0
  /// The number of rows without a prediction, and of the outputs with such rows.
  private var failures = (rows: 0, outputs: 0)

  /// Plans the outputs, reads the models and creates the folders.
  init(_ options: FMPredict, into folder: FilePath) throws {
    self.options = options
    plan = try ShardPlan(options.inputs.map(\.path), folder: folder, format: options.text.format)
    settings = try Self.recordedSettings(options)
    sources = try options.models.open()
    members = try options.models.needImageShape ? nil : options.load(sources, input: nil)
    try folder.createFolder()
    try plan.recordFolder.createFolder()
    engine = try options.engine()
  }

  /// Makes the outputs that are missing or outdated, and reports the counts. Throws ``NegativeAnswer`` if some inputs
  /// or rows have no prediction, unless --keep-going allows rows without one.
  mutating func predictAll() throws {
    for shard in plan.shards {
      do {
        try predict(shard)
      } catch let failure as any Failure where !concernsAll(failure) {
        badCount += 1
        FMPredict.say(messageLine(about: failure))
      }
    }
    try report()
  }

  /// Whether an error would also affect all other inputs.
  private func concernsAll(_ failure: any Failure) -> Bool {
    switch failure {
    case let error as FileError:
      switch error {
      case .cannotOpen, .inputIsFolder, .cannotRead, .tooLarge, .isInput: false
      default: true
      }
    case is ShardError: false
    default: failure.kind == .usage || failure.kind == .internalDefect || failure.kind == .interrupted
    }
  }

  private func report() throws {
    var parts: [String] = []
    if doneCount > 0 {
      parts.append("\(grouped(doneCount)) already existed")
    }
    if badCount > 0 { parts.append("\(grouped(badCount)) could not be made") }
    if failures.rows > 0 {
      parts.append(
        "\(counted(failures.rows, "row")) in \(counted(failures.outputs, "output"))"
          + " \(failures.rows == 1 ? "has" : "have") no prediction")
    }
    let summary =
      "\(grouped(madeCount)) of \(counted(plan.shards.count, "output")) made"
      + parts.map { ", \($0)" }.joined()
    if badCount > 0 || failures.rows > 0 && !options.keepGoing { throw NegativeAnswer(summary) }
    if !options.reporting.quiet { FMPredict.say(summary) }
  }

  private mutating func add(failures count: Int) {
    guard count > 0 else { return }
    failures.rows += count
    failures.outputs += 1
  }

  // MARK: One input

  private mutating func predict(_ shard: ShardPlan.Shard) throws {
    let input = try InputFile(path: shard.input)
    var record = ShardRecord(settings + [try ShardRecord.line(input: input)])
    if shard.output.isFolder { throw FileError.outputIsFolder(name: shard.output.displayed) }
    if shard.output.exists {
      guard let old = ShardRecord(of: shard.record) else {
        guard options.force.force else { throw ShardError.exists(name: shard.output.displayed) }
        return try make(shard, input, &record)
      }
      if old.lines == record.lines, let failureCount = old.failureCount {
        doneCount += 1
        add(failures: failureCount)
        return
      }
      if !options.reporting.quiet, old.lines != record.lines {
        FMPredict.say("\(shard.output.displayed): making it again, since \(record.difference(from: old))")
      }
    }
    try make(shard, input, &record)
  }

  private mutating func make(
    _ shard: ShardPlan.Shard, _ input: InputFile, _ record: inout ShardRecord
  ) throws {
    OutputFile.removeLeftovers(of: shard.output)
    try shard.output.removeFile()
    // Members of an archive may fail. Their number is known only at the end.
    record.failureCount = options.pathOptions.tar ? nil : 0
    try record.write(to: shard.record)
    let target = try OutputFile(path: shard.output)
    if options.pathOptions.tar {
      record.failureCount = try predictor(input: nil).predict(ArchivePictures(input), to: target).failures
      try record.write(to: shard.record)
    } else {
      let reader = try TensorStreamReader(input)
      try predictor(input: reader.format.imageShape).predict(
        reader, to: target,
        recording: FMPredict.recordedCommandLine(
          ofInput: shard.input, among: Set(options.inputs.map(\.path))))
    }
    madeCount += 1
    add(failures: record.failureCount ?? 0)
  }

  /// Returns what predicts an input whose images have the shape `input`. Loads the models for the first one, if
  /// `--arch` gives their layers.
  private mutating func predictor(input: ImageShape?) throws -> Predictor {
    let members = try members ?? options.load(sources, input: input)
    self.members = members
    return Predictor(options: options, members: members, engine: engine)
  }

  // MARK: Records

  /// Returns the lines about everything that outputs depend on, apart from their inputs.
  private static func recordedSettings(_ options: FMPredict) throws -> [String] {
    let files =
      [options.text.thresholds.thresholds.map(\.path)].compactMap { $0 }
      + (options.models.reading.layers.arch?.files.map(\.path) ?? [])
    let model = options.models.model
    if let path = (model.map(\.path) + files).first(where: { $0.descriptor(standardStream: 0) != nil }) {
      throw UsageError(
        "--output-directory: \(path.inputName) can be read only once, but outputs record its content; name a file"
      )
    }
    return try model.map { try ShardRecord.line("model", contentOf: $0.path) }
      + files.map { try ShardRecord.line("file", contentOf: $0) }
      + options.optionValues(except: conduct).map { "option\t\($0)" }
  }

  /// The options that do not change any output.
  private static var conduct: Set<String> {
    [
      "model", "inputs", "output", "outputDirectory", "batchSize", "jobs", "reporting", "force", "keepGoing",
      "paths", "null",
    ]
  }
}
