import ByteIO
import Foundation
import TensorStream
import Testing

@testable import ImageFiles

@Suite struct ImageFolderTests {
  /// A temporary folder around the target folder, which shows any file that is written outside the target.
  private final class Surroundings {
    let path = FileManager.default.temporaryDirectory.appendingPathComponent("fm-tools-\(UUID().uuidString)")
      .path

    init() throws { try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true) }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    var target: String { path + "/out" }

    /// The paths of all files in it, without folders.
    var files: [String] {
      get throws {
        try FileManager.default.subpathsOfDirectory(atPath: path).filter { name in
          var isFolder: ObjCBool = false
          return FileManager.default.fileExists(atPath: "\(path)/\(name)", isDirectory: &isFolder)
            && !isFolder.boolValue
        }.sorted()
      }
    }

    func content(_ name: String) throws -> [UInt8] {
      [UInt8](try Data(contentsOf: URL(fileURLWithPath: "\(path)/\(name)")))
    }
  }

  private static let shape = ImageShape(height: 1, width: 1, channels: 1)

  private func write(_ names: [[UInt8]?], to folder: ImageFolder) throws {
    for (record, name) in names.enumerated() {
      try folder.write([UInt8(record)], shape: Self.shape, name: name, record: record)
    }
  }

  @Test(arguments: [
    ("a.png", "a.png"), ("a", "a.png"), ("a.PNG", "a.PNG"), ("a.jpg", "a.jpg.png"),
    ("x/y/z.png", "x/y/z.png"),
    ("./x//y", "x/y.png"), (".hidden", ".hidden.png"), ("two words", "two words.png"), ("-rf", "-rf.png"),
    ("Größe 日本", "Größe 日本.png"), ("...", "....png"), ("a..b", "a..b.png"), ("\u{202E}x", "\u{202E}x.png"),
  ])
  func aSafeNameIsKept(_ name: String, _ file: String) throws {
    let place = try Surroundings()
    let folder = try ImageFolder(path: FilePath(place.target), overwrites: false)
    try write([Array(name.utf8)], to: folder)
    #expect(try place.files == ["out/\(file)"])
    #expect(folder.renamedCount == 0)
    #expect(try place.content("out/\(file)") == encodedPNG([0], shape: Self.shape))
  }

  @Test(arguments: [
    "../x", "/etc/x", "a/../../b", "..", ".", "a/..", "a/", "/", "//x", "a/.", "a\u{0}b", "new\nline",
    "\u{1B}[31m",
    "\u{9B}x", String(repeating: "n", count: 252), String(repeating: "d/", count: 1500) + "x",
  ])
  func anUnsafeNameIsReplacedByTheRecordNumber(_ name: String) throws {
    let place = try Surroundings()
    let folder = try ImageFolder(path: FilePath(place.target + "/"), overwrites: false)
    try write([Array(name.utf8)], to: folder)
    #expect(try place.files == ["out/000000.png"])
    #expect(folder.renamedCount == 1)
  }

  @Test func missingNamesAndNamesNotInUTF8AreNumbered() throws {
    let place = try Surroundings()
    let folder = try ImageFolder(path: FilePath(place.target), overwrites: false)
    try write([[0x66, 0xFF], [], nil], to: folder)
    #expect(try place.files == ["out/000000.png", "out/000001.png", "out/000002.png"])
    #expect(folder.renamedCount == 1)
  }

  @Test func noRecordReplacesAnother() throws {
    let place = try Surroundings()
    for overwrites in [false, true] {
      let folder = try ImageFolder(path: FilePath(place.target), overwrites: overwrites)
      // Equal names, a file name that is a folder of an earlier record, a folder name that is an earlier file, and the
      // numbers of other records.
      let names = [
        "a", "a.png", "./a", "b.png/c", "b", "a.png/d", "000007", nil, "x/000008.png", "000001.png",
      ]
      try write(names.map { $0.map { Array($0.utf8) } }, to: folder)
      let expected = [
        "000001.png": 1, "000002.png": 2, "000004.png": 4, "000005.png": 5, "000007-1.png": 7,
        "000007.png": 6,
        "000009.png": 9, "a.png": 0, "b.png/c.png": 3, "x/000008.png": 8,
      ]
      #expect(try place.files == expected.keys.map { "out/\($0)" }.sorted())
      for (name, record) in expected {
        #expect(try place.content("out/\(name)") == encodedPNG([UInt8(record)], shape: Self.shape), "\(name)")
      }
    }
  }

  @Test func existingFilesAreKeptUnlessForced() throws {
    let place = try Surroundings()
    try FileManager.default.createDirectory(atPath: place.target, withIntermediateDirectories: true)
    try Data([1]).write(to: URL(fileURLWithPath: place.target + "/a.png"))
    let error = ImageFolderError.exists(name: place.target + "/a.png")
    #expect(throws: error) {
      try write([[0x61]], to: try ImageFolder(path: FilePath(place.target), overwrites: false))
    }
    #expect(try place.content("out/a.png") == [1])
    try write([[0x61]], to: try ImageFolder(path: FilePath(place.target), overwrites: true))
    #expect(try place.content("out/a.png") == encodedPNG([0], shape: Self.shape))
  }

  /// Links that lead out of the folder are followed neither as folders nor as files.
  @Test(arguments: [false, true])
  func linksAreNotFollowed(_ overwrites: Bool) throws {
    let place = try Surroundings()
    try FileManager.default.createDirectory(
      atPath: place.path + "/elsewhere", withIntermediateDirectories: true)
    try FileManager.default.createDirectory(atPath: place.target, withIntermediateDirectories: true)
    try FileManager.default.createSymbolicLink(
      atPath: place.target + "/sub", withDestinationPath: place.path + "/elsewhere")
    try FileManager.default.createSymbolicLink(
      atPath: place.target + "/file.png", withDestinationPath: place.path + "/victim")
    let folder = try ImageFolder(path: FilePath(place.target), overwrites: overwrites)
    try write([Array("sub/x".utf8)], to: folder)
    #expect(try place.files == ["out/000000.png"])
    #expect(throws: ImageFolderError.notAFile(name: place.target + "/file.png")) {
      try folder.write([9], shape: Self.shape, name: Array("file".utf8), record: 1)
    }
    #expect(try place.files == ["out/000000.png"])
  }

  @Test func aTargetThatCannotBeAFolderIsRefused() throws {
    let place = try Surroundings()
    try Data().write(to: URL(fileURLWithPath: place.path + "/file"))
    #expect(throws: ImageFolderError.notAFolder(name: place.path + "/file")) {
      try ImageFolder(path: FilePath(place.path + "/file"), overwrites: true)
    }
    #expect(throws: ImageFolderError.cannotCreateFolder(name: place.path + "/a/b", errno: ENOENT)) {
      try ImageFolder(path: FilePath(place.path + "/a/b"), overwrites: true)
    }
  }
}
