// The metadata that a checkpoint has in addition to a model's (ModelMetadata.swift):
//
//     fm-tools.checkpoint         a JSON object with the members below
//     fm-tools.checkpoint-crc32   a checksum of everything else, 8 hexadecimal digits
//
//     version                     the version of this layout, 1
//     settings                    the options that shape the run, an object of strings
//     training, held_out          records and crc32 of the data; held_out is null if there is none
//     instruction_set             the instruction set that computed the run
//     epoch, records_done, step   the position; records_done counts the records of the epoch that were trained on
//     loss_sum, correct           the sums over those records
//     weight_sum                  the sum of their weights; absent if each counts 1
//     epoch_seconds, seconds, judging_seconds
//     moments                     the names of the optimiser's averages
//     best                        the report of the best epoch, or null
//
// No state of a random generator is stored: everything random is drawn again from the seed and the position.

import JSON
import Networks
import Execution
import Training

/// Converts between a checkpoint and its metadata.
enum CheckpointMetadata {
  static let version = 1
  static let checkpointKey = "fm-tools.checkpoint"
  static let checksumKey = "fm-tools.checkpoint-crc32"
}

// MARK: - Writing

extension CheckpointMetadata {
  /// Returns the JSON object for everything in a checkpoint but its tensors and the model's metadata. A value that is
  /// not finite becomes `null`, which the reader refuses.
  static func encode(_ checkpoint: Checkpoint) -> JSONValue {
    let (run, state) = (checkpoint.run, checkpoint.state)
    let progress = state.progress
    var members = [
      JSONValue.Member("version", .integer(version)),
      JSONValue.Member("settings", JSONValue(strings: run.settings)),
      JSONValue.Member("training", run.training.json),
      JSONValue.Member("held_out", run.heldOut?.json ?? .null),
      JSONValue.Member("instruction_set", .string(checkpoint.instructionSet)),
      JSONValue.Member("epoch", .integer(progress.epoch)),
      JSONValue.Member("records_done", .integer(progress.recordsDone)),
      JSONValue.Member("step", .integer(state.optimizer.stepsTaken)),
      JSONValue.Member("loss_sum", .doubleOrNull(progress.sums.lossSum)),
      JSONValue.Member("correct", .integer(progress.sums.correctCount)),
      JSONValue.Member("epoch_seconds", .doubleOrNull(progress.epochSeconds)),
      JSONValue.Member("seconds", .doubleOrNull(progress.seconds)),
      JSONValue.Member("judging_seconds", .doubleOrNull(progress.judgingSeconds)),
      JSONValue.Member("moments", .array(state.optimizer.moments.map { .string($0.name) })),
      JSONValue.Member("best", state.best?.report.json ?? .null),
    ]
    if progress.sums.weightSum != Double(progress.recordsDone) {
      members.append(JSONValue.Member("weight_sum", .doubleOrNull(progress.sums.weightSum)))
    }
    return .object(members)
  }
}

extension Checkpoint {
  /// The checkpoint as its file and reports record it, without the tensors and the model's metadata.
  public var json: JSONValue { CheckpointMetadata.encode(self) }
}

extension DataFingerprint {
  fileprivate var json: JSONValue {
    .object([
      JSONValue.Member("records", .integer(count)), JSONValue.Member("crc32", .integer(Int(crc32))),
    ])
  }
}

extension EpochReport {
  fileprivate var json: JSONValue {
    func json(_ figures: TrainingFigures) -> JSONValue {
      var members = [
        JSONValue.Member("loss", .doubleOrNull(figures.loss)),
        JSONValue.Member("accuracy", .doubleOrNull(figures.accuracy)),
      ]
      if let recall = figures.macroRecall {
        members.append(JSONValue.Member("macro_recall", .doubleOrNull(recall)))
      }
      return .object(members)
    }
    return .object([
      JSONValue.Member("epoch", .integer(epoch)),
      JSONValue.Member("step", .integer(step)),
      JSONValue.Member("learning_rate", .doubleOrNull(learningRate)),
      JSONValue.Member("training", json(training)),
      JSONValue.Member("held_out", validation.map(json) ?? .null),
      JSONValue.Member("images_per_second", .doubleOrNull(imagesPerSecond)),
      JSONValue.Member("seconds", .doubleOrNull(seconds)),
    ])
  }
}

// MARK: - Reading

