// Where tables have the names of records and their classes: the titles of columns that people use.

/// The columns of a table of true classes, found by their titles. Case does not matter, nor do blanks, hyphens and underscores.
public enum TableColumns {
  /// Titles of the column of names; of several in a table, the first of these.
  public static let names = [
    "name", "path", "file", "filename", "filepath", "image", "imagename", "imagepath", "imagefile", "img",
    "imgpath", "picture", "photo", "imageid", "id",
  ]
  /// Titles of the column of classes; of several in a table, the first of these.
  public static let classes = [
    "truth", "trueclass", "truelabel", "groundtruth", "label", "class", "classname", "labelname",
    "classlabel",
    "category", "species", "breed", "target", "tag",
  ]

  /// What messages say of the titles.
  public static let advice =
    "name the columns 'name' (or path, file, filename, image) and 'class' (or label, truth, category)"

  /// The column of names among the titles.
  public static func name(in titles: [String]) -> Int? { first(of: names, in: titles) }

  /// The column of classes among the titles.
  public static func truth(in titles: [String]) -> Int? { first(of: classes, in: titles) }

  private static func first(of known: [String], in titles: [String]) -> Int? {
    let titles = titles.map(plain)
    return known.lazy.compactMap { titles.firstIndex(of: $0) }.first
  }

  /// A title in small letters, without what separates its words.
  public static func plain(_ title: String) -> String {
    let separators: Set<Unicode.Scalar> = [" ", "_", "-", ".", "\u{FEFF}"]
    return String(
      String.UnicodeScalarView(title.lowercased().unicodeScalars.filter { !separators.contains($0) }))
  }
}
