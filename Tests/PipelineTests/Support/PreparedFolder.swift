// Files that commands make once, for all tests of a suite.
import Foundation

/// The contents of a folder that a closure prepares when a test asks for the first copy. Commands take most of the time
/// of these tests, so a suite should not run the same ones for each test.
struct PreparedFolder: Sendable {
  /// The bytes by path; `nil` for a folder.
  private let files: Result<[(path: String, bytes: [UInt8]?)], any Error>

  /// Runs `prepare` in a folder, a new one unless `folder` makes it. A failure is thrown by each copy.
  init(in folder: () throws -> Workplace = { try Workplace() }, _ prepare: (Workplace) throws -> Void) {
    files = Result {
      let place = try folder()
      try prepare(place)
      return try FileManager.default.subpathsOfDirectory(atPath: place.path).sorted().map { path in
        var isFolder: ObjCBool = false
        _ = FileManager.default.fileExists(atPath: "\(place.path)/\(path)", isDirectory: &isFolder)
        return (path, isFolder.boolValue ? nil : try place.bytes(of: path))
      }
    }
  }

  /// A folder of the caller's own with these files.
  func copy() throws -> Workplace {
    let place = try Workplace()
    for (path, bytes) in try files.get() {
      if let bytes {
        try place.write(bytes, to: path)
      } else {
        try FileManager.default.createDirectory(
          atPath: "\(place.path)/\(path)", withIntermediateDirectories: true)
      }
    }
    return place
  }
}
