// Learning from other models: their answers to the images that the student sees, and the models that can teach.

import Compute
import NetworkSamples
import TensorStream
import Testing

@testable import Networks
@testable import Execution
@testable import Inference
@testable import Training

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

@Suite struct TeacherTests {
  private static let shape = ImageShape(height: 12, width: 12, channels: 1)
  private static let student = "linear:20 relu dropout:0.2"
  private static let strong = "conv:5 relu pool dropout:0.3 linear:20 relu"

  private func model(_ specification: String, seed: UInt64 = 1, classCount: Int = 4) throws -> Model {
    let architecture = try Architecture(
      specification: specification, input: Self.shape, classCount: classCount)
    return Model(
      architecture: architecture,
      parameters: Initialization.reference.parameters(for: architecture, seed: seed), classes: nil,
      history: ["made \(specification) \(seed)"], training: nil)
  }

  /// Returns the softmax of a model's logits divided by the temperature. A separate network computes the logits.
  private func probabilities(_ model: Model, _ data: Dataset, temperature: Double) -> [[Double]] {
    let network = Network(
      model.architecture, batchCapacity: data.count, forTraining: false,
      engine: Engine(instructionSet: .best, jobs: 1))
    network.importParameters(model.parameters)
    let logits = data.images.withUnsafeBufferPointer {
      network.logits(ImageBatch(bytes: $0, count: data.count))
    }
    return stride(from: 0, to: logits.count, by: 4).map { start in
      NaiveCrossEntropy(
        logits[start..<start + 4].map { Double($0) / temperature }, label: 0, smoothing: 0
      ).probabilities
    }
  }

  private func targets(
    _ teaching: Teaching, _ data: Dataset, jobs: Int = 1
  ) throws -> [[Double]] {
    let engine = Engine(instructionSet: .best, jobs: jobs)
    let student = Network(
      try model(Self.student).architecture, batchCapacity: 1, forTraining: false, engine: engine)
    let teachers = try TeacherNetworks(
      teaching, batchCapacity: data.count, logitStride: student.logitStride, engine: engine,
      precision: .float32)
    return data.images.withUnsafeBufferPointer { images in
      // The second call shows that the first leaves nothing behind.
      _ = teachers.targets(for: ImageBatch(bytes: images, count: data.count)) { ($0, ImageChange()) }
      let rows = teachers.targets(for: ImageBatch(bytes: images, count: data.count)) { ($0, ImageChange()) }
        .distributions
      return (0..<data.count).map { row in
        (0..<4).map { Double(rows.floats[row * rows.stride + $0]) }
      }
    }
  }

  // MARK: - Targets

