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
private struct ShardRun {
  var members: [EnsembleMember]?
  let sources: [PeekedSource]
  let engine: Engine
  /// The lines that the records of all outputs have in common.
  let settings: [String]
  var doneCount = 0
  var madeCount = 0
  var badCount = 0
  /// The number of rows without a prediction, and of the outputs with such rows.
  var failures = (rows: 0, outputs: 0)
}

extension FMPredict {
  /// Throws if --output-directory does not go with the other options.
  func checkShards() throws {
    guard outputDirectory != nil else { return }
    if inputs.isEmpty {
      throw ValidationError("--output-directory: name the inputs; outputs are named after them")
    }
    if !output.path.isStandardStream {
      throw ValidationError("--output-directory names the outputs after their inputs; leave out --output")
    }
    if pathOptions.paths, !pathOptions.tar {
      throw ValidationError("--output-directory takes streams or, with --tar, archives; write to -o")
    }
  }

  func predictShards(into folder: FilePath) throws {
    let plan = try ShardPlan(inputs.map(\.path), folder: folder, format: text.format)
    let settings = try recordedSettings()
    let sources = try model.map { try ModelFile.open($0.open()) }
    let members = try layers.arch == nil ? load(sources, input: nil) : nil
    try folder.createFolder()
    try plan.recordFolder.createFolder()
    var run = ShardRun(members: members, sources: sources, engine: try engine(), settings: settings)
    for shard in plan.shards {
      do {
        try predict(shard, &run)
      } catch let failure as any Failure where !concernsAll(failure) {
        run.badCount += 1
        Self.say(failure.description)
      }
    }
    try report(run, of: plan.shards.count)
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

  private func report(_ run: ShardRun, of count: Int) throws {
    var parts: [String] = []
    if run.doneCount > 0 {
      parts.append("\(grouped(run.doneCount)) already existed")
    }
    if run.badCount > 0 { parts.append("\(grouped(run.badCount)) could not be made") }
    if run.failures.rows > 0 {
      parts.append(
        "\(counted(run.failures.rows, "row")) in \(counted(run.failures.outputs, "output"))"
          + " \(run.failures.rows == 1 ? "has" : "have") no prediction")
    }
    let summary =
      "\(grouped(run.madeCount)) of \(counted(count, "output")) made"
      + parts.map { ", \($0)" }.joined()
    if run.badCount > 0 || run.failures.rows > 0 && !keepGoing { throw NegativeAnswer(summary) }
    if !reporting.quiet { Self.say(summary) }
  }

  // MARK: One input

  private func predict(_ shard: ShardPlan.Shard, _ run: inout ShardRun) throws {
    let input = try InputFile(path: shard.input)
    var record = ShardRecord(run.settings + [try ShardRecord.line(input: input)])
    if OutputFile.exists(shard.output) {
      guard let old = ShardRecord(of: shard.record) else {
        guard force.force else { throw ShardError.exists(name: shard.output.displayed) }
        return try make(shard, input, &record, &run)
      }
      if old.lines == record.lines, let failureCount = old.failureCount {
        run.doneCount += 1
        run.add(failures: failureCount)
        return
      }
      if !reporting.quiet, old.lines != record.lines {
        Self.say("\(shard.output.displayed): making it again, since \(record.difference(from: old))")
      }
    }
    try make(shard, input, &record, &run)
  }

  private func make(
    _ shard: ShardPlan.Shard, _ input: InputFile, _ record: inout ShardRecord, _ run: inout ShardRun
  ) throws {
    OutputFile.removeLeftovers(of: shard.output)
    try shard.output.removeFile()
    // Members of an archive may fail. Their number is known only at the end.
    record.failureCount = pathOptions.tar ? nil : 0
    try record.write(to: shard.record)
    let target = try OutputFile(path: shard.output)
    if pathOptions.tar {
      let members = try run.members ?? load(run.sources, input: nil)
      run.members = members
      record.failureCount = try predict(ArchivePictures(input), members, engine: run.engine, to: target)
        .failures
      try record.write(to: shard.record)
    } else {
      let reader = try TensorStreamReader(input)
      let members = try run.members ?? load(run.sources, input: reader.format.imageShape)
      run.members = members
      try predict(
        reader, members, engine: run.engine, to: target,
        recording: Self.recordedCommandLine(ofInput: shard.input, among: Set(inputs.map(\.path))))
    }
    run.madeCount += 1
    run.add(failures: record.failureCount ?? 0)
  }

  // MARK: Records

  /// Returns the lines about everything that outputs depend on, apart from their inputs.
  private func recordedSettings() throws -> [String] {
    let files =
      [text.thresholds.thresholds.map(\.path)].compactMap { $0 } + (layers.arch?.files.map(\.path) ?? [])
    if let path = (model.map(\.path) + files).first(where: { $0.descriptor(standardStream: 0) != nil }) {
      throw UsageError(
        "--output-directory: \(path.inputName) can be read only once, but outputs record its content; name a file"
      )
    }
    return try model.map { try ShardRecord.line("model", contentOf: $0.path) }
      + files.map { try ShardRecord.line("file", contentOf: $0) }
      + optionValues(except: Self.conduct).map { "option\t\($0)" }
  }

  /// The options that do not change any output.
  private static var conduct: Set<String> {
    [
      "model", "inputs", "output", "outputDirectory", "batchSize", "jobs", "reporting", "force", "keepGoing",
      "paths", "null",
    ]
  }
}

extension ShardRun {
  fileprivate mutating func add(failures count: Int) {
    guard count > 0 else { return }
    failures.rows += count
    failures.outputs += 1
  }
}
