// What to type if a picture cannot be used, or was used but is doubtful.
import ByteIO
import CommandLine
import ImageFiles

extension BadPicture: Remediable {
  public var remedy: String? { knownRemedy(for: cause) }

  /// The reason with its remedy, as tables of pictures have it after the picture's name.
  public var wholeReason: String { withRemedy(reason, remedy) }
}

extension NameProblem: Remediable {
  public var remedy: String? {
    switch self {
    case .hasNUL: "if names end with NUL, use --null (fm-predict) or --files0-from (png2raw)"
    case .empty, .tooLong: nil
    }
  }
}

extension LabelProblem: Remediable {
  public var remedy: String? {
    if case .memberNotANumber = self { "list the class names with --classes" } else { nil }
  }
}

extension RecipeProblem: Remediable {
  public var remedy: String? {
    switch self {
    case .differentSize:
      "use --recipe fashion-mnist for photos of products on white, --recipe fit for others"
    }
  }
}

extension PictureProblem: Remediable {
  public var remedy: String? {
    switch self {
    case .png(.foreign(let found)): found.remedy
    case .png(.flaw), .jpeg(.flaw): "without --strict, the picture is read"
    case .png, .jpeg: nil
    }
  }
}

extension PictureNote {
  /// What to type about a doubtful picture; `nil` if no option helps.
  public var remedy: String? {
    switch self {
    case .recipe, .blank(_, isTransparent: false, _): nil
    case .blank(_, isTransparent: true, let recipe): Self.visibleDrawing(recipe)
    case .flaw: "use --strict to refuse such files"
    }
  }

  /// The options that make a drawing on a transparent background visible.
  private static func visibleDrawing(_ recipe: Recipe) -> String {
    let other = recipe.ground.values(channels: 1)[0] > 127 ? RGBColor.black : .white
    switch recipe {
    case .fashionMNIST: return "use --recipe fit --background \(other.text)"
    case .exact, .fit:
      return "choose another background with --recipe \(recipe.name.rawValue) --background \(other.text)"
    }
  }
}

extension PictureNotes {
  /// One line for each kind of note, with what to type.
  public var lines: [String] { lines { $0.remedy } }
}
