// The options for learning from other models.

import ByteIO
import CommandLine
import Inference
import ModelOptions
import ModelFiles
import Networks
import Training
import TensorStream

struct TeacherOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      """
      Also learn from this model's answers to the same augmented images. Repeat the option to learn from the mean of \
      several models.
      """, valueName: "model"), completion: .models)
  var teacher: [ModelPath] = []

  @Option(
    name: .customLong("teacher-weight"),
    help: ArgumentHelp(
      "Give the teachers this share of the loss; the labels have the rest. (default: 1.0)", valueName: "share"
    )
  )
  var weight: Double?

  @Option(
    help: ArgumentHelp(
      "Divide the logits of teachers and student by this. Above 1, unlikely classes count more. (default: 1.0)",
      valueName: "divisor"))
  var temperature: Double?

  @Option(
    name: .customLong("teacher-average"),
    help: ArgumentHelp(
      """
      Let teachers answer with the mean over these views: none, flip, shift=PIXELS, or both separated by a comma. Six \
      views take six times as long as none. (default: as each teacher records)
      """, valueName: "views"), completion: .views, transform: Averaging.spelled)
  var averaging: Averaging?

  func validate() throws {
    let options = [
      ("--teacher-weight", weight != nil), ("--temperature", temperature != nil),
      ("--teacher-average", averaging != nil),
    ]
    if let option = options.first(where: \.1)?.0, teacher.isEmpty {
      throw ValidationError("\(option) needs a --teacher, but none is given")
    }
    if let weight, !(weight > 0 && weight <= 1) {
      throw ValidationError("--teacher-weight: expected more than 0 and up to 1, got \(weight)")
    }
    if let temperature, !(temperature >= 0.01 && temperature <= 100) {
      throw ValidationError("--temperature: expected 0.01 to 100, got \(temperature)")
    }
    try teacher.checkModelsDiffer(option: "--teacher")
    if teacher.contains(where: \.path.isStandardStream) {
      throw ValidationError("--teacher: expected a file, got standard input")
    }
  }

  /// Whether labels have no share of the loss.
  var hasWholeLoss: Bool { !teacher.isEmpty && weight ?? 1 == 1 }

  /// Loads the teachers, in the order given; `nil` if there are none.
  func load() throws -> Teaching? {
    guard !teacher.isEmpty else { return nil }
    let teachers = try teacher.map { file in
      let model = try ModelFile.load(ModelFile.open(file.open()))
      let name = file.path.inputName
      return EnsembleMember(
        model, averaging: try averaging(of: model, name) ?? model.averaging(nil, name: name))
    }
    return Teaching(teachers, weight: weight ?? 1, temperature: temperature ?? 1)
  }

  /// Returns the views of `--teacher-average`; `nil` if it is not given. Throws a ``UsageError`` if the teacher would
  /// answer worse, since it was not trained on images changed in this way.
  private func averaging(of model: Model, _ name: String) throws -> Averaging? {
    guard let averaging else { return nil }
    if let training = model.training,
      averaging.flips && !training.usedFlips || averaging.shift > training.usedShift
    {
      throw UsageError(
        "--teacher-average \(averaging.text): \(name) was not trained on such images, and would answer worse; leave"
          + " it out")
    }
    return averaging
  }

  /// Throws ``TeacherError`` if one of the models cannot teach the network `student`.
  func check(
    _ teaching: Teaching?, fits student: Architecture, classes: [String]?, recipe: RecordedRecipe?
  ) throws {
    for (file, teaches) in zip(teacher, teaching?.teachers ?? []) {
      try teaches.model.checkTeaches(student, classes: classes, recipe: recipe, name: file.path.inputName)
    }
  }

  /// Returns the options as a model file records them. Each teacher's weights are identified by their CRC-32, since its
  /// file name may refer to another file later.
  func record(_ teaching: Teaching?) -> [String: String] {
    guard let teaching else { return [:] }
    let names = zip(teacher, teaching.teachers).map { file, teacher in
      "\(file.path.displayed) (crc32 \(checksumText(teacher.model.fingerprint))"
        + (teacher.model.temperature.map { ", calibrated \($0)" } ?? "") + ")"
    }
    var record = [
      "teacher": names.joined(separator: ", "), "teacher-weight": "\(teaching.weight)",
      "temperature": "\(teaching.temperature)",
    ]
    record["teacher-average"] = averaging?.text
    return record
  }
}
