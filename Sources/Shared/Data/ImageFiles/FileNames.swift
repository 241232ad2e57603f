// Turns names of records into names of files. Records come from outside, so their names must not lead out of a folder.

/// Returns the path below a folder that a record's name stands for, as its components. Returns `nil` if the name is not
/// safe: absolute, with `..`, with control characters, not UTF-8, longer than file systems allow, or empty. Drops `.`
/// and double slashes, and makes the last component end with `.png`. For a sample key, `.png` replaces a picture's
/// ending, and the name must have no other dot, which would end the key.
func safePath(of name: [UInt8], isSampleKey: Bool = false) -> [String]? {
  guard name.first != UInt8(ascii: "/"), let text = String(validating: name, as: UTF8.self),
    text.unicodeScalars.allSatisfy({ $0.properties.generalCategory != .control })
  else { return nil }
  var components = text.split(separator: "/").map(String.init).filter { $0 != "." }
  // A name that ends with a slash or with `/.` is that of a folder.
  guard let last = components.last, text.hasSuffix(last), !components.contains("..") else { return nil }
  if isSampleKey {
    guard let key = sampleKey(last) else { return nil }
    components[components.count - 1] = key + ".png"
  } else if !last.lowercased().hasSuffix(".png") {
    components[components.count - 1] = last + ".png"
  }
  // Linux allows 255 bytes per component and 4,095 per path. Half of the path is left for the folder.
  let isShort = components.allSatisfy { $0.utf8.count <= 255 } && name.count <= 2000
  return isShort ? components : nil
}

/// Returns the part of a name before a picture's ending, or `nil` if that part has a dot or is empty.
private func sampleKey(_ name: String) -> String? {
  let parts = name.split(separator: ".", omittingEmptySubsequences: false)
  guard parts.count == 1 || parts.count == 2 && isPictureEnding(parts[1].lowercased()), !parts[0].isEmpty
  else { return nil }
  return String(parts[0])
}

/// Assigns a unique file name to each record of a run.
///
/// A record keeps its name if that is safe (``safePath(of:)``) and not taken. Otherwise it gets its number, such as
/// `000042.png`. A name is also taken if it is that of a folder of other names, or if one of its folders is another name:
/// `a.png` and `a.png/b.png`. Memory is about eight bytes per record and folder.
public struct RecordFileNames {
  /// The number of records with a name that got their number instead.
  public private(set) var renamedCount = 0
  /// Whether names must be sample keys: the part before the ending has no dot, and a picture's ending becomes `.png`.
  private let areSampleKeys: Bool
  /// The hashes of all assigned paths. If two names have the same hash, the second record gets its number.
  private var written: Set<UInt64> = []
  /// The hashes of the folders of all assigned paths.
  private var folders: Set<UInt64> = []

  public init(areSampleKeys: Bool = false) { self.areSampleKeys = areSampleKeys }

  /// Assigns a path to a record and returns its components. `accepts` may refuse a path, or throw.
  ///
  /// - Complexity: O(n) on average for n bytes of the name, besides `accepts`.
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
    let files = files(of: path).map(Self.hash)
    let above = path.indices.dropFirst().map { Self.hash(path[..<$0]) }
    guard !files.contains(where: { written.contains($0) || folders.contains($0) }),
      !above.contains(where: written.contains), try accepts(path)
    else { return false }
    written.formUnion(files)
    folders.formUnion(above)
    return true
  }

  /// The paths of a record's files: the picture and, for a sample, the label.
  private func files(of path: [String]) -> [ArraySlice<String>] {
    guard areSampleKeys, let last = path.last else { return [path[...]] }
    return [path[...], path.dropLast() + [last.dropLast(".png".count) + ".cls"]]
  }

  private static func hash(_ path: ArraySlice<String>) -> UInt64 { fnv1a(path.joined(separator: "/").utf8) }
}

/// Returns the 64-bit FNV-1a hash of G. Fowler, L. C. Noll and P. Vo. Swift's own hash differs from run to run.
private func fnv1a(_ bytes: some Sequence<UInt8>) -> UInt64 {
  bytes.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
}

/// Returns the file name for a record without a name, such as `000042.png`. Six digits sort the numbers of most
/// streams.
func numberedName(_ record: Int, again: Int = 0) -> String {
  let digits = String(record)
  let number = String(repeating: "0", count: max(0, 6 - digits.count)) + digits
  return again == 0 ? "\(number).png" : "\(number)-\(again).png"
}