extension CheckpointMetadata {
  /// Returns the checkpoint without its tensors, and the names of the optimiser's averages. `model` comes from the
  /// rest of the metadata.
  static func decode(
    _ metadata: [String: String], of model: Model
  ) throws(ModelProblem) -> (Checkpoint, moments: [String]) {
    guard let text = metadata[checkpointKey] else { throw .noCheckpoint }
    guard let json = try? JSONValue(parsing: text.utf8) else {
      throw .malformedMetadata(key: checkpointKey, expected: "a JSON object", found: text)
    }
    let reader = MemberReader(json: json, key: checkpointKey)
    let found = try reader.read("version", "a whole number", \.integerValue)
    guard found == version else { throw .unknownCheckpointVersion(found) }
    let run = RunDescription(
      architecture: model.architecture, classes: model.classes, recipe: model.recipe,
      scaling: model.scaling, settings: try reader.read("settings", "an object of strings", \.stringMembers),
      training: try reader.read("training", "records and crc32", DataFingerprint.init(json:)),
      heldOut: try reader.readIfNotNull("held_out", "records and crc32", DataFingerprint.init(json:)))
    let recordsDone = try reader.whole("records_done")
    let weightSum = try json["weight_sum"] == nil ? Double(recordsDone) : reader.number("weight_sum")
    let progress = TrainingProgress(
      epoch: try reader.whole("epoch"), recordsDone: recordsDone,
      sums: BatchResult(
        lossSum: try reader.number("loss_sum"), weightSum: weightSum,
        correctCount: try reader.whole("correct")),
      epochSeconds: try reader.number("epoch_seconds"), seconds: try reader.number("seconds"),
      judgingSeconds: try reader.number("judging_seconds"))
    let best = try reader.readIfNotNull("best", "the report of an epoch", EpochReport.init(json:))
    let moments = try reader.read("moments", "an array of different strings", \.uniqueStrings)
    let state = TrainingState(
      progress: progress, parameters: [],
      optimizer: OptimizerState(stepsTaken: try reader.whole("step"), moments: []),
      best: best.map { BestEpoch(report: $0, parameters: []) })
    let instructionSet = try reader.read("instruction_set", "a string", \.stringValue)
    let checkpoint = Checkpoint(
      run: run, history: model.history, instructionSet: instructionSet, state: state)
    return (checkpoint, moments)
  }
}

/// Reads the members of an object. Errors name the member that is missing or malformed.
private struct MemberReader {
  let json: JSONValue
  let key: String

  func read<Value>(
    _ member: String, _ expected: String, _ convert: (JSONValue) -> Value?
  ) throws(ModelProblem) -> Value {
    guard let found = json[member] else { throw .missingMetadata(key: "\(key).\(member)") }
    guard let value = convert(found) else {
      throw .malformedMetadata(key: "\(key).\(member)", expected: expected, found: found.compactText())
    }
    return value
  }

  func readIfNotNull<Value>(
    _ member: String, _ expected: String, _ convert: (JSONValue) -> Value?
  ) throws(ModelProblem) -> Value? {
    try read(member, expected + ", or null") { $0 == .null ? .some(nil) : convert($0).map { .some($0) } }
  }

  func whole(_ member: String) throws(ModelProblem) -> Int {
    try read(member, "a whole number from 0") { $0.integerValue.flatMap { $0 < 0 ? nil : $0 } }
  }

  func number(_ member: String) throws(ModelProblem) -> Double {
    try read(member, "a number", \.doubleValue)
  }
}

extension JSONValue {
  /// The elements of an array of distinct strings; `nil` for other values.
  fileprivate var uniqueStrings: [String]? {
    guard let strings = arrayValue?.compactMap(\.stringValue), strings.count == arrayValue?.count,
      Set(strings).count == strings.count
    else { return nil }
    return strings
  }
}

extension DataFingerprint {
  fileprivate init?(json: JSONValue) {
    guard let count = json["records"]?.integerValue,
      let sum = json["crc32"]?.integerValue.flatMap(UInt32.init(exactly:))
    else { return nil }
    self.init(count: count, crc32: sum)
  }
}

extension EpochReport {
  fileprivate init?(json: JSONValue) {
    func figures(_ json: JSONValue?) -> TrainingFigures? {
      guard let loss = json?["loss"]?.doubleValue, let accuracy = json?["accuracy"]?.doubleValue else {
        return nil
      }
      guard let recall = json?["macro_recall"] else { return TrainingFigures(loss: loss, accuracy: accuracy) }
      return recall.doubleValue.map { TrainingFigures(loss: loss, accuracy: accuracy, macroRecall: $0) }
    }
    guard let epoch = json["epoch"]?.integerValue, let step = json["step"]?.integerValue,
      let learningRate = json["learning_rate"]?.doubleValue, let training = figures(json["training"]),
      let heldOut = json["held_out"], let rate = json["images_per_second"]?.doubleValue,
      let seconds = json["seconds"]?.doubleValue
    else { return nil }
    let validation = figures(heldOut)
    guard validation != nil || heldOut == .null else { return nil }
    self.init(
      epoch: epoch, step: step, learningRate: learningRate, training: training, validation: validation,
      isBest: true, imagesPerSecond: rate, seconds: seconds)
  }
}
