// The report of a model, or of a checkpoint, as text and JSON: its input, its layers, and how it was trained.

import ByteIO
import Inference
import JSON
import ModelFiles
import Networks
import TensorStream
import Training

/// The report of a model.
struct ModelReport: FileReport {
  let model: Model
  let format: ModelFileFormat
  let file: String
  /// The checkpoint that the model comes from; `nil` if the file is just a model.
  var checkpoint: Checkpoint?

  private var architecture: Architecture { model.architecture }

  func text(adding advice: InspectionAdvice) -> String {
    var report = InspectionText(title: file)
    report.field("kind", "\(kind) (\(format.rawValue))")
    report.field("input", "\(architecture.input.reportText), bytes scaled by 1/255")
    report.field("classes", classes)
    if let recipe = model.recipe { report.field("recipe", recipe.text) }
    if !model.scaling.isNone { report.field("pixels", "in 0 to 1, then normalised: \(model.scaling.text)") }
    if let words = averaging?.words { report.field("answers", words) }
    if let temperature = model.temperature {
      report.field("temperature", "\(temperature), which logits are divided by")
    }
    report.field(
      "parameters",
      "\(grouped(architecture.parameterCount)) (\(megabytes(4 * architecture.parameterCount)) as 32-bit numbers)"
    )
    report.field("work", "\(operations(architecture.floatingPointOperations)) an image")
    // A network of just the output layer has an empty specification; written out, it can be typed.
    let layers = architecture.specification
    report.field(
      advice.specificationTitle,
      layers.isEmpty ? "'linear:\(architecture.classCount)'" : "'\(displayed(layers))'")
    report.section(nil)
    report.table(architecture.layerTable)
    if let checkpoint {
      report.add(checkpoint)
    } else if let training = model.training {
      Self.training(training, &report)
    }
    report.history(model.history)
    return report.text
  }

  /// The views that fm-predict averages over by default; `nil` if the model records views that are not known here.
  private var averaging: Averaging? { try? model.averaging(nil, name: file) }

  private var kind: String { checkpoint == nil ? "model" : "checkpoint" }

  private var classes: String {
    guard let names = model.classes else { return "\(architecture.classCount), without names" }
    return "\(names.count): \(names.map { displayed($0) }.joined(separator: ", "))"
  }

  private static func training(_ record: TrainingRecord, _ report: inout InspectionText) {
    report.section("training")
    report.field("epoch", "\(record.bestEpoch), the best of \(record.epochsRun)")
    let heldOut = record.validationRecords == 0 ? nil : grouped(record.validationRecords)
    report.field("records", pair(grouped(record.trainingRecords), heldOut))
    report.field(
      "loss",
      pair(fixed(record.trainingLoss, decimals: 4), record.validationLoss.map { fixed($0, decimals: 4) }))
    report.field(
      "accuracy",
      pair(
        "\(fixed(100 * record.trainingAccuracy, decimals: 2)) %",
        record.validationAccuracy.map { "\(fixed(100 * $0, decimals: 2)) %" }))
    if let recall = record.validationMacroRecall {
      report.field(
        "recall", "\(fixed(100 * recall, decimals: 2)) % validation, the mean of the classes' recalls")
    }
    report.field("seed", "\(record.seed)")
    report.settings(record.settings)
  }

  private static func pair(_ training: String, _ validation: String?) -> String {
    "\(training) training" + (validation.map { ", \($0) validation" } ?? "")
  }

  /// The report as JSON. `kind` is `model` or `checkpoint`, which also has the member `checkpoint`. `pixels`,
  /// `temperature` and `recipe` are absent if the model has none.
  func json(adding _: InspectionAdvice) -> JSONValue {
    let layers = architecture.nodes.indices.dropFirst().map(layer)
    var members = [
      JSONValue.Member("file", .string(file)),
      JSONValue.Member("kind", .string(kind)),
      JSONValue.Member("architecture", .string(architecture.specification)),
      JSONValue.Member("image", architecture.input.json),
      JSONValue.Member("class_count", .integer(architecture.classCount)),
      JSONValue.Member("classes", strings(model.classes)),
      JSONValue.Member("parameters", .integer(architecture.parameterCount)),
      JSONValue.Member("flop", .integer(architecture.floatingPointOperations)),
      JSONValue.Member("layers", .array(layers)),
      JSONValue.Member("training", model.training?.json ?? .null),
      JSONValue.Member("history", strings(model.history)),
    ]
    if !model.scaling.isNone {
      members.append(JSONValue.Member("pixels", .string(model.scaling.text)))
    }
    if let temperature = model.temperature {
      members.append(JSONValue.Member("temperature", .number("\(temperature)")))
    }
    if let recipe = model.recipe { members.append(JSONValue.Member("recipe", .string(recipe.text))) }
    if let checkpoint { members.append(JSONValue.Member("checkpoint", checkpoint.json)) }
    return .object(members)
  }

