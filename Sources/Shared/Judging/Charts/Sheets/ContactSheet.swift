// Images in a grid, with captions; and the captions, which sheets in a terminal have too.
import ByteIO
import TensorStream

/// Images in a grid, each pixel a square. Below an image is its true class, and its predicted class in blue if it is
/// right and in vermilion if it is wrong.
public struct ContactSheet {
  private let selection: ImageSelection
  private let captions: [Caption]
  private let columns: Int
  private let scale: Int
  private let layout: Layout

  /// Creates a sheet with `columns` images side by side, each pixel of an image drawn as `scale` × `scale` pixels.
  ///
  /// By default, a sheet has 8 columns, or as many columns as rows if that is more. The default scale makes an image
  /// about 140 wide, which its caption needs.
  public init(_ selection: ImageSelection, columns: Int? = nil, scale: Int? = nil) {
    self.selection = selection
    let count = max(1, selection.images.count)
    self.columns = min(columns ?? max(8, Int(Double(count).squareRoot().rounded(.up))), count)
    self.scale = scale ?? max(1, Int((140 / Double(selection.shape.width)).rounded()))
    captions = selection.images.map { Caption($0, classes: selection.classes) }
    layout = Layout(
      selection, columns: self.columns, scale: self.scale,
      lineCount: captions.contains { $0.answer != nil } ? 2 : 1)
  }

  private struct Layout {
    let imageWidth: Double
    let imageHeight: Double
    let font: Font
    let captionHeight: Double
    let gap: Double
    let columns: Int
    let width: Double
    let height: Double

    init(_ selection: ImageSelection, columns: Int, scale: Int, lineCount: Int) {
      imageWidth = Double(selection.shape.width * scale)
      imageHeight = Double(selection.shape.height * scale)
      // Letters grow with the images, so that a larger scale gives the same sheet with more pixels.
      font = Font(min(28, max(8, imageWidth / 12.5)))
      captionHeight = ((Double(lineCount) * 1.35 + 0.4) * font.size).rounded()
      // Rounded, so that the images begin at whole pixels.
      gap = (1.2 * font.size).rounded()
      self.columns = columns
      let rows = (selection.images.count + columns - 1) / columns
      width = Double(columns) * (imageWidth + gap) + gap
      height = Double(rows) * (imageHeight + captionHeight + gap) + gap
    }

    func corner(_ index: Int) -> Point {
      Point(
        gap + Double(index % columns) * (imageWidth + gap),
        gap + Double(index / columns) * (imageHeight + captionHeight + gap))
    }
  }

  /// Returns the top left corner of an image, in whole pixels.
  func corner(_ index: Int) -> Point { layout.corner(index) }

  public var chart: Chart {
    Chart(width: layout.width, height: layout.height, title: title, density: 1) { canvas in
      let measure = TextMeasure()
      for (index, image) in selection.images.enumerated() {
        let corner = layout.corner(index)
        canvas.image(
          rgb(image), width: selection.shape.width, height: selection.shape.height, at: corner, scale: scale)
        draw(captions[index], below: corner, measure, canvas)
      }
    }
  }

  private var title: String {
    let wrong = captions.count { $0.isRight == false }
    let judged = captions.contains { $0.isRight != nil }
    return "\(grouped(captions.count)) images"
      + (judged ? ", \(grouped(wrong)) of them wrongly classified" : "")
  }

  private func draw(_ caption: Caption, below corner: Point, _ measure: TextMeasure, _ canvas: Canvas) {
    let font = layout.font
    let first = corner.y + layout.imageHeight + 1.25 * font.size
    canvas.text(
      measure.fitted(caption.heading, font, width: layout.imageWidth), at: Point(corner.x, first), font,
      caption.truth == nil ? .note : .ink)
    guard let predicted = caption.predicted else { return }
    // A long name is shortened, but not the probability after it.
    let bold = Font(font.size, isBold: true)
    let probability = caption.probability.map { " \($0)" } ?? ""
    let room = layout.imageWidth - measure.width(of: probability, font)
    let answer = measure.fitted("→ \(predicted)", bold, width: room)
    let second = first + 1.35 * font.size
    canvas.text(answer, at: Point(corner.x, second), bold, caption.color)
    canvas.text(
      probability, at: Point(corner.x + measure.width(of: answer, bold), second), font, caption.color)
  }

  private func rgb(_ image: SelectedImage) -> [UInt32] {
    let channels = selection.shape.channels
    return stride(from: 0, to: image.pixels.count, by: channels).map { offset in
      let red = UInt32(image.pixels[offset])
      let green = channels == 1 ? red : UInt32(image.pixels[offset + 1])
      let blue = channels == 1 ? red : UInt32(image.pixels[offset + 2])
      return red << 16 | green << 8 | blue
    }
  }
}

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
