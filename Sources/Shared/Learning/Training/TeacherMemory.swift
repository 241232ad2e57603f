// Remembers what teachers answered, because they always answer the same image in the same way.
//
// An image that is at most mirrored and shifted by whole pixels has few forms: 18 if it moves by up to one pixel. A long
// run shows each of them again and again, and a teacher is often larger than its student. So a form's answer is computed
// only the first time. It has the same bits as a new one would have: an image's logits depend neither on the other
// images of its batch nor on its position among them. A run that resumes therefore starts with an empty memory.

import Compute
import Inference

/// The forms that an augmentation gives to an image, where these are few: mirrored or not, at each shift.
struct ImageForms: Equatable {
  private let flips: Bool
  private let shift: Int

  /// Returns `nil` if an image has more forms than a run could ever repeat: changes that are drawn from a continuous
  /// range, or mixtures with other images.
  init?(_ augmentation: Augmentation) {
    let discrete = Augmentation(
      flips: augmentation.flips, shift: augmentation.shift, edge: augmentation.edge)
    guard augmentation == discrete else { return nil }
    flips = augmentation.flips
    shift = augmentation.shift
  }

  /// The number of shifts in each direction, 0 included.
  private var side: Int { 2 * shift + 1 }

  var count: Int { (flips ? 2 : 1) * side * side }

  /// Returns the number of a form, 0…count−1.
  func index(of change: ImageChange) -> Int {
    ((change.isFlipped ? side : 0) + change.down + shift) * side + change.right + shift
  }
}

/// The teachers' mean probabilities for each form of each training image, as far as they are known.
final class TeacherMemory {
  /// The most bytes that answers may take. 60,000 images of 10 classes in 18 forms take 43 MB.
  static let byteLimit = 256 << 20

  private let forms: ImageForms
  private let classCount: Int
  /// [image, form, class]. The system provides its pages as they are written.
  private let answers: FloatBuffer
  /// Whether an answer is known: a bit for each image and form.
  private var known: [UInt64]

  /// Returns `nil` if images have too many forms, or all answers together more than `byteLimit` bytes.
  ///
  /// - Complexity: O(images · forms) bits.
  init?(
    _ augmentation: Augmentation, imageCount: Int, classCount: Int, byteLimit: Int = TeacherMemory.byteLimit
  ) {
    guard let forms = ImageForms(augmentation) else { return nil }
    let floatCount = Double(imageCount) * Double(forms.count) * Double(classCount)
    guard floatCount * Double(MemoryLayout<Float>.stride) <= Double(byteLimit) else { return nil }
    self.forms = forms
    self.classCount = classCount
    answers = FloatBuffer(count: imageCount * forms.count * classCount)
    known = Array(repeating: 0, count: (imageCount * forms.count + 63) / 64)
  }

  /// The number of floats that the answers take.
  var floatCount: Int { answers.count }

  /// Returns the place of an image's answer in one of its forms.
  func place(image: Int, _ change: ImageChange) -> Int { image * forms.count + forms.index(of: change) }

  func isKnown(_ place: Int) -> Bool { known[place / 64] >> UInt64(place % 64) & 1 == 1 }

  /// Copies an answer, [classes], to `row`.
  func recall(_ place: Int, to row: UnsafeMutablePointer<Float>) {
    row.update(from: answers.floats.baseAddress! + place * classCount, count: classCount)
  }

  /// Remembers an answer, [classes].
  func keep(_ row: UnsafePointer<Float>, at place: Int) {
    (answers.floats.baseAddress! + place * classCount).update(from: row, count: classCount)
    known[place / 64] |= 1 << UInt64(place % 64)
  }
}
