// What an audit finds, a line each.

/// What is wrong.
public enum FindingKind: String, CaseIterable, Sendable {
  // Records, the gravest first.
  /// The same image has another label elsewhere.
  case contradiction
  /// The image is in an earlier stream, too.
  case leak
  /// Nearly the same image has another label.
  case nearContradiction = "near-contradiction"
  /// Nearly the same image is in an earlier stream.
  case nearLeak = "near-leak"
  /// The label is probably wrong.
  case suspect
  /// The image came before in the same stream.
  case duplicate
  /// Nearly the same image came before in the same stream.
  case nearDuplicate = "near-duplicate"
  /// All pixels are alike.
  case blank
  // Classes.
  /// A class has no record in a stream.
  case missingClass = "missing-class"
  /// A class has few records in a stream.
  case smallClass = "small-class"

  /// Whether it needs labels.
  var needsLabels: Bool {
    switch self {
    case .contradiction, .nearContradiction, .suspect, .missingClass, .smallClass: true
    case .leak, .nearLeak, .duplicate, .nearDuplicate, .blank: false
    }
  }

  /// Whether it needs the search for images that are nearly the same.
  public var isNear: Bool { [.nearContradiction, .nearLeak, .nearDuplicate].contains(self) }

  /// Whether it takes two streams.
  public var isBetweenStreams: Bool { self == .leak || self == .nearLeak }
}

/// Something that is wrong with a record or a class.
public struct Finding: Equatable, Sendable {
  public var kind: FindingKind
  /// The index of the stream.
  public var stream: Int
  /// The record, counted through all streams; `nil` for a class.
  public var record: Int?
  /// The label, or the class that is missing or small.
  public var label: Int?
  /// The label of the other record, or the class that a suspect probably belongs to.
  public var otherLabel: Int?
  /// The earlier record that the finding is about.
  public var other: Int?
  /// The root mean square difference of both images' pixels.
  public var distance: Double?
  /// In how many bits their hashes differ.
  public var bits: Int?
  /// The records that have the image, in all streams; or those of the class.
  public var count: Int?
  /// Of a suspect: how plausible its label is, 0 to 1.
  public var score: Double?

  init(_ kind: FindingKind, stream: Int) { (self.kind, self.stream) = (kind, stream) }
}
