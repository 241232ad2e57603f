// The options of fm-audit: what counts as nearly the same and as few records, the output, and the gates.
import Auditing
import ByteIO
import CommandLine

/// `--within`, `--distance`, `--no-near` and `--small-class`.
struct SearchOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      """
      Compare the pixels of images whose hashes differ in up to <n> of 64 bits. Higher values find more, and take longer. \
      (default: 8)
      """, valueName: "n"))
  var within: Int?

  @Option(
    help: ArgumentHelp(
      """
      Treat images as nearly the same if the root mean square difference of their pixels, 0 to 255, is at most <x>. \
      (default: 10.0)
      """, valueName: "x"))
  var distance: Double?

  @Flag(help: "Look only for equal images, not for those that are nearly the same.")
  var noNear = false

  @Option(
    name: .customLong("small-class"),
    help: ArgumentHelp("Call a class small if it has fewer than <n> records. (default: 20)", valueName: "n"))
  var smallClass: Int?

  func validate() throws {
    if let within, !(0...64).contains(within) {
      throw ValidationError("--within: expected 0 to 64 bits, got \(within)")
    }
    if let distance, !(0...255 ~= distance) {
      throw ValidationError("--distance: expected 0 to 255, got \(distance)")
    }
    if let smallClass, smallClass < 0 {
      throw ValidationError("--small-class: expected 0 or more, got \(smallClass)")
    }
  }

  /// Refuses options that are for kinds of findings which are not wanted.
  func check(for kinds: Set<FindingKind>) throws {
    let near = [("--within", within != nil), ("--distance", distance != nil)]
    if let option = near.first(where: \.1)?.0, !kinds.contains(where: \.isNear) {
      throw ValidationError(
        "\(option) is for images that are nearly the same, which \(noNear ? "--no-near" : "--only") leaves out"
      )
    }
    if smallClass != nil, !kinds.contains(.smallClass) {
      throw ValidationError("--small-class is for small classes, which --only leaves out")
    }
  }

  /// How different images may be that are nearly the same.
  var limits: NearLimits { NearLimits(bits: within ?? 8, distance: distance ?? 10) }
}

/// `--only`, `--of`, `--summary` and `--output`.
struct FindingOutputOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Look only for this kind of finding. Can be repeated. (default: all)", valueName: "kind"))
  var only: [FindingKind] = []

  @Option(
    name: .customLong("of"),
    help: ArgumentHelp(
      "Write only the findings in this stream, named as among the streams. (default: all)",
      valueName: "stream"), completion: .streams)
  var stream: String?

  @Option(
    help: ArgumentHelp(
      "Write the counts to this file as JSON, with those of classes, and the gates.", valueName: "file"),
    completion: .file(extensions: ["json"]))
  var summary: OutputPath?

  @Option(
    name: .longAndLetter("o"),
    help: ArgumentHelp("Write the findings to this file; - is standard output.", valueName: "file"),
    completion: .file(extensions: ["tsv"]))
  var output: OutputPath = "-"

  /// The kinds in the table.
  var shownKinds: Set<FindingKind> { only.isEmpty ? Set(FindingKind.allCases) : Set(only) }

  /// The index of the stream whose findings are written; `nil` for all.
  func streamIndex(_ streams: [InputPath]) throws -> Int? {
    guard let stream else { return nil }
    let path = InputPath(argument: stream)
    guard let index = streams.firstIndex(of: path) else {
      throw ValidationError("--of: '\(path.path.displayed)' is not among the streams")
    }
    return index
  }
}

/// `--max`.
struct AuditGateOptions: ParsableArguments {
  @Option(
    name: .customLong("max"),
    help: ArgumentHelp(
      """
      Fail if there are more than <n> findings of the kind, or if the imbalance (the size of the largest class divided \
      by that of the smallest) is more than <n>. Can be repeated.
      """, valueName: "kind=n"))
  var maxima: [String] = []

  /// The gates, in their order. Throws a ``ValidationError`` if one is not well-formed.
  func gates() throws -> [AuditGate] {
    try maxima.map { text in try parsed("--max") { try AuditGate(parsing: text) } }
  }

  /// The kinds of findings that gates limit, each with the option as it was typed.
  func limitedKinds() throws -> [(option: String, kind: FindingKind)] {
    try gates().compactMap { gate in
      guard case .findings(let kind) = gate.figure else { return nil }
      return ("--max \(kind.rawValue)", kind)
    }
  }
}

extension SuspectRank: ExpressibleByArgument {}
extension FindingKind: ExpressibleByArgument {}
