// Images that stay in the file of their stream: a run is the same as with images in memory.

import ByteIO
import Compute
import Foundation
import NetworkSamples
import Networks
import TensorStream
import Testing

@testable import Training

@Suite struct StoredImageTests {
  private static let pictures = Dataset.pictures(300, strayLabels: 0.1)

  /// Networks, and settings that depend on the numbers of images.
  private enum Case: CaseIterable {
    case pools, balanced, changed, mixed, averagedSteps, averagedEpochs

    var specification: String {
      self == .pools || self == .balanced ? "linear:16 relu" : "conv:4 norm relu pool"
    }

    var settings: TrainingSettings {
      .sample(epochs: 3).with {
        switch self {
        case .pools: $0.shuffle = .pools(of: 64)
        case .balanced: $0.sampling = .balanced
        case .changed: $0.augmentation = Augmentation(flips: true, shift: 1)
        case .mixed: $0.augmentation.mixup = 0.4
        case .averagedSteps: $0.weightAverage = .exponential(decay: 0.9)
        case .averagedEpochs: $0.weightAverage = .lastEpochs(2)
        }
      }
    }
  }

  /// A file with a stream of named images in two segments. It is removed after the test.
  private final class Place {
    let path = FileManager.default.temporaryDirectory.appendingPathComponent("fm-tools-\(UUID().uuidString)")
      .path

    init() throws {
      let one = pictures.selecting(Array(0..<200)).records(named: true)
      let bytes = try stream(one) + stream(pictures.selecting(Array(200..<300)).records(named: true))
      try Data(bytes).write(to: URL(fileURLWithPath: path))
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    func read(memory: Int) throws -> Dataset { try Dataset(reading: InputFile(path: path), memory: memory) }
  }

  @Test func dataSetsAreTheSameInMemoryAndInAFile() throws {
    let place = try Place()
    let (stored, held) = (try place.read(memory: 1), try place.read(memory: 1 << 30))
    #expect(stored.heldByteCount == 0 && held.heldByteCount == held.count * held.shape.byteCount)
    let selection = (0..<500).map { $0 * 7 % 300 }
    let pairs = [(stored, held), (stored.selecting(selection), held.selecting(selection))]
    for (one, other) in pairs + [(pairs[1].0.selecting([9, 0, 9]), pairs[1].1.selecting([9, 0, 9]))] {
      #expect(try one.imageBytes() == other.imageBytes())
      #expect(one.labels == other.labels && one.classCount == other.classCount)
      #expect(try one.fingerprint() == other.fingerprint())
    }
    #expect(held.images == Self.pictures.images && held.labels == Self.pictures.labels)
  }

  /// The changes of images and their order depend only on the numbers of the images.
  @Test(arguments: Case.allCases)
  private func runsAreTheSameInMemoryAndInAFile(_ kind: Case) throws {
    let place = try Place()
    let settings = kind.settings
    let (training, heldOut) = (Array(0..<240), Array(240..<300))
    let runs = try [1, 1 << 30].map { memory in
      let data = try place.read(memory: memory)
      return try Run(
        kind.specification, on: data.selecting(training), validation: data.selecting(heldOut), settings)
    }
    #expect(runs[0].steps == runs[1].steps && runs[0].steps.count == 90)
    #expect(runs[0].outcome.parameters == runs[1].outcome.parameters)
    #expect(runs[0].reports.map(\.validation) == runs[1].reports.map(\.validation))
  }

  /// If its file changes, a run ends with the best weights so far.
  @Test func aChangedFileEndsTheRun() throws {
    let place = try Place()
    let data = try place.read(memory: 1)
    let trainer = try Trainer(
      settings: .sample(epochs: 3),
      architecture: Architecture(specification: "linear:4 relu", input: data.shape, classCount: 4),
      training: data.selecting(Array(0..<240)), validation: data.selecting(Array(240..<300)),
      engine: Engine(instructionSet: .best, jobs: 1))
    let observer = Writer(path: place.path)
    let outcome = trainer.run(observer: observer)
    #expect(outcome.failure == .unreadable(.changed(name: place.path)))
    #expect(outcome.epochsRun == 1 && outcome.best?.epoch == 1 && outcome.parameters != nil)
    #expect(observer.epochs == 1)
  }

  /// Appends to the file after the first epoch.
  private final class Writer: TrainingObserver {
    let path: String
    private(set) var epochs = 0
    init(path: String) { self.path = path }

    func didStep(epoch: Int, recordsDone: Int, records: Int, loss: Double) {}

    func didFinishEpoch(_ report: EpochReport) {
      epochs += 1
      let handle = FileHandle(forUpdatingAtPath: path)
      _ = try? handle?.seekToEnd()
      handle?.write(Data([0]))
      try? handle?.close()
    }

    var shouldStop: Bool { false }
  }

  @Test func theLimitHoldsForImagesThatAreReadIntoMemory() throws {
    let bytes = try stream(Self.pictures.records())
    let byteCount = Self.pictures.images.count
    func read(limit: Int) throws -> Int {
      let path = FileManager.default.temporaryDirectory.appendingPathComponent(
        "fm-tools-\(UUID().uuidString)"
      ).path
      try Data(bytes).write(to: URL(fileURLWithPath: path))
      defer { try? FileManager.default.removeItem(atPath: path) }
      return try Dataset(reading: TensorStreamReader(InputFile(path: path)), limit: limit).count
    }
    #expect(try read(limit: byteCount) == 300)
    #expect(throws: DatasetError.self) { try read(limit: byteCount - 1) }
  }
}
