// Which names of records may become names of files. Names come from outside: what they say must stay inside a folder.

/// The path below a folder that a record's name stands for, as its components; `nil` where the name is not safe: absolute,
/// with `..`, with control characters, not UTF-8, longer than file systems take, or empty. `.` and double slashes are
/// left out, and the last component ends in `.png`.
func safePath(of name: [UInt8]) -> [String]? {
  guard name.first != UInt8(ascii: "/"), let text = String(validating: name, as: UTF8.self),
    text.unicodeScalars.allSatisfy({ $0.properties.generalCategory != .control })
  else { return nil }
  var components = text.split(separator: "/").map(String.init).filter { $0 != "." }
  // A name that ends in a slash, or in `/.`, is a folder's.
  guard let last = components.last, text.hasSuffix(last), !components.contains("..") else { return nil }
  if !last.lowercased().hasSuffix(".png") { components[components.count - 1] = last + ".png" }
  // 255 bytes a component and 4,095 a path are what Linux and macOS take or more; half a path is left for the folder.
  let isShort = components.allSatisfy { $0.utf8.count <= 255 } && name.count <= 2000
  return isShort ? components : nil
}

/// The name of a record without one, `000042.png`: six digits sort the numbers of most streams.
func numberedName(_ record: Int, again: Int = 0) -> String {
  let digits = String(record)
  let number = String(repeating: "0", count: max(0, 6 - digits.count)) + digits
  return again == 0 ? "\(number).png" : "\(number)-\(again).png"
}
