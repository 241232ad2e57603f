// Distillation: a network learns from the mean of other models' answers as well as from labels.
//
// Hinton, Vinyals & Dean 2015, "Distilling the Knowledge in a Neural Network": a stronger model's opinion of the wrong
// classes says more about an image than its label does. Beyer et al. 2022, "Knowledge distillation: a good teacher is
// patient and consistent": the teacher must see exactly the images that the student sees, with the same changes.

import Networks
import Execution
import Inference
import ByteIO
import Compute
import KernelInterface
import TensorStream

/// The models to learn from, and how much.
public struct Teaching: Sendable {
  /// The teachers, at least one.
  public var teachers: [EnsembleMember]
  /// The share of the loss that compares with the teachers' answers, 0…1. The remaining share compares with the labels.
  public var weight: Double
  /// The divisor of the logits of teachers and student. Above 1, unlikely classes count more.
  public var temperature: Double
  /// The most bytes for answers that a run remembers. See ``TeacherMemory``.
  var memoryLimit = TeacherMemory.byteLimit

  public init(_ teachers: [EnsembleMember], weight: Double = 1, temperature: Double = 1) {
    precondition(!teachers.isEmpty && (0...1).contains(weight) && temperature > 0, "no teaching")
    self.teachers = teachers
    self.weight = weight
    self.temperature = temperature
  }

  /// Returns the command lines that made the data, followed by those that made the teachers, each once.
  public func history(after data: [String]) -> [String] {
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
      "\(name): the teacher is for images of \(shape.text), but the training images are \(wanted.text)"
    case .classCount(let count, let wanted):
      "\(name): the teacher has \(count) classes, but the training images have \(wanted)"
    case .className(let label, let className, let wanted):
      "\(name): class \(label) of the teacher is '\(displayed(className))',"
        + " but '\(displayed(wanted))' in the training images"
    case .recipe(let recipe, let wanted):
      "\(name): the teacher learned from images made by the recipe '\(recipe?.text ?? "none")', but the training images"
        + " are made by '\(wanted?.text ?? "none")'"
    }
  }
}

extension Model {
  /// Throws ``TeacherError`` if the model cannot teach a network for these images and classes. `classes` and `recipe`
  /// are `nil` if the data has none. `name` identifies the model in messages.
  ///
  /// - Complexity: O(c) for c class names.
  public func checkTeaches(
    _ student: Architecture, classes: [String]?, recipe: RecordedRecipe? = nil, name: String
  ) throws(TeacherError) {
    let difference = difference(
      from: student.input, classCount: student.classCount, classes: classes, recipe: recipe)
    if let difference { throw TeacherError(name: name, difference: difference) }
  }

  /// Identifies the model's weights across runs: a CRC-32 over the bytes of all values in order.
  ///
  /// - Complexity: O(values).
  public var fingerprint: UInt32 { parameters.fingerprint }
}

extension [Parameter] {
  /// Identifies the parameters across runs: a CRC-32 over the bytes of all values in order.
  ///
  /// - Complexity: O(values).
  public var fingerprint: UInt32 {
    var sum = CRC32()
    for parameter in self { parameter.values.withUnsafeBytes { sum.update($0) } }
    return sum.value
  }
}

/// The networks of the teachers, and memory for their answers.
final class TeacherNetworks {
  private let teaching: Teaching
  private let ensemble: Ensemble
  private let memory: TeacherMemory?
  /// The mean probabilities, [batch, classes], with the stride of the logits.
  private let distributions: FloatBuffer
  private let stride: Int
  private let classCount: Int

  /// Throws ``NetworkSizeError``. The teachers must fit the student, whose logits have the stride `logitStride`.
  /// `memory` may be `nil`: the teachers then answer anew each time.
  init(
    _ teaching: Teaching, batchCapacity: Int, logitStride: Int, memory: TeacherMemory? = nil, engine: Engine,
    precision: Precision
  ) throws(NetworkSizeError) {
    self.teaching = teaching
    self.memory = memory
    stride = logitStride
    distributions = FloatBuffer(count: batchCapacity * logitStride)
    ensemble = try Ensemble(
      teaching.teachers, batchCapacity: batchCapacity, engine: engine, precision: precision)
    classCount = ensemble.classCount
  }

  /// Returns the mean of the teachers' probabilities for a batch, at the temperature. A calibrated teacher's logits are
  /// first divided by its own temperature. `shown` returns the number of the training image at a position, and how it was
  /// changed. Valid until the next call.
  ///
  /// - Complexity: A forward pass of each teacher for each view and each image that is not remembered.
  func targets(
    for batch: ImageBatch, shown: (_ position: Int) -> (image: Int, change: ImageChange)
  ) -> SoftTargets {
    if let memory {
      let places = (0..<batch.count).map { position in
        let (image, change) = shown(position)
        return memory.place(image: image, change)
      }
      answer(batch, at: places, in: memory)
    } else {
      answer(batch)
    }
    return SoftTargets(
      distributions: Rows(distributions.floats, stride: stride), weight: Float(teaching.weight),
      temperature: Float(teaching.temperature))
  }

  /// Sets `distributions` to the answers for a batch, and computes only those that are not in memory at `places`.
  private func answer(_ batch: ImageBatch, at places: [Int], in memory: TeacherMemory) {
    let new = places.indices.filter { !memory.isKnown(places[$0]) }
    if !new.isEmpty {
      batch.withImages(new) { answer($0) }
      for (row, position) in new.enumerated() {
        memory.keep(distributions.floats.baseAddress! + row * stride, at: places[position])
      }
    }
    for (row, place) in places.enumerated() {
      memory.recall(place, to: distributions.floats.baseAddress! + row * stride)
    }
  }

  /// Sets the first rows of `distributions` to the answers for a batch.
  private func answer(_ batch: ImageBatch) {
    distributions.clear()
    let share = 1 / Float(ensemble.networks.count)
    let inverseTemperature = Float(1 / teaching.temperature)
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
  }
}
