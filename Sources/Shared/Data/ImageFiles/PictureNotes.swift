// Doubts about pictures that are read anyway. Each kind of doubt gives one line, however many pictures have it.
import ByteIO

/// A doubt about a picture.
public enum PictureNote: Equatable, Sendable {
  case recipe(RecipeNote)
  /// The whole image has this colour. Transparent pixels of the picture show the recipe's background.
  case blank(RGBColor, isTransparent: Bool, Recipe)
  case flaw(PictureFlaw)

  fileprivate enum Kind: CaseIterable {
    case nothingLeft, nearlyBlack, blank, blankTransparent, trailingBytes, checksum, trailingJPEGBytes, zeros,
      exif
  }

  fileprivate var kind: Kind {
    switch self {
    case .recipe(.nothingLeft): .nothingLeft
    case .recipe(.nearlyBlack): .nearlyBlack
    case .blank(_, let isTransparent, _): isTransparent ? .blankTransparent : .blank
    case .flaw(.png(.trailingBytes)): .trailingBytes
    case .flaw(.png(.checksum)): .checksum
    case .flaw(.jpeg(.trailingBytes)): .trailingJPEGBytes
    case .flaw(.jpeg(.zeros)): .zeros
    case .flaw(.png(.exif)), .flaw(.jpeg(.exif)): .exif
    }
  }

  /// The text, which follows the picture's name.
  public var description: String {
    switch self {
    case .recipe(let note): note.description
    case .blank(let color, false, _):
      "the image is blank: every pixel is \(color.text); is the picture empty?"
    case .blank(let color, true, let recipe):
      "the image is blank: every pixel is \(color.text); \(Self.transparency(recipe))"
    case .flaw(let flaw): "\(flaw); it was read anyway"
    }
  }

  /// The text for several pictures, which follows their number and the first name.
  fileprivate var pluralDescription: String {
    switch self {
    case .recipe(.nothingLeft):
      "each is close to the colour of its corners everywhere, so nothing is left; are they white articles on white?"
    case .recipe(.nearlyBlack): "nearly black; are they white articles on white?"
    case .blank(_, false, _): "the images are blank, each of one colour; are the pictures empty?"
    case .blank(_, true, let recipe): "the images are blank, each of one colour; \(Self.transparency(recipe))"
    case .flaw(let flaw): "\(flaw.pluralDescription); they were read anyway"
    }
  }

  /// Why a drawing on a transparent background can be invisible.
  private static func transparency(_ recipe: Recipe) -> String {
    switch recipe {
    case .fashionMNIST: "transparent pixels become white, and the drawing may be white too"
    case .exact, .fit:
      "transparent pixels show the background (\(recipe.ground.text)), and the drawing may have the same colour"
    }
  }
}

extension PictureFlaw {
  /// The text for several pictures.
  fileprivate var pluralDescription: String {
    switch self {
    case .png(.trailingBytes): "bytes after the end of the picture (chunk IEND)"
    case .png(.checksum): "a chunk that no pixel depends on is damaged"
    case .jpeg(.trailingBytes): "bytes after the end of the picture (marker EOI)"
    case .jpeg(.zeros): "zeros where a marker was expected"
    case .png(.exif), .jpeg(.exif): "the EXIF data are damaged, so the orientation is unknown"
    }
  }
}

/// Counts notes, and remembers the first of each kind.
public struct PictureNotes: Sendable {
  private var tallies: [PictureNote.Kind: (count: Int, name: String, note: PictureNote)] = [:]

  public init() {}

  /// Adds a note. `name` is the picture's name as people see it.
  public mutating func add(_ note: PictureNote, name: @autoclosure () -> String) {
    if tallies[note.kind] == nil { tallies[note.kind] = (0, name(), note) }
    tallies[note.kind]?.count += 1
  }

  /// Returns one line for each kind of note. `remedy` says what to do about a note; `nil` if nothing.
  public func lines(remedy: (PictureNote) -> String?) -> [String] {
    PictureNote.Kind.allCases.compactMap { kind in
      guard let (count, name, note) = tallies[kind] else { return nil }
      let text =
        count == 1
        ? "\(name): \(note.description)"
        : "\(counted(count, "picture")), the first \(name): \(note.pluralDescription)"
      return withRemedy(text, remedy(note))
    }
  }
}
