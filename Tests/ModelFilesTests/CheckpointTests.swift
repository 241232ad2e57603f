// Checkpoints keep every bit, can be read as models, and are refused if they are damaged.

import ByteIO
import Compute
import JSON
import MemoryStreams
import Networks
import Execution
import Training
import TensorStream
import Testing

@testable import ModelFiles

@Suite struct CheckpointTests {
  static let architecture = try! Architecture(
    specification: "conv:3 relu pool linear:5 relu", input: ImageShape(height: 6, width: 6, channels: 1),
    classCount: 3)

  /// Returns parameters with distinct values of all kinds: a negative zero, a subnormal and the largest Float.
  static func parameters(_ salt: Float) -> [Parameter] {
    architecture.parameters.map { description in
      var values = (0..<description.count).map { Float($0) * 0.37 + salt }
      values[0] = -0.0
      values[1] = .leastNonzeroMagnitude
      values[2] = .greatestFiniteMagnitude
      return Parameter(name: description.name, shape: description.shape, values: values)
    }
  }

  static func checkpoint(best: Bool = true, moments: [String] = ["exp_avg", "exp_avg_sq"]) -> Checkpoint {
    let report = EpochReport(
      epoch: 2, step: 12, learningRate: 0.1 + 0.2, training: TrainingFigures(loss: 1 / 3, accuracy: 0.5),
      validation: TrainingFigures(loss: .pi, accuracy: 1 / 7), isBest: true, imagesPerSecond: 1234.5,
      seconds: 0.25)
    return Checkpoint(
      run: RunDescription(
        architecture: architecture, classes: ["a", "b", "ß\n"],
        settings: ["batch-size": "8", "seed": "18446744073709551615", "average": "none"],
        training: DataFingerprint(count: 43, crc32: .max), heldOut: DataFingerprint(count: 5, crc32: 0)),
      history: ["idx2raw a b", "fm-train it's"], instructionSet: "avx2",
      state: TrainingState(
        progress: TrainingProgress(
          epoch: 3, recordsDone: 16, sums: BatchResult(lossSum: 0.1 * 7, weightSum: 16, correctCount: 9),
          epochSeconds: 1e-9,
          seconds: 1e9, judgingSeconds: 0),
        parameters: parameters(1),
        optimizer: OptimizerState(
          stepsTaken: 14,
          moments: moments.enumerated().map { index, name in
            OptimizerState.Moment(name: name, values: parameters(Float(2 + index)))
          }), best: best ? BestEpoch(report: report, parameters: parameters(9)) : nil))
  }

  static func bytes(_ container: Safetensors) throws -> [UInt8] {
    let sink = MemorySink()
    try container.write(to: sink)
    return sink.bytes
  }

  static func bytes(_ checkpoint: Checkpoint = checkpoint()) throws -> [UInt8] {
    try bytes(CheckpointFile.container(for: checkpoint))
  }

  static func read(_ bytes: [UInt8]) throws -> Checkpoint {
    try CheckpointFile.checkpoint(in: Safetensors(reading: MemorySource(bytes)), file: "c")
  }

  // MARK: - Round trips

  @Test(
    arguments: [
      checkpoint(), checkpoint(best: false), checkpoint(moments: ["momentum_buffer"]),
      checkpoint(moments: []),
    ])
  func everyBitIsReadBack(_ checkpoint: Checkpoint) throws {
    let read = try Self.read(Self.bytes(checkpoint))
    #expect(read == checkpoint)
    func bits(_ checkpoint: Checkpoint) -> [UInt32] {
      let state = checkpoint.state
      return (state.parameters + state.optimizer.moments.flatMap(\.values) + (state.best?.parameters ?? []))
        .flatMap { $0.values.map(\.bitPattern) }
    }
    #expect(bits(read) == bits(checkpoint))
  }

  /// If each image counts 1, the file has no sum of weights, like checkpoints from before class weights existed.
  @Test func sumsOfWeightsAreKeptIfThereAreWeights() throws {
    #expect(Self.checkpoint().json["weight_sum"] == nil)
    #expect(Self.checkpoint().json["best"]?["held_out"]?["macro_recall"] == nil)
    var checkpoint = Self.checkpoint()
    checkpoint.state.progress.sums.weightSum = 0.1 + 0.2
    checkpoint.state.best?.report.validation?.macroRecall = 0.1
    #expect(checkpoint.json["weight_sum"] == .double(0.1 + 0.2))
    let read = try Self.read(Self.bytes(checkpoint))
    #expect(read == checkpoint && read.state.progress.sums.weightSum == 0.1 + 0.2)
    #expect(read.model.training?.validationMacroRecall == 0.1)
  }

  @Test func momentsCanBeInfinite() throws {
    var checkpoint = Self.checkpoint()
    checkpoint.state.optimizer.moments[1].values[0].values[3] = .infinity
    #expect(try Self.read(Self.bytes(checkpoint)) == checkpoint)
  }

