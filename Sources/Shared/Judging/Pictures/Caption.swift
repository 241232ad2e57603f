// What stands below an image.
import ByteIO

/// Words on an image: its true class, what it was taken for, and whether that is right.
struct Caption: Equatable {
  /// Displayed texts.
  var truth: String?
  var predicted: String?
  var probability: String?
  /// `nil` where there is no prediction, or no truth to compare with.
  var isRight: Bool?
  /// The record's name or number.
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
      // Numbers and names of classes do not compare.
      isRight = trueClass.map { $0 == note.predicted }
    }
  }

  /// Blue where the prediction is right, vermilion where it is wrong.
  var color: Color { isRight.map { $0 ? .right : .wrong } ?? .ink }

  /// What is known of the image itself, above what it was taken for.
  var heading: String { truth ?? name }

  /// What it was taken for, with its probability; `nil` where there is no prediction.
  var answer: String? {
    predicted.map { "→ \($0)" + (probability.map { " \($0)" } ?? "") }
  }
}
