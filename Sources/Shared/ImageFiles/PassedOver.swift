// What a search passes over: what is no picture of the user's, and pictures of other formats.

/// Whether a name in a folder is nothing of the user's: hidden (`.ipynb_checkpoints`, `.DS_Store`, and `._boot.png`, in which
/// macOS keeps beside a file what other disks have no place for), or a folder that a system puts among those of its users.
func isPassedOver(_ name: some Collection<UInt8>) -> Bool {
  if name.first == UInt8(ascii: ".") { return true }
  // macOS's zip archives, Synology's and QNAP's thumbnails, and Windows' bins.
  let folders = ["__MACOSX", "@eaDir", ".@__thumb", "#recycle", "$RECYCLE.BIN", "System Volume Information"]
  return folders.contains { name.elementsEqual($0.utf8) }
}

/// Whether a name is that of a PNG or a JPEG file by its ending, in letters of either case.
func isPictureName(_ name: [UInt8]) -> Bool { nameEnding(name).map(pictureEndings.contains) ?? false }

private let pictureEndings: Set<String> = ["png", "jpg", "jpeg", "jpe", "jfif"]

/// Whether a name is that of a picture of another format.
func isForeignPictureName(_ name: [UInt8]) -> Bool { nameEnding(name).map(foreignEndings.contains) ?? false }

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

    mutating func add(_ path: @autoclosure () -> [UInt8]) {
      let path = path()
      if count == 0 || path.lexicographicallyPrecedes(first) { first = path }
      count += 1
    }
  }
  /// Files whose names are those of pictures of other formats.
  public internal(set) var foreign = Tally()
  /// Folders without a PNG or JPEG file and without a folder.
  public internal(set) var empty = Tally()
}
