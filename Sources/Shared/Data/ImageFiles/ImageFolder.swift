// Writes a folder of PNG files, one for each record.
import ByteIO
import TensorStream

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// Writes images as files into one folder, and nowhere else.
///
/// A record's name, with its folders, becomes the file's path, with `.png` added if it does not end so. The name must
/// be safe (``safePath(of:)``), no symbolic link may be on the path, and no other record of this run may have the file.
/// Otherwise the file gets the record's number, such as `000042.png`. Each file appears whole or not at all. Memory is
/// about eight bytes per record.
public final class ImageFolder {
  /// The number of records with a name whose file is named by the record's number.
  public var renamedCount: Int { names.renamedCount }

  private let path: FilePath
  private let overwrites: Bool
  private var names = RecordFileNames()

  /// Opens a folder, or creates it inside an existing one. Existing files are replaced only if `overwrites` is true.
  /// Throws ``ImageFolderError``.
  public init(path: FilePath, overwrites: Bool) throws(ImageFolderError) {
    let path = path.withoutFinalSlashes
    (self.path, self.overwrites) = (path, overwrites)
    if withCString(path.bytes, { mkdir($0, 0o777) }) == 0 { return }
    let code = errno
    guard code == EEXIST, path.exists else {
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

  /// Returns the path of the file for a record. No other record has the same.
  private func file(name: [UInt8]?, record: Int) throws -> FilePath {
    let components = try names.path(name: name, record: record) {
      (components) throws(ImageFolderError) in try prepare(components)
    }
    return path + "/\(components.joined(separator: "/"))"
  }

  /// Creates the folders of a path. Returns whether the file may be written, which is false if the path leads through
  /// something that is not a folder. Throws if a file exists that must not be replaced.
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

  /// The kind of thing at a path. Links are not followed, since a link could lead out of the folder.
  private enum Kind {
    case nothing, folder, file
    /// A symbolic link, a device or a pipe.
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
      "\(name): cannot create the folder: \(systemMessage(code))"
    case .notAFolder(let name): "\(name): expected a folder, found a file"
    case .exists(let name): "\(name): already exists"
    case .notAFile(let name):
      "\(name): expected a file, found a symbolic link or a device; remove it, or name another folder"
    }
  }
}
