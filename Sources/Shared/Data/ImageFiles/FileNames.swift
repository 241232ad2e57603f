// Which names of records may become names of files. Names come from outside: what they say must stay inside a folder.

/// The path below a folder that a record's name stands for, as its components; `nil` where the name is not safe: absolute,
/// with `..`, with control characters, not UTF-8, longer than file systems take, or empty. `.` and double slashes are
/// left out, and the last component ends in `.png`; of a sample's key, in `.png` in place of a picture's ending, without another
/// dot, which would end the key.
func safePath(of name: [UInt8], isSampleKey: Bool = false) -> [String]? {
  guard name.first != UInt8(ascii: "/"), let text = String(validating: name, as: UTF8.self),
    text.unicodeScalars.allSatisfy({ $0.properties.generalCategory != .control })
  else { return nil }
  var components = text.split(separator: "/").map(String.init).filter { $0 != "." }
  // A name that ends in a slash, or in `/.`, is a folder's.
  guard let last = components.last, text.hasSuffix(last), !components.contains("..") else { return nil }
  if isSampleKey {
    guard let key = sampleKey(last) else { return nil }
    components[components.count - 1] = key + ".png"
  } else if !last.lowercased().hasSuffix(".png") {
    components[components.count - 1] = last + ".png"
  }
  // 255 bytes a component and 4,095 a path are what Linux and macOS take or more; half a path is left for the folder.
  let isShort = components.allSatisfy { $0.utf8.count <= 255 } && name.count <= 2000
  return isShort ? components : nil
}

/// What precedes a picture's ending in a name; `nil` where that has a dot, or is nothing.
private func sampleKey(_ name: String) -> String? {
  let parts = name.split(separator: ".", omittingEmptySubsequences: false)
  guard parts.count == 1 || parts.count == 2 && isPictureEnding(parts[1].lowercased()), !parts[0].isEmpty
  else { return nil }
  return String(parts[0])
}

/// Which names the records of a run get as files: each another one.
///
/// A record has its own name where that is safe (``safePath(of:)``) and no other record has it, else its number: `000042.png`.
/// Memory: eight bytes or so a record.
public struct RecordFileNames {
  /// How many records with a name have their number.
  public private(set) var renamedCount = 0
  /// Whether only keys of samples are names: what precedes the ending has no dot in it, and a name in `.jpg` becomes one in `.png`.
  private let areSampleKeys: Bool
  /// Hashes of the paths that were given out: of two names with one hash, the second would be numbered.
  private var written: Set<UInt64> = []

  public init(areSampleKeys: Bool = false) { self.areSampleKeys = areSampleKeys }

  /// The path for a record, as its components. `accepts` may refuse a path, or throw.
  public mutating func path<Problem: Error>(
    name: [UInt8]?, record: Int, accepts: ([String]) throws(Problem) -> Bool
  ) throws(Problem) -> [String] {
    if let name, !name.isEmpty {
      if let path = safePath(of: name, isSampleKey: areSampleKeys), try take(path, accepts) { return path }
      renamedCount += 1
    }
    var again = 0
    while try !take([numberedName(record, again: again)], accepts) { again += 1 }
    return [numberedName(record, again: again)]
  }

  public mutating func path(name: [UInt8]?, record: Int) -> [String] {
    path(name: name, record: record) { (_) throws(Never) in true }
  }

  private mutating func take<Problem: Error>(
    _ path: [String], _ accepts: ([String]) throws(Problem) -> Bool
  ) throws(Problem) -> Bool {
    let hash = fnv1a(path.joined(separator: "/").utf8)
    guard !written.contains(hash), try accepts(path) else { return false }
    written.insert(hash)
    return true
  }
}

/// G. Fowler, L. C. Noll and P. Vo's hash, 64 bits; Swift's own differs from run to run.
private func fnv1a(_ bytes: some Sequence<UInt8>) -> UInt64 {
  bytes.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
}

/// The name of a record without one, `000042.png`: six digits sort the numbers of most streams.
func numberedName(_ record: Int, again: Int = 0) -> String {
  let digits = String(record)
  let number = String(repeating: "0", count: max(0, 6 - digits.count)) + digits
  return again == 0 ? "\(number).png" : "\(number)-\(again).png"
}
