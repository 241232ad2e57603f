// The recipe that a stream or a model records: how pictures became its images. A stream does not know which recipes
// exist. It treats them as strings that are equal or not.

import ByteIO

/// The recipe that turned pictures into the images of a stream, or into a model's training images. Its text is, for
/// example, `fashion-mnist` or `fit filter=area fit=contain background=auto invert=auto`.
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
  public var changesNothing: Bool { text.prefix { $0 != " " } == "exact" }

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