  /// A run tells by this whether a file is still its own.
  @Test func theContentOfAFileIsKnownByItsChecksum() throws {
    try withTemporaryDirectory { directory in
      let path = FilePath("\(directory)/c")
      #expect(CheckpointFile.content(of: path) == .nothing)
      let first = try CheckpointFile.save(Self.checkpoint(), to: path).content
      #expect(first != .other && first != .nothing && CheckpointFile.content(of: path) == first)
      let second = try CheckpointFile.save(Self.checkpoint(best: false), to: path).content
      #expect(second != first && CheckpointFile.content(of: path) == second)
      for bytes in [[], [1, 2, 3], Array(try Self.bytes().prefix(100))] {
        try write(bytes, to: path.text)
        #expect(CheckpointFile.content(of: path) == .other, "\(bytes.count) bytes")
      }
    }
    for path in ["/dev/null", "/", "/dev/fd/0"] as [FilePath] {
      #expect(CheckpointFile.content(of: path) == .unknown, "\(path.displayed)")
    }
  }

  @Test func theSameStateGivesTheSameBytes() throws {
    let bytes = try Self.bytes()
    #expect(try bytes == Self.bytes())
  }

  @Test func aCheckpointIsReadAsTheModelAfterItsLastStep() throws {
    let checkpoint = Self.checkpoint()
    let source = try PeekedSource(MemorySource(Self.bytes(checkpoint)))
    let model = try ModelFile.load(source)
    #expect(model.parameters == checkpoint.state.parameters)
    #expect(model.history == checkpoint.history && model.classes == checkpoint.run.classes)
    #expect(model.training?.seed == .max && model.training?.bestEpoch == 2)
    #expect(model.training?.settings == ["batch-size": "8", "average": "none"])
    guard case .checkpoint(checkpoint) = try SafetensorsContent(reading: MemorySource(Self.bytes())) else {
      Issue.record("not read as a checkpoint")
      return
    }
  }

  @Test func tensorsHavePyTorchsNames() {
    let names = CheckpointFile.container(for: Self.checkpoint()).tensors.map(\.name)
    for name in [
      "conv1.weight", "optimizer.exp_avg.fc1.bias", "optimizer.exp_avg_sq.out.weight", "best.out.bias",
    ] {
      #expect(names.contains(name), "\(name)")
    }
    #expect(names.count == 4 * 6)
  }

  /// Statistics have no gradient and so no moments. The best weights have their own statistics.
  @Test func onlyLearnedParametersHaveMoments() throws {
    let network = GalleryNetwork.all[1]
    var model = try network.model()
    let all = model.architecture.parameters
    var checkpoint = Self.checkpoint()
    checkpoint.run.architecture = model.architecture
    checkpoint.run.classes = nil
    checkpoint.state.parameters = model.parameters
    let learned = zip(model.parameters, all).filter(\.1.role.isLearned).map(\.0)
    checkpoint.state.optimizer.moments = [OptimizerState.Moment(name: "exp_avg", values: learned)]
    for index in all.indices where all[index].role == .counter { model.parameters[index].values = [3] }
    checkpoint.state.best?.parameters = model.parameters
    #expect(try Self.read(Self.bytes(checkpoint)) == checkpoint)

    let container = CheckpointFile.container(for: checkpoint)
    #expect(container.tensors.count == 2 * all.count + learned.count && learned.count < all.count)
    #expect(container["optimizer.exp_avg.norm1.weight"] != nil)
    #expect(container["optimizer.exp_avg.norm1.running_mean"] == nil)
    #expect(container["best.norm1.num_batches_tracked"]?.values == [3])
    #expect(container["best.norm1.num_batches_tracked"]?.elementType == .i64)
    var more = container
    more.tensors.append(
      .init(name: "optimizer.exp_avg.norm1.running_mean", shape: [4], values: [0, 0, 0, 0]))
    let error = #expect(throws: ModelFileError.self) { try Self.read(Self.bytes(more)) }
    #expect(error?.description.contains("unexpected optimizer.exp_avg.norm1.running_mean [4]") == true)
    var negative = checkpoint
    let variance = try #require(all.firstIndex { $0.role == .variance })
    negative.state.best?.parameters[variance].values[2] = -1
    let refusal = #expect(throws: ModelFileError.self) { try Self.read(Self.bytes(negative)) }
    #expect(refusal?.description.contains("tensor 'norm1.running_var': value 2 is -1.0") == true)
  }

  // MARK: - Damage

  @Test func everyChangedByteOfTheTensorsIsNoticed() throws {
    let bytes = try Self.bytes()
    let headerByteCount = Int(bytes[0]) | Int(bytes[1]) << 8
    for offset in (8 + headerByteCount)..<bytes.count {
      var changed = bytes
      changed[offset] ^= 1 << (offset % 8)
      #expect(throws: ModelFileError.self, "byte \(offset)") { try Self.read(changed) }
    }
  }

  @Test func aChangedHeaderIsRefusedOrMeansTheSame() throws {
    let bytes = try Self.bytes()
    let headerByteCount = Int(bytes[0]) | Int(bytes[1]) << 8
    let whole = try Self.read(bytes)
    for offset in 0..<(8 + headerByteCount) {
      for bit in [0, 4] {
        var changed = bytes
        changed[offset] ^= 1 << bit
        // A blank in the padding may become another that JSON allows.
        if let read = try? Self.read(changed) { #expect(read == whole, "byte \(offset)") }
      }
    }
  }

  @Test func everyTruncatedFileIsRefused() throws {
    let bytes = try Self.bytes()
    for count in 0..<bytes.count {
      #expect(throws: ModelFileError.self, "\(count) bytes") { try Self.read(Array(bytes[..<count])) }
    }
    #expect(throws: ModelFileError.self) { try Self.read(bytes + [0]) }
  }
}
