// Learning from other models: the mean of their answers is a target beside the labels.
//
// Hinton, Vinyals & Dean 2015, "Distilling the Knowledge in a Neural Network": what a stronger model thinks of the wrong
// classes says more of an image than its label does. Beyer et al. 2022, "Knowledge distillation: a good teacher is patient
// and consistent": the teacher has to see the very images that the student sees, changed as they are.

import Networks
import Execution
import Inference
import ByteIO
import Compute
import KernelInterface
import TensorStream

/// The models to learn from, and how much.
public struct Teaching: Sendable {
  public struct Teacher: Sendable {
    public var model: Model
    /// How its own answers are averaged.
    public var averaging: Averaging

    public init(_ model: Model, averaging: Averaging = .none) {
      self.model = model
      self.averaging = averaging
    }
  }
  /// At least one.
  public var teachers: [Teacher]
  /// The share of the loss that is by the teachers' answers, 0…1; the rest is by the labels.
  public var weight: Double
  /// What the logits of teachers and student are divided by: above 1, unlikely classes count more.
  public var temperature: Double

  public init(_ teachers: [Teacher], weight: Double = 1, temperature: Double = 1) {
    precondition(!teachers.isEmpty && (0...1).contains(weight) && temperature > 0, "no teaching")
    self.teachers = teachers
    self.weight = weight
    self.temperature = temperature
  }

  /// The command lines that made the data, and behind them those that made the teachers, each once.
  public func history(behind data: [String]) -> [String] {
    teachers.flatMap(\.model.history).reduce(into: data) { history, line in
      if !history.contains(line) { history.append(line) }
    }
  }
}

/// Why a model cannot teach.
public enum TeacherError: Failure, Equatable {
  case differentShape(name: String, shape: ImageShape, wanted: ImageShape)
  case differentClassCount(name: String, count: Int, wanted: Int)
  case differentClass(name: String, label: Int, className: String, wanted: String)
  case differentRecipe(name: String, recipe: RecordedRecipe?, wanted: RecordedRecipe?)

  public var kind: FailureKind { .badData }

  public var description: String {
    switch self {
    case .differentShape(let name, let shape, let wanted):
      "\(name): teaches images of \(shape.text), but the training images are \(wanted.text)"
    case .differentClassCount(let name, let count, let wanted):
      "\(name): teaches \(count) classes, but the training images have \(wanted)"
    case .differentClass(let name, let label, let className, let wanted):
      "\(name): teaches class \(label) as '\(displayed(className))',"
        + " but the training images have it as '\(displayed(wanted))'"
    case .differentRecipe(let name, let recipe, let wanted):
      "\(name): teaches images made by the recipe '\(recipe?.text ?? "none")', but the training images are made by"
        + " '\(wanted?.text ?? "none")'"
    }
  }
}

extension Model {
  /// Throws ``TeacherError`` where the model cannot teach a network for such images and classes; `classes` nil where the
  /// data names none, and so is `recipe`. `name` is the model's, for messages.
  public func checkTeaches(
    _ student: Architecture, classes: [String]?, recipe: RecordedRecipe? = nil, name: String
  ) throws(TeacherError) {
    guard architecture.input == student.input else {
      throw .differentShape(name: name, shape: architecture.input, wanted: student.input)
    }
    guard architecture.classCount == student.classCount else {
      throw .differentClassCount(name: name, count: architecture.classCount, wanted: student.classCount)
    }
    guard RecordedRecipe.agree(self.recipe, recipe) else {
      throw .differentRecipe(name: name, recipe: self.recipe, wanted: recipe)
    }
    guard let ours = self.classes, let classes else { return }
    if let label = zip(ours, classes).enumerated().first(where: { $1.0 != $1.1 })?.offset {
      throw .differentClass(name: name, label: label, className: ours[label], wanted: classes[label])
    }
  }

  /// By what the weights are known again: a CRC-32 over the bytes of all parameters in their order.
  public var fingerprint: UInt32 {
    var sum = CRC32()
    for parameter in parameters { parameter.values.withUnsafeBytes { sum.update($0) } }
    return sum.value
  }
}

/// Teachers at work: networks that only look, and room for what they say of a batch.
final class TeacherNetworks {
  private let teaching: Teaching
  private let networks: [(network: Network, views: ViewMemory?)]
  /// [batch, classes] with the stride of logits.
  private let distributions: FloatBuffer
  private let stride: Int

  /// Throws ``NetworkSizeError``. The teachers fit the student, whose logits have this stride.
  init(
    _ teaching: Teaching, batchCapacity: Int, logitStride: Int, engine: Engine, precision: Precision
  ) throws(NetworkSizeError) {
    self.teaching = teaching
    stride = logitStride
    distributions = FloatBuffer(count: batchCapacity * logitStride)
    var networks: [(Network, ViewMemory?)] = []
    for teacher in teaching.teachers {
      let architecture = teacher.model.architecture
      try Network.checkMemory(
        architecture, batch: batchCapacity, forTraining: false, engine: engine, precision: precision)
      let network = Network(
        architecture, batchCapacity: batchCapacity, forTraining: false, engine: engine,
        precision: precision, scaling: teacher.model.scaling)
      network.importParameters(teacher.model.parameters)
      networks.append(
        (network, ViewMemory(teacher.averaging, architecture, batchCapacity: batchCapacity)))
    }
    self.networks = networks
  }

  /// The mean of the teachers' probabilities for a batch, at the temperature. Valid until the next call.
  func targets(for batch: ImageBatch) -> SoftTargets {
    distributions.clear()
    let share = 1 / Float(networks.count)
    let inverseTemperature = Float(1 / teaching.temperature)
    for (network, views) in networks {
      let classCount = network.architecture.classCount
      let rows = network.forward(batch, averaging: views)
      precondition(rows.stride == stride, "a teacher's logits are laid out like the student's")
      for row in 0..<batch.count {
        for column in 0..<classCount { rows.floats[row * stride + column] *= inverseTemperature }
      }
      network.engine.softmax(logits: rows, probabilities: rows, batch: batch.count, classCount: classCount)
      for row in 0..<batch.count {
        for column in 0..<classCount {
          let place = row * stride + column
          distributions.floats[place] += share * rows.floats[place]
        }
      }
    }
    return SoftTargets(
      distributions: Rows(distributions.floats, stride: stride), weight: Float(teaching.weight),
      temperature: Float(teaching.temperature))
  }
}