  @Test(arguments: [0.5, 1, 4]) func theTargetsAreTheTeachersMeanAtTheTemperature(_ temperature: Double)
    throws
  {
    let data = Dataset.pictures(21)
    let models = try [model(Self.strong), model(Self.student, seed: 2), model("conv:3 relu", seed: 3)]
    let teaching = Teaching(models.map { EnsembleMember($0) }, temperature: temperature)
    let taught = try targets(teaching, data)
    let each = models.map { probabilities($0, data, temperature: temperature) }
    for (row, distribution) in taught.enumerated() {
      #expect(abs(distribution.reduce(0, +) - 1) <= 1e-6)
      for column in 0..<4 {
        let mean = each.reduce(0) { $0 + $1[row][column] } / 3
        #expect(abs(distribution[column] - mean) <= 1e-5 * mean, "image \(row), class \(column)")
      }
    }
    for jobs in [2, 3, 5] { #expect(try targets(teaching, data, jobs: jobs) == taught) }
  }

  @Test func aTeacherThatAveragesTeachesTheAverage() throws {
    let data = Dataset.pictures(8)
    let model = try model(Self.strong)
    let averaged = try targets(Teaching([EnsembleMember(model, averaging: .flip)]), data)
    #expect(averaged != (try targets(Teaching([EnsembleMember(model)]), data)))
    var mirrored = data.images
    for start in stride(from: 0, to: mirrored.count, by: 12) { mirrored[start..<start + 12].reverse() }
    let turned = Dataset(
      shape: data.shape, images: mirrored, labels: data.labels, classes: nil, history: [])
    #expect(averaged == (try targets(Teaching([EnsembleMember(model, averaging: .flip)]), turned)))
  }

  /// A teacher uses its running statistics, which differ from the batch's, and does not change them.
  @Test func aTeacherWithStatisticsTeachesItsPredictions() throws {
    let data = Dataset.pictures(13)
    var model = try model(
      "conv:4,bias=no norm relu residual( conv:4,bias=no norm ) norm pool:average linear:9 norm")
    for (index, parameter) in model.parameters.enumerated() where parameter.name.contains("running_") {
      let isVariance = parameter.name.hasSuffix("var")
      model.parameters[index].values = parameter.values.indices.map {
        isVariance ? 0.3 + 0.1 * Float($0) : 0.2
      }
    }
    let expected = probabilities(model, data, temperature: 2)
    let taught = try targets(Teaching([EnsembleMember(model)], temperature: 2), data)
    #expect(taught.count == 13)
    for (row, distribution) in taught.enumerated() {
      for column in 0..<4 {
        #expect(abs(distribution[column] - expected[row][column]) <= 1e-5 * expected[row][column])
      }
    }
    for jobs in [2, 5] {
      #expect(try targets(Teaching([EnsembleMember(model)], temperature: 2), data, jobs: jobs) == taught)
    }
  }

  // MARK: - Runs

  /// The learning rate is too small to change a weight. So the loss compares the student's first answers to the changed
  /// images with the teacher's answers to the same images.
  @Test func theTeacherSeesTheImagesThatTheStudentSees() throws {
    let data = Dataset.pictures(30)
    let teacher = try model(Self.strong)
    let everything = Augmentation(flips: true, shift: 2, erasing: RandomErasing(probability: 1))
    let settings = TrainingSettings.sample(epochs: 2, batchSize: 30, learningRate: 1e-30).with {
      $0.augmentation = everything
    }
    let specification = "linear:20 relu"
    let architecture = try Architecture(specification: specification, input: data.shape, classCount: 4)
    let run = try Run(
      specification, on: data, settings, jobs: 2,
      teaching: Teaching([EnsembleMember(teacher)], weight: 1, temperature: 1))
    var start = try model(specification)
    start.parameters = settings.initialization.parameters(for: architecture, seed: settings.seed)
    #expect(run.reports.count == 2)
    for report in run.reports {
      var images = [UInt8](repeating: 0, count: data.images.count)
      let byteCount = data.shape.byteCount
      for index in 0..<data.count {
        let change = ImageChange(
          everything, shape: data.shape, seed: settings.seed, time: report.epoch, index: index)
        data.images.withUnsafeBufferPointer { source in
          images.withUnsafeMutableBufferPointer { target in
            change.write(
              source.baseAddress! + index * byteCount, data.shape, to: target.baseAddress! + index * byteCount
            )
          }
        }
      }
      let seen = Dataset(
        shape: data.shape, images: images, labels: data.labels, classes: nil, history: [])
      let ours = probabilities(start, seen, temperature: 1)
      let theirs = probabilities(teacher, seen, temperature: 1)
      let loss = zip(ours, theirs).reduce(0) { sum, pair in
        sum - zip(pair.0, pair.1).reduce(0) { $0 + $1.1 * log($1.0) }
      }
      #expect(abs(report.training.loss - loss / 30) <= 1e-5)
    }
  }

  @Test func theSameSeedGivesTheSameWeightsForAnyNumberOfThreads() throws {
    let data = Dataset.pictures(70)
    let settings = TrainingSettings.sample(epochs: 2, batchSize: 32).with {
      $0.augmentation = Augmentation(flips: true, shift: 1)
      $0.labelSmoothing = 0.1
    }
    let teaching = Teaching(
      [EnsembleMember(try model(Self.strong), averaging: .flip)], weight: 0.7, temperature: 3)
    let first = try Run(Self.student, on: data, settings, teaching: teaching)
    #expect(first.outcome.parameters != nil)
    for jobs in [1, 2, 3, 5] {
      let again = try Run(Self.student, on: data, settings, jobs: jobs, teaching: teaching)
      #expect(again.outcome.parameters == first.outcome.parameters, "\(jobs) threads")
    }
    let alone = try Run(Self.student, on: data, settings)
    #expect(alone.outcome.parameters != first.outcome.parameters)
  }

  /// A teacher that knows the classes overrules random labels.
  @Test func theStudentLearnsTheTeachersClassesAndNotTheLabels() throws {
    let settings = TrainingSettings.sample(epochs: 20)
    let taught = try Run(Self.strong, on: .pictures(128), settings)
    var teacher = try model(Self.strong)
    teacher.parameters = try #require(taught.outcome.parameters)
    let labelled = Dataset.pictures(256, strayLabels: 1, seed: 3)
    let unseen = Dataset.pictures(64, seed: 2)
    let learned = try Run(
      Self.student, on: labelled, settings, teaching: Teaching([EnsembleMember(teacher)]))
    let ofTeacher = try figures(Self.student, try #require(learned.outcome.parameters), on: unseen)
    #expect(ofTeacher.accuracy >= 0.9, "\(ofTeacher)")
    let alone = try Run(Self.student, on: labelled, settings)
    let ofLabels = try figures(Self.student, try #require(alone.outcome.parameters), on: unseen)
    #expect(ofLabels.accuracy < 0.7, "\(ofLabels)")
  }

  // MARK: - Models that can teach

  @Test func aTeacherThatDoesNotFitIsRefusedWithTheDifference() throws {
    var teacher = try model(Self.strong)
    let student = try model(Self.student).architecture
    try teacher.checkTeaches(student, classes: nil, name: "t")
    try teacher.checkTeaches(student, classes: ["a", "b", "c", "d"], name: "t")
    teacher.classes = ["a", "b", "c", "d"]
    try teacher.checkTeaches(student, classes: nil, name: "t")
    try teacher.checkTeaches(student, classes: ["a", "b", "c", "d"], name: "t")
    #expect(throws: TeacherError(name: "t", difference: .className(label: 2, "c", wanted: "x"))) {
      try teacher.checkTeaches(student, classes: ["a", "b", "x", "y"], name: "t")
    }
    #expect(throws: TeacherError(name: "t", difference: .classCount(4, wanted: 5))) {
      try teacher.checkTeaches(model(Self.student, classCount: 5).architecture, classes: nil, name: "t")
    }
    let other = ImageShape(height: 12, width: 12, channels: 3)
    #expect(throws: TeacherError(name: "t", difference: .shape(Self.shape, wanted: other))) {
      try teacher.checkTeaches(
        Architecture(specification: "relu", input: other, classCount: 4), classes: nil, name: "t")
    }
  }

  @Test func fingerprintsTellWeightsApart() throws {
    let one = try model(Self.student)
    var other = one
    #expect(one.fingerprint == other.fingerprint)
    other.parameters[1].values[0].negate()
    #expect(one.parameters[1].values[0].bitPattern != other.parameters[1].values[0].bitPattern)
    #expect(one.fingerprint != other.fingerprint)
  }

  @Test func theHistoryNamesEachTeacherOnce() throws {
    let teaching = Teaching(try [1, 2, 1].map { EnsembleMember(try model("relu", seed: $0)) })
    #expect(teaching.history(after: ["data"]) == ["data", "made relu 1", "made relu 2"])
  }
}
