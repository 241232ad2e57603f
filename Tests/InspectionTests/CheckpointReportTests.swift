// The report on a checkpoint: its kind, and the progress of its run.

import Inspection
import JSON
import Training
import Testing

private func checkpoint(best: Bool) throws -> Checkpoint {
  let model = try model(classes: ["ant", "bee", "cat"], history: ["fm-train x"])
  let report = EpochReport(
    epoch: 2, step: 750, learningRate: 0.1, training: TrainingFigures(loss: 0.5, accuracy: 0.75),
    validation: TrainingFigures(loss: 0.25, accuracy: 0.9), isBest: true, imagesPerSecond: 1, seconds: 1)
  return Checkpoint(
    run: RunDescription(
      architecture: model.architecture, classes: model.classes,
      settings: [
        "epochs": "10", "seed": "7", "batch-size": "128", "calibrate": "true",
        "mean, std": "mean 0.5 std 1.0",
      ],
      training: DataFingerprint(count: 48_000, crc32: 1), heldOut: DataFingerprint(count: 12_000, crc32: 2)),
    history: model.history, instructionSet: "avx2",
    state: TrainingState(
      progress: TrainingProgress(epoch: 3, recordsDone: 1_280, seconds: 12.34), parameters: model.parameters,
      optimizer: OptimizerState(stepsTaken: 760, moments: []),
      best: best ? BestEpoch(report: report, parameters: model.parameters) : nil))
}

@Test func aCheckpointIsShownWithItsProgress() throws {
  let text = FileInspection.checkpoint(try checkpoint(best: true), file: "run.st").text()
  let lines = text.split(separator: "\n")
  #expect(lines[0] == "run.st" && lines[1] == "  kind        checkpoint (safetensors)")
  #expect(!lines.contains { $0.count > 80 })
  #expect(
    text.contains(
      """

        checkpoint
        epoch       3 of 10, 1,280 of 48,000 images done
        step        760
        time        12.3 s
        records     48,000 training, 12,000 validation
        best epoch  2, validation loss 0.2500, accuracy 90.00 %
        settings    --batch-size 128  --calibrate  --epochs 10  --mean 0.5  --std 1.0
                    --seed 7

        history
          fm-train x

      """), "\(text)")
  // The training record has the figures of other weights than the file's, so it is not shown.
  #expect(!text.contains("  training\n"))
}

@Test func aCheckpointOfTheFirstEpochHasNoBestEpoch() throws {
  let text = FileInspection.checkpoint(try checkpoint(best: false), file: "run.st").text()
  #expect(text.contains("  best epoch  none yet\n"))
}

@Test func theJSONOfACheckpointHasItsProgress() throws {
  let json = FileInspection.checkpoint(try checkpoint(best: true), file: "run.st").json()
  #expect(json["kind"]?.stringValue == "checkpoint" && json["class_count"]?.integerValue == 3)
  let checkpoint = try #require(json["checkpoint"])
  #expect(checkpoint["epoch"]?.integerValue == 3 && checkpoint["records_done"]?.integerValue == 1_280)
  #expect(checkpoint["step"]?.integerValue == 760 && checkpoint["settings"]?["seed"]?.stringValue == "7")
  #expect(checkpoint["best"]?["held_out"]?["loss"]?.doubleValue == 0.25)
}
