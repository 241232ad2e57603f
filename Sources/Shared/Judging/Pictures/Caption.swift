// The caption below an image.
import ByteIO

/// The caption of an image: its true class, its predicted class, and whether the prediction is right.
struct Caption: Equatable {
  /// The true class, in its displayed form.
  var truth: String?
  /// The predicted class, in its displayed form.
  var predicted: String?
  /// The probability of the predicted class, in percent.
  var probability: String?
  /// Whether the prediction is right; `nil` if there is no prediction, or no true class to compare it with.
  var isRight: Bool?
  /// The record's displayed name, or its number if it has none.
  var name: String

  init(_ image: SelectedImage, classes: [String]?) {
    name =
      image.name == nil || image.name == []
      ? "\(image.number)" : String(decoding: image.displayedName, as: UTF8.self)
    let label = image.label.map { label in classes.map { $0[label] } ?? String(label) }
    let trueClass = image.note?.truth ?? label
    truth = trueClass.map { displayed($0) }
    if let note = image.note {
      predicted = displayed(note.predicted ?? "no class")
      probability = note.probability.map { "\(fixed(100 * Double($0), decimals: 0)) %" }
      // Both are names or both are numbers: ClassCheck refuses tables that have one of each.
      isRight = trueClass.map { $0 == note.predicted }
    }
  }

  /// Blue if the prediction is right, vermilion if it is wrong, and the colour of text if that is unknown.
  var color: Color { isRight.map { $0 ? .right : .wrong } ?? .ink }

  /// The first line: the true class, or else the record's name or number.
  var heading: String { truth ?? name }

  /// The second line: the predicted class with its probability; `nil` if there is no prediction.
  var answer: String? {
    predicted.map { "→ \($0)" + (probability.map { " \($0)" } ?? "") }
  }
}
