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
  /// At least one.
  public var teachers: [EnsembleMember]
  /// The share of the loss that is by the teachers' answers, 0…1; the rest is by the labels.
  public var weight: Double
  /// What the logits of teachers and student are divided by: above 1, unlikely classes count more.
  public var temperature: Double

  public init(_ teachers: [EnsembleMember], weight: Double = 1, temperature: Double = 1) {
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
public struct TeacherError: Failure, Equatable {
  public let name: String
  public let difference: ModelDifference

  public init(name: String, difference: ModelDifference) {
    (self.name, self.difference) = (name, difference)
  }

  public var kind: FailureKind { .badData }

  public var description: String {
    switch difference {
    case .shape(let shape, let wanted):
      "\(name): teaches images of \(shape.text), but the training images are \(wanted.text)"
    case .classCount(let count, let wanted):
      "\(name): teaches \(count) classes, but the training images have \(wanted)"
    case .className(let label, let className, let wanted):
      "\(name): teaches class \(label) as '\(displayed(className))',"
        + " but the training images have it as '\(displayed(wanted))'"
    case .recipe(let recipe, let wanted):
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
    let difference = difference(
      from: student.input, classCount: student.classCount, classes: classes, recipe: recipe)
    if let difference { throw TeacherError(name: name, difference: difference) }
  }

  /// By what the weights are known again; see there.
  public var fingerprint: UInt32 { parameters.fingerprint }
}

extension [Parameter] {
  /// By what they are known again: a CRC-32 over the bytes of all values in their order.
  public var fingerprint: UInt32 {
    var sum = CRC32()
    for parameter in self { parameter.values.withUnsafeBytes { sum.update($0) } }
    return sum.value
  }
}

/// Teachers at work: networks that only look, and room for what they say of a batch.
final class TeacherNetworks {
  private let teaching: Teaching
  private let ensemble: Ensemble
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
    ensemble = try Ensemble(
      teaching.teachers, batchCapacity: batchCapacity, engine: engine, precision: precision)
  }

  /// The mean of the teachers' probabilities for a batch, at the temperature; a calibrated teacher's logits are divided by
  /// its own before. Valid until the next call.
  func targets(for batch: ImageBatch) -> SoftTargets {
    distributions.clear()
    let share = 1 / Float(ensemble.networks.count)
    let inverseTemperature = Float(1 / teaching.temperature)
    let classCount = ensemble.classCount
    for teacher in ensemble.networks {
      let rows = teacher.logits(batch)
      precondition(rows.stride == stride, "a teacher's logits are laid out like the student's")
      for row in 0..<batch.count {
        for column in 0..<classCount { rows.floats[row * stride + column] *= inverseTemperature }
      }
      teacher.network.engine.softmax(
        logits: rows, probabilities: rows, batch: batch.count, classCount: classCount)
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
