// Predicts the images of a stream, one batch after another. PathPrediction.swift predicts pictures.

import ByteIO
import CommandLine
import Compute
import Inference
import ModelOptions
import TensorStream
import Threading

/// Models and an engine, ready to predict as the options say.
struct Predictor {
  let options: FMPredict
  let members: [EnsembleMember]
  let engine: Engine

  /// Whether predictions are computed ahead of their text, and pictures decoded ahead of their predictions.
  var isAhead: Bool { engine.workers.count > 1 }

  /// Writes a row or record for each record of a stream.
  func predict(
    _ reader: TensorStreamReader, to target: OutputFile, recording commandLine: String
  ) throws {
    let classifier = try Classifier(
      members, reading: reader, batchCapacity: options.batchSize, engine: engine,
      precision: options.precision.precision, predictsLogarithms: options.text.logProbabilities,
      takesAnyRecipe: options.force.force)
    let writer = try PredictionWriter(
      target, classifier: classifier, classes: members.classes, options: options.text)
    let empty = RecordBatch(format: classifier.predictionFormat)
    try forEachBatch(of: classifier, in: empty, unit: "images", to: target) { predictions in
      try writer.write(predictions)
      return predictions.count
    }
    try writer.finish(history: reader.history + [commandLine])
    try target.commit()
  }

  /// Calls `write` with each batch of a producer, in `empty` or a copy of it. `write` returns the number of rows that
  /// it has written. Predictions are computed ahead of their text, unless there is only one thread. Shows the progress
  /// in `unit`.
  func forEachBatch<Producer: BatchProducer>(
    of producer: Producer, in empty: Producer.Batch, unit: String, to target: OutputFile,
    _ write: (Producer.Batch) throws -> Int
  ) throws {
    var batch = empty
    let ahead = ReadAhead(producer, spare: isAhead ? [empty] : [])
    let progress = Progress(options.reporting, label: "fm-predict", unit: unit, beside: target)
    var rowCount = 0
    do {
      while try ahead.next(&batch) {
        rowCount += try write(batch)
        progress.update(rowCount)
        // A sender may wait for this answer before it sends more.
        if !ahead.isReady { try target.flush() }
      }
    } catch {
      // The predictions before the error are good.
      try? target.flush()
      throw error
    }
    progress.finish()
  }
}

extension FMPredict {
  /// Returns the engine that the options ask for, and reports if it is slow at the chosen precision.
  func engine() throws -> Engine {
    let engine = Engine(instructionSet: try InstructionSet.chosen(), jobs: jobs.count)
    if !reporting.quiet, let note = precision.note(on: engine) { Self.say(note) }
    return engine
  }

  /// Loads the models that were opened. `input` is the shape of the images, if it is known.
  func load(_ sources: [PeekedSource], input: ImageShape?) throws -> [EnsembleMember] {
    try models.load(sources, input: input, force: force.force, quiet: reporting.quiet)
  }
}
