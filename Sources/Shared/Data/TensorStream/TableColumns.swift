// Finds the columns of names and classes in a table, by the titles that people commonly give them.

/// Finds the columns of a table of true classes by their titles. Case, blanks, hyphens, underscores and full stops are
/// ignored.
public enum TableColumns {
  /// Titles of a column of names. If a table has several of them, the one that comes first in this list is used.
  public static let names = [
    "name", "path", "file", "filename", "filepath", "image", "imagename", "imagepath", "imagefile", "img",
    "imgpath", "picture", "photo", "imageid", "id",
  ]
  /// Titles of a column of classes. If a table has several of them, the one that comes first in this list is used.
  public static let classes = [
    "truth", "trueclass", "truelabel", "groundtruth", "label", "class", "classname", "labelname",
    "classlabel",
    "category", "species", "breed", "target", "tag",
  ]

  /// Advice on titles, for messages.
  public static let advice =
    "name the columns 'name' (or path, file, filename, image) and 'class' (or label, truth, category)"

  /// Returns the index of the column of names; `nil` if no title is known.
  public static func name(in titles: [String]) -> Int? { first(of: names, in: titles) }

  /// Returns the index of the column of classes; `nil` if no title is known.
  public static func truth(in titles: [String]) -> Int? { first(of: classes, in: titles) }

  private static func first(of known: [String], in titles: [String]) -> Int? {
    let titles = titles.map(plain)
    return known.lazy.compactMap { titles.firstIndex(of: $0) }.first
  }

  /// Returns a title in lower case, without the characters that separate its words and without a byte-order mark.
  public static func plain(_ title: String) -> String {
    let separators: Set<Unicode.Scalar> = [" ", "_", "-", ".", "\u{FEFF}"]
    return String(
      String.UnicodeScalarView(title.lowercased().unicodeScalars.filter { !separators.contains($0) }))
  }
}
