// A folder of PNG files, one for each record.
import ByteIO
import TensorStream

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// Writes images as files of one folder, and nowhere else.
///
/// A record's name is its file's, with `.png` behind it where it does not end so, and with the folders in it, where that is
/// safe (``safePath(of:)``), no symbolic link is on the way, and no other record of this run has the file. Else the file is
/// numbered: `000042.png`. Each file appears whole or not at all. Memory: eight bytes or so a record.
public final class ImageFolder {
  /// How many records with a name have their number as the file's name.
  public var renamedCount: Int { names.renamedCount }

  private let path: FilePath
  private let overwrites: Bool
  private var names = RecordFileNames()

  /// Opens a folder, or creates it; the folder around it must be there. Files that are there are replaced only if
  /// `overwrites` says so. Throws ``ImageFolderError``.
  public init(path: FilePath, overwrites: Bool) throws(ImageFolderError) {
    let path = path.withoutFinalSlashes
    (self.path, self.overwrites) = (path, overwrites)
    if withCString(path.bytes, { mkdir($0, 0o777) }) == 0 { return }
    let code = errno
    guard code == EEXIST, OutputFile.exists(path) else {
      throw .cannotCreateFolder(name: path.displayed, errno: code)
    }
    guard path.isFolder else { throw .notAFolder(name: path.displayed) }
  }

  /// Writes an image, [height, width, channels]. `record` is its number, `name` its name if it has one.
  public func write(_ pixels: some Collection<UInt8>, shape: ImageShape, name: [UInt8]?, record: Int) throws {
    let target = try file(name: name, record: record)
    let file = try OutputFile(path: target, syncs: false)
    try file.write(try encodedPNG(pixels, shape: shape))
    try file.commit()
  }

  // MARK: Names

  /// The path of the file for a record, which no other record has.
  private func file(name: [UInt8]?, record: Int) throws -> FilePath {
    let components = try names.path(name: name, record: record) {
      (components) throws(ImageFolderError) in try prepare(components)
    }
    return path + "/\(components.joined(separator: "/"))"
  }

  /// Makes the folders of a path, and returns whether the file may be written: `false` where the path leads through
  /// something that is no folder. Throws where it would replace what it must not.
  private func prepare(_ components: [String]) throws(ImageFolderError) -> Bool {
    var place = path
    for component in components.dropLast() {
      place = place + "/\(component)"
      switch Kind(of: place) {
      case .folder: break
      case .nothing:
        if withCString(place.bytes, { mkdir($0, 0o777) }) != 0 {
          throw .cannotCreateFolder(name: place.displayed, errno: errno)
        }
      case .file, .other: return false
      }
    }
    place = place + "/\(components.last!)"
    switch Kind(of: place) {
    case .nothing: break
    case .folder: return false
    case .other: throw .notAFile(name: place.displayed)
    case .file: if !overwrites { throw .exists(name: place.displayed) }
    }
    return true
  }

  /// What is at a path, links not followed: a name must not lead out of the folder by one.
  private enum Kind {
    case nothing, folder, file
    /// A symbolic link, a device, a pipe.
    case other

    init(of path: FilePath) {
      var status = stat()
      guard withCString(path.bytes, { lstat($0, &status) }) == 0 else {
        self = .nothing
        return
      }
      switch status.st_mode & S_IFMT {
      case S_IFDIR: self = .folder
      case S_IFREG: self = .file
      default: self = .other
      }
    }
  }
}

/// Why a folder cannot be written to.
public enum ImageFolderError: Failure, Equatable {
  case cannotCreateFolder(name: String, errno: Int32)
  case notAFolder(name: String)
  case exists(name: String)
  case notAFile(name: String)

  public var kind: FailureKind { .cannotCreate }

  public var description: String {
    switch self {
    case .cannotCreateFolder(let name, let code):
      "\(name): cannot create the folder: \(String(cString: strerror(code)))"
    case .notAFolder(let name): "\(name): expected a folder, found a file"
    case .exists(let name): "\(name): is there already; name another folder, or replace files with --force"
    case .notAFile(let name):
      "\(name): is a symbolic link or a device, which is not written through; remove it, or name another folder"
    }
  }
}