  /// A layer as JSON. `inputs`, the names of the layers that it reads, is absent if it reads just the layer before it.
  private func layer(_ index: Int) -> JSONValue {
    let node = architecture.nodes[index]
    var members = [
      JSONValue.Member("name", .string(node.name)),
      JSONValue.Member("layer", .string(node.operation.text)),
      JSONValue.Member("input", node.input.json),
      JSONValue.Member("output", node.output.json),
      JSONValue.Member("parameters", .integer(node.parameterCount)),
      JSONValue.Member("flop", .integer(node.floatingPointOperations)),
    ]
    if node.inputs != [index - 1] {
      members.append(JSONValue.Member("inputs", strings(node.inputs.map { architecture.nodes[$0].name })))
    }
    return .object(members)
  }
}

extension FeatureShape {
  /// The shape in PyTorch's order: [channels, height, width], or [count].
  fileprivate var json: JSONValue {
    switch self {
    case .map(let height, let width, let channels): integers([channels, height, width])
    case .vector(let count): integers([count])
    }
  }
}

// MARK: - Checkpoints

extension ModelReport {
  /// Creates the report of a checkpoint, which is also a model: the network as the run's last step left it.
  init(_ checkpoint: Checkpoint, file: String) {
    self.init(model: checkpoint.model, format: .safetensors, file: file, checkpoint: checkpoint)
  }
}

extension InspectionText {
  /// Adds the section about the run: its progress, its data, its best epoch and its settings.
  mutating func add(_ checkpoint: Checkpoint) {
    let (run, progress) = (checkpoint.run, checkpoint.state.progress)
    section("checkpoint")
    let epochs = run.settings["epochs"].map { " of \(printable($0))" } ?? ""
    let records = "\(grouped(progress.recordsDone)) of \(grouped(run.training.count)) images"
    field("epoch", "\(progress.epoch)\(epochs), \(records) done")
    field("step", grouped(checkpoint.state.optimizer.stepsTaken))
    field("time", "\(fixed(progress.seconds, decimals: 1)) s")
    field(
      "records",
      "\(grouped(run.training.count)) training"
        + (run.heldOut.map { ", \(grouped($0.count)) validation" } ?? ""))
    if let best = checkpoint.state.best?.report {
      let figures = best.validation ?? best.training
      field(
        "best epoch",
        "\(best.epoch), \(best.validation == nil ? "training" : "validation") loss "
          + "\(fixed(figures.loss, decimals: 4)), accuracy \(fixed(100 * figures.accuracy, decimals: 2)) %"
          + (figures.macroRecall.map { ", mean recall \(fixed(100 * $0, decimals: 2)) %" } ?? ""))
    } else {
      field("best epoch", "none yet")
    }
    settings(run.settings)
  }

  /// Adds the options of a run, as they are typed.
  mutating func settings(_ settings: [String: String]) {
    guard !settings.isEmpty else { return }
    let options = settings.sorted { $0.key < $1.key }.flatMap(Self.options)
    field("settings", options.map(printable).joined(separator: "  "))
  }

  /// Returns a setting as options. An option without a value is recorded as true, and pixel scaling, which has two
  /// options, as their names and values.
  private static func options(_ key: String, _ value: String) -> [String] {
    if value == "true" { return ["--\(key)"] }
    guard key.contains(" ") else { return ["--\(key) \(value)"] }
    let words = value.split(separator: " ")
    return stride(from: 0, to: words.count - 1, by: 2).map { "--\(words[$0]) \(words[$0 + 1])" }
  }
}
