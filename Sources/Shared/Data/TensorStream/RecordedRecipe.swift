// What streams and models say of how pictures became their images. What recipes there are is no matter of the stream:
// here they are texts, which are the same or not.

import ByteIO

/// The recipe by which the images of a stream were made from pictures, or a model's training images: its text, such as
/// `fashion-mnist` or `fit filter=area fit=contain background=auto invert=auto`.
public struct RecordedRecipe: Equatable, Hashable, Sendable {
  public let text: String

  /// `nil` for what is no text of a recipe: it has 1 to 256 characters, printable ASCII.
  public init?(_ text: String) {
    guard (1...256).contains(text.utf8.count), text.utf8.allSatisfy({ (0x20...0x7E).contains($0) }) else {
      return nil
    }
    self.text = text
  }

  /// Whether the recipe leaves pictures as they are. It then says nothing of how they came to be what they are.
  public var changesNothing: Bool { text.prefix { $0 != " " } == "exact" }

  /// Whether a model of images that were made by the one is for images that were made by the other.
  ///
  /// Images without a recipe, such as those of IDX files, and pictures that were taken as they are may have been made by
  /// any: nobody says that the recipes differ, and so they agree.
  public static func agree(_ one: RecordedRecipe?, _ other: RecordedRecipe?) -> Bool {
    guard let one, let other, !one.changesNothing, !other.changesNothing else { return true }
    return one == other
  }

  /// What is known of images of which both are said, and which agree: what says more.
  public static func joined(_ one: RecordedRecipe?, _ other: RecordedRecipe?) -> RecordedRecipe? {
    guard let one, let other else { return one ?? other }
    return one.changesNothing ? other : one
  }
}
