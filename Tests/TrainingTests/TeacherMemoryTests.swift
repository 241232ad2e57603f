// Remembered answers of teachers: which images have few forms, and that a remembered answer is the one computed anew.

import Compute
import KernelInterface
import NetworkSamples
import TensorStream
import Testing

@testable import Networks
@testable import Execution
@testable import Inference
@testable import Training

@Suite struct TeacherMemoryTests {
  private static let student = "linear:20 relu dropout:0.2"
  /// Steps of every kind: some go image by image, others over the whole batch, and one folds a normalisation.
  private static let teachers = [
    "conv:5 relu pool dropout:0.3 linear:20 relu",
    "conv:16,bias=no norm gelu residual( conv:16,bias=no norm ) pool conv:16,kernel=5 norm pool:global",
    "linear:33 norm tanh",
  ]

  private func teaching(averaging: Averaging = .none, limit: Int? = nil) throws -> Teaching {
    let shape = ImageShape(height: 12, width: 12, channels: 1)
    let models = try Self.teachers.enumerated().map { index, specification in
      let architecture = try Architecture(specification: specification, input: shape, classCount: 4)
      return Model(
        architecture: architecture,
        parameters: Initialization.reference.parameters(for: architecture, seed: UInt64(index)),
        classes: nil, history: [], training: nil)
    }
    var teaching = Teaching(
      models.map { EnsembleMember($0, averaging: averaging) }, weight: 0.8, temperature: 2)
    if let limit { teaching.memoryLimit = limit }
    return teaching
  }

  // MARK: - Forms

  @Test(arguments: [(false, 0, 1), (true, 0, 2), (false, 1, 9), (true, 1, 18), (true, 2, 50)])
  func eachFormHasItsOwnNumber(_ flips: Bool, _ shift: Int, _ count: Int) throws {
    let forms = try #require(ImageForms(Augmentation(flips: flips, shift: shift, edge: .reflect)))
    #expect(forms.count == count)
    var indexes: [Int] = []
    for isFlipped in flips ? [false, true] : [false] {
      for down in -shift...shift {
        for right in -shift...shift {
          var change = ImageChange()
          (change.isFlipped, change.down, change.right) = (isFlipped, down, right)
          indexes.append(forms.index(of: change))
        }
      }
    }
    #expect(indexes.sorted() == Array(0..<count))
  }

  @Test(arguments: [
    Augmentation(flips: true, rotation: 1), Augmentation(scaling: 1), Augmentation(brightness: 0.1),
    Augmentation(contrast: 0.1), Augmentation(shift: 1, erasing: RandomErasing(probability: 0.1)),
    Augmentation(cutout: 1), Augmentation(mixup: 1), Augmentation(cutmix: 1),
  ]) func imagesOfManyFormsAreNotRemembered(_ augmentation: Augmentation) {
    #expect(ImageForms(augmentation) == nil)
    #expect(TeacherMemory(augmentation, imageCount: 1, classCount: 2) == nil)
  }

  /// Ten images of 18 forms and 4 classes take 2,880 bytes.
  @Test func theLimitIsNotExceeded() {
    let augmentation = Augmentation(flips: true, shift: 1)
    #expect(TeacherMemory(augmentation, imageCount: 10, classCount: 4, byteLimit: 2879) == nil)
    #expect(TeacherMemory(augmentation, imageCount: 10, classCount: 4, byteLimit: 2880)?.floatCount == 720)
    #expect(TeacherMemory(augmentation, imageCount: .max / 2, classCount: 256) == nil)
  }

  // MARK: - Answers

  @Test func anAnswerInMemoryIsNotComputedAgain() throws {
    let data = Dataset.pictures(150)
    let memory = try #require(TeacherMemory(Augmentation(flips: true), imageCount: 150, classCount: 4))
    var mirrored = ImageChange()
    mirrored.isFlipped = true
    let invented: [Float] = [0.1, 0.2, 0.3, 0.4]
    memory.keep(invented, at: memory.place(image: 149, mirrored))
    #expect(memory.isKnown(memory.place(image: 149, mirrored)))
    #expect(!memory.isKnown(memory.place(image: 149, ImageChange())))
    #expect(!memory.isKnown(memory.place(image: 148, mirrored)))
    let networks = try TeacherNetworks(
      teaching(), batchCapacity: 2, logitStride: logitStride(), memory: memory,
      engine: Engine(instructionSet: .best, jobs: 2), precision: .float32)
    data.images.withUnsafeBufferPointer { images in
      let both = ImageBatch(bytes: images, count: 2)
      let rows = networks.targets(for: both) { position in (149 - position, mirrored) }.distributions
      #expect((0..<4).map { rows.floats[$0] } == invented)
      #expect((0..<4).map { rows.floats[rows.stride + $0] } != invented)
    }
  }

  private func logitStride() throws -> Int {
    let architecture = try Architecture(
      specification: Self.student, input: ImageShape(height: 12, width: 12, channels: 1), classCount: 4)
    return Network(
      architecture, batchCapacity: 1, forTraining: false, engine: Engine(instructionSet: .best, jobs: 1)
    ).logitStride
  }

  /// The last batch of an epoch is smaller, and after some epochs most of a batch is known, so that the teachers see
  /// batches of many sizes. Balanced epochs show some images twice.
  @Test(arguments: [Precision.float32, .bfloat16], Sampling.allCases)
  func aRunThatRemembersEndsLikeOneThatDoesNot(_ precision: Precision, _ sampling: Sampling) throws {
    let data = Dataset.pictures(70)
    let settings = TrainingSettings.sample(epochs: 12, batchSize: 32).with {
      $0.augmentation = Augmentation(flips: true, shift: 1)
      $0.precision = precision
      $0.sampling = sampling
    }
    for jobs in [1, 3] {
      let forgetful = try Run(
        Self.student, on: data, settings, jobs: jobs, teaching: teaching(averaging: .flip, limit: 0))
      let remembering = try Run(
        Self.student, on: data, settings, jobs: jobs, teaching: teaching(averaging: .flip))
      let parameters = try #require(forgetful.outcome.parameters)
      #expect(remembering.outcome.parameters == parameters, "\(jobs) threads")
    }
  }
}
