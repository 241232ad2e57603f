// Describes formats in messages: `28x28 grey images with labels and names`.

extension ImageShape: CustomStringConvertible {
  /// Rows, columns and the kind of pixels: `28x28 grey`.
  public var description: String {
    let kind =
      switch channels {
      case 1: "grey"
      case 3: "RGB"
      default: "\(channels)-channel"
      }
    return "\(height)x\(width) \(kind)"
  }
}

extension RecordFormat: CustomStringConvertible {
  /// The content of the records in words.
  public var description: String {
    let subject =
      switch content {
      case .image(let shape): "\(shape) images"
      case .prediction(let classCount, let isLogarithmic):
        "predictions of \(classCount) \(classCount == 1 ? "class" : "classes")"
          + (isLogarithmic ? ", logarithmic" : "")
      }
    let extras = (hasLabels ? ["labels"] : []) + (hasNames ? ["names"] : [])
    return extras.isEmpty ? subject : subject + " with " + extras.joined(separator: " and ")
  }
}
