// The findings of an audit, each a line of its table.

/// The kind of a finding.
public enum FindingKind: String, CaseIterable, Sendable {
  // Findings on records, the gravest first.
  /// The same image has another label elsewhere.
  case contradiction
  /// The image is also in an earlier stream.
  case leak
  /// Nearly the same image has another label.
  case nearContradiction = "near-contradiction"
  /// Nearly the same image is in an earlier stream.
  case nearLeak = "near-leak"
  /// The label is probably wrong.
  case suspect
  /// The image occurs earlier in the same stream.
  case duplicate
  /// Nearly the same image occurs earlier in the same stream.
  case nearDuplicate = "near-duplicate"
  /// All values of all pixels are equal.
  case blank
  // Findings on classes.
  /// A class has no record in a stream.
  case missingClass = "missing-class"
  /// A class has few records in a stream.
  case smallClass = "small-class"

  /// Whether the kind needs labels.
  var needsLabels: Bool {
    switch self {
    case .contradiction, .nearContradiction, .suspect, .missingClass, .smallClass: true
    case .leak, .nearLeak, .duplicate, .nearDuplicate, .blank: false
    }
  }

  /// Whether the kind needs the search for images that are nearly the same.
  public var isNear: Bool { [.nearContradiction, .nearLeak, .nearDuplicate].contains(self) }

  /// Whether the kind needs two streams.
  public var isBetweenStreams: Bool { self == .leak || self == .nearLeak }
}

/// A problem with a record or a class.
public struct Finding: Equatable, Sendable {
  public var kind: FindingKind
  /// The index of the stream.
  public var stream: Int
  /// The record's index, counted through all streams; `nil` for a class.
  public var record: Int?
  /// The label, or the class that is missing or small.
  public var label: Int?
  /// The label of the other record, or the class that a suspect probably belongs to.
  public var otherLabel: Int?
  /// The earlier record that the finding is about.
  public var other: Int?
  /// The root mean square difference of the two images' pixels.
  public var distance: Double?
  /// The number of bits in which their hashes differ.
  public var bits: Int?
  /// The number of records with the image, in all streams, or of records of the class.
  public var count: Int?
  /// The plausibility of a suspect's label, 0 to 1.
  public var score: Double?

  init(_ kind: FindingKind, stream: Int) { (self.kind, self.stream) = (kind, stream) }
}
