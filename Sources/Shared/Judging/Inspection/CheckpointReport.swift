// The part of a checkpoint's report that a model does not have.

import ByteIO
import ModelFiles
import Training

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
    let options = settings.sorted { $0.key < $1.key }.map { "--\($0.key) \($0.value)" }
    field("settings", options.map(printable).joined(separator: "  "))
  }
}
