// The end of a segment: one JSON object that describes the segment, with the recipe that made its images.
import JSON

/// The contents of a segment's end.
struct StreamEnd: Equatable {
  var classes: [String]?
  /// The CRC-32 of all record bytes of the segment, without headers.
  var checksum: UInt32
  var history: [String]
  var recordCount: Int
  /// The recipe that turned pictures into the images; `nil` if it is unknown.
  var recipe: RecordedRecipe?

  init(
    classes: [String]?, checksum: UInt32, history: [String], recordCount: Int, recipe: RecordedRecipe? = nil
  ) {
    self.classes = classes
    self.checksum = checksum
    self.history = history
    self.recordCount = recordCount
    self.recipe = recipe
  }

  /// The end as compact JSON. Keys are sorted, so that equal ends have equal bytes.
  var text: String {
    var members = [
      JSONValue.Member("crc32", .string(checksumText(checksum))),
      JSONValue.Member("history", .array(history.map(JSONValue.string))),
      JSONValue.Member("records", .integer(recordCount)),
    ]
    if let classes { members.append(JSONValue.Member("classes", .array(classes.map(JSONValue.string)))) }
    if let recipe { members.append(JSONValue.Member("recipe", .string(recipe.text))) }
    return JSONValue.object(members).compactText()
  }

  /// Parses an end. Unknown keys are ignored: later versions may add keys.
  ///
  /// - Complexity: O(n) for n bytes of JSON, in time and memory, and O(c²) for c class names, at most 256.
  init(parsing bytes: some Sequence<UInt8>) throws(EndProblem) {
    let value: JSONValue
    do { value = try JSONValue(parsing: bytes) } catch { throw .notJSON(error) }
    func member(_ key: String) throws(EndProblem) -> JSONValue {
      guard let member = value[key] else { throw .keyMissing(key) }
      return member
    }
    guard let recordCount = try member("records").integerValue, recordCount >= 0 else {
      throw .valueUnexpected(key: "records", expected: "a count")
    }
    guard let checksum = parsedChecksum(try member("crc32")) else {
      throw .valueUnexpected(key: "crc32", expected: "8 lower-case hexadecimal digits")
    }
    guard let history = strings(try member("history")) else {
      throw .valueUnexpected(key: "history", expected: "an array of strings")
    }
    self.init(classes: nil, checksum: checksum, history: history, recordCount: recordCount)
    if let list = value["classes"] {
      guard let classes = strings(list) else {
        throw .valueUnexpected(key: "classes", expected: "an array of strings")
      }
      try Self.check(classes: classes)
      self.classes = classes
    }
    if let text = value["recipe"] {
      guard let recipe = text.stringValue.flatMap(RecordedRecipe.init(_:)) else {
        throw .valueUnexpected(key: "recipe", expected: "a string of 1 to 256 printable ASCII characters")
      }
      self.recipe = recipe
    }
  }

  /// Checks that there are 1 to 256 class names and that none is empty or appears twice: tables refer to classes by
  /// name.
  static func check(classes: [String]) throws(EndProblem) {
    guard (1...StreamLimits.classCount).contains(classes.count) else { throw .classCount(classes.count) }
    for (index, name) in classes.enumerated() {
      if name.isEmpty { throw .classEmpty(index: index) }
      if classes[..<index].contains(name) { throw .classTwice(name) }
    }
  }
}

private func strings(_ value: JSONValue) -> [String]? {
  guard let elements = value.arrayValue else { return nil }
  let strings = elements.compactMap(\.stringValue)
  return strings.count == elements.count ? strings : nil
}

private func parsedChecksum(_ value: JSONValue) -> UInt32? {
  guard let text = value.stringValue, let checksum = UInt32(text, radix: 16), checksumText(checksum) == text
  else {
    return nil
  }
  return checksum
}

// MARK: - Recipes

/// The recipe that turned pictures into the images of a stream, or into a model's training images. Its text is, for
/// example, `fashion-mnist` or `fit filter=area fit=contain background=auto invert=auto`. Neither streams nor models
/// know which recipes exist: two texts are equal or not.
public struct RecordedRecipe: Equatable, Hashable, Sendable {
  public let text: String

  /// Returns `nil` unless the text is 1 to 256 printable ASCII characters.
  public init?(_ text: String) {
    guard (1...256).contains(text.utf8.count), text.utf8.allSatisfy({ (0x20...0x7E).contains($0) }) else {
      return nil
    }
    self.text = text
  }

  /// Whether the recipe leaves pictures as they are. It then does not say how the pictures themselves were made.
  private var changesNothing: Bool { text.prefix { $0 != " " } == "exact" }

  /// Whether a model that was trained on images of one recipe suits images of the other.
  ///
  /// Images without a recipe, such as those of IDX files, and pictures that were taken as they are may have been made
  /// with any recipe. They agree with every other, since nothing says that the recipes differ.
  public static func agree(_ one: RecordedRecipe?, _ other: RecordedRecipe?) -> Bool {
    guard let one, let other, !one.changesNothing, !other.changesNothing else { return true }
    return one == other
  }

  /// Returns the recipe that says more, of two that agree: any recipe rather than `nil`, and one that changes pictures
  /// rather than `exact`.
  public static func joined(_ one: RecordedRecipe?, _ other: RecordedRecipe?) -> RecordedRecipe? {
    guard let one, let other else { return one ?? other }
    return one.changesNothing ? other : one
  }
}
