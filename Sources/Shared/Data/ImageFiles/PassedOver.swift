// What a search passes over: what is no picture of the user's, and pictures of other formats.
import ByteIO

/// Whether a name in a folder is nothing of the user's: hidden (`.ipynb_checkpoints`, `.DS_Store`, and `._boot.png`, in which
/// macOS keeps beside a file what other disks have no place for), or a folder that a system puts among those of its users.
func isPassedOver(_ name: some Collection<UInt8>) -> Bool {
  if name.first == UInt8(ascii: ".") { return true }
  // macOS's zip archives, Synology's and QNAP's thumbnails, and Windows' bins.
  let folders = ["__MACOSX", "@eaDir", ".@__thumb", "#recycle", "$RECYCLE.BIN", "System Volume Information"]
  return folders.contains { name.elementsEqual($0.utf8) }
}

/// Whether some part of a path is such a name.
public func isPassedOver(path: [UInt8]) -> Bool {
  path.split(separator: UInt8(ascii: "/")).contains { !isPlaceholder($0) && isPassedOver($0) }
}

/// Whether a name is that of a PNG or a JPEG file by its ending, in letters of either case.
public func isPictureName(_ name: [UInt8]) -> Bool { nameEnding(name).map(pictureEndings.contains) ?? false }

/// Whether what follows the dot in a name, in small letters, is that of a PNG or a JPEG file.
public func isPictureEnding(_ ending: String) -> Bool { pictureEndings.contains(ending) }

/// Whether the last part of a path has a dot.
public func hasEnding(_ path: [UInt8]) -> Bool {
  path.reversed().prefix { $0 != UInt8(ascii: "/") }.contains(UInt8(ascii: "."))
}

private let pictureEndings: Set<String> = ["png", "jpg", "jpeg", "jpe", "jfif"]

/// Whether a name is that of a picture of another format.
public func isForeignPictureName(_ name: [UInt8]) -> Bool {
  nameEnding(name).map(foreignEndings.contains) ?? false
}

private let foreignEndings: Set<String> = [
  "apng", "avif", "bmp", "cr2", "cr3", "dib", "dng", "exr", "gif", "heic", "heif", "ico", "j2k", "jp2",
  "jxl", "nef", "orf", "pbm", "pcx", "pgm", "pnm", "ppm", "psd", "qoi", "raf", "rw2", "svg", "tga", "tif",
  "tiff", "webp",
]

/// What follows the last dot, in small letters; `nil` where that is no such word.
private func nameEnding(_ name: [UInt8]) -> String? {
  guard let dot = name.suffix(6).lastIndex(of: UInt8(ascii: ".")) else { return nil }
  let ending = name[(dot + 1)...]
  guard ending.allSatisfy({ $0 < 0x80 }) else { return nil }
  return String(decoding: ending, as: UTF8.self).lowercased()
}

/// What folders hold besides pictures that are read.
public struct PassedOver: Equatable, Sendable {
  /// How many things there are, and of their paths the first in the order of bytes.
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
  /// Files whose names are those of pictures of other formats.
  public internal(set) var foreign = Tally()
  /// Folders without a PNG or JPEG file and without a folder.
  public internal(set) var empty = Tally()

  public init() {}

  /// What is to be said about files of other formats.
  public var foreignRemark: String? {
    guard foreign.count > 0 else { return nil }
    return
      "\(counted(foreign.count, "file")) that \(foreign.count == 1 ? "is" : "are") neither PNG nor JPEG"
      + " \(foreign.count == 1 ? "was" : "were") passed over, such as \(displayed(foreign.first))"
  }

  public mutating func addForeign(_ path: @autoclosure () -> [UInt8]) { foreign.add(path()) }
}
