// Recognises files that a search passes over: hidden ones, those that systems create, and pictures of other formats.
import ByteIO

/// Whether a name in a folder is not the user's own. Either it is hidden (`.ipynb_checkpoints`, `.DS_Store`, and
/// `._boot.png`, where macOS keeps the metadata that other disks cannot store), or it is a folder that a system puts
/// among those of its users.
func isPassedOver(_ name: some Collection<UInt8>) -> Bool {
  if name.first == UInt8(ascii: ".") { return true }
  // From zip archives of macOS; thumbnails of Synology and QNAP; trash and system folders of QNAP and Windows.
  let folders = ["__MACOSX", "@eaDir", ".@__thumb", "#recycle", "$RECYCLE.BIN", "System Volume Information"]
  return folders.contains { name.elementsEqual($0.utf8) }
}

/// Whether some component of a path is passed over (``isPassedOver(_:)``).
///
/// - Complexity: O(n) for n bytes.
public func isPassedOver(path: [UInt8]) -> Bool {
  path.split(separator: UInt8(ascii: "/")).contains { !isPlaceholder($0) && isPassedOver($0) }
}

/// Whether a name ends as that of a PNG or JPEG file, in letters of either case.
public func isPictureName(_ name: [UInt8]) -> Bool { nameEnding(name).map(pictureEndings.contains) ?? false }

/// Whether an ending, without its dot and in small letters, is that of a PNG or JPEG file.
public func isPictureEnding(_ ending: String) -> Bool { pictureEndings.contains(ending) }

/// Whether the last component of a path has a dot.
public func hasEnding(_ path: [UInt8]) -> Bool {
  path.reversed().prefix { $0 != UInt8(ascii: "/") }.contains(UInt8(ascii: "."))
}

private let pictureEndings: Set<String> = ["png", "jpg", "jpeg", "jpe", "jfif"]

/// Whether a name ends as that of a picture in another format.
public func isForeignPictureName(_ name: [UInt8]) -> Bool {
  nameEnding(name).map(foreignEndings.contains) ?? false
}

private let foreignEndings: Set<String> = [
  "apng", "avif", "bmp", "cr2", "cr3", "dib", "dng", "exr", "gif", "heic", "heif", "ico", "j2k", "jp2",
  "jxl", "nef", "orf", "pbm", "pcx", "pgm", "pnm", "ppm", "psd", "qoi", "raf", "rw2", "svg", "tga", "tif",
  "tiff", "webp",
]

/// Returns the ending of a name, after its last dot and in small letters. Returns `nil` if the last six bytes have no
/// dot or the ending is not ASCII.
private func nameEnding(_ name: [UInt8]) -> String? {
  guard let dot = name.suffix(6).lastIndex(of: UInt8(ascii: ".")) else { return nil }
  let ending = name[(dot + 1)...]
  guard ending.allSatisfy({ $0 < 0x80 }) else { return nil }
  return String(decoding: ending, as: UTF8.self).lowercased()
}

/// Counts the things in folders that a search passes over and users should know of.
public struct PassedOver: Equatable, Sendable {
  /// A number of paths, and the first of them in the order of bytes.
  public struct Tally: Equatable, Sendable {
    public private(set) var count = 0
    public private(set) var first: [UInt8] = []

    public init() {}

    public mutating func add(_ path: @autoclosure () -> [UInt8]) {
      let path = path()
      if count == 0 || path.lexicographicallyPrecedes(first) { first = path }
      count += 1
    }
  }
  /// Files named as pictures in other formats.
  public internal(set) var foreign = Tally()
  /// Folders that contain neither a PNG or JPEG file nor a folder.
  public internal(set) var empty = Tally()

  public init() {}

  /// The remark about files of other formats; `nil` if there are none.
  public var foreignRemark: String? {
    guard foreign.count > 0 else { return nil }
    return
      "\(counted(foreign.count, "file")) that \(foreign.count == 1 ? "is" : "are") neither PNG nor JPEG"
      + " \(foreign.count == 1 ? "was" : "were") passed over, such as \(displayed(foreign.first))"
  }

  public mutating func addForeign(_ path: @autoclosure () -> [UInt8]) { foreign.add(path()) }
}
