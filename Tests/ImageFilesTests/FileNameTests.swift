import Testing

@testable import ImageFiles

/// The names of files are checked in folders by ImageFolderTests; these are the names of an archive's members.
@Suite struct FileNameTests {
  private func paths(_ names: [String], areSampleKeys: Bool) -> [String] {
    var assigned = RecordFileNames(areSampleKeys: areSampleKeys)
    return names.enumerated().map { record, name in
      assigned.path(name: Array(name.utf8), record: record).joined(separator: "/")
    }
  }

  @Test(arguments: [
    (["a.png", "a.png/b.png"], ["a.png", "000001.png"]),
    (["a.png/b.png", "a.png"], ["a.png/b.png", "000001.png"]),
    (["a/b/c/d", "a/b", "a/b.png/e"], ["a/b/c/d.png", "a/b.png", "000002.png"]),
    (["000001.png/x", "", ""], ["000001.png/x.png", "000001-1.png", "000002.png"]),
  ])
  func aFileIsNoFolder(names: [String], expected: [String]) {
    #expect(paths(names, areSampleKeys: false) == expected)
  }

  /// A sample `KEY.png` has a label `KEY.cls`.
  @Test(arguments: [
    (["a", "a.cls/b"], ["a.png", "000001.png"]), (["a.cls/b", "a"], ["a.cls/b.png", "000001.png"]),
    (["a", "a.png/b"], ["a.png", "000001.png"]), (["a/b", "a"], ["a/b.png", "a.png"]),
  ])
  func aLabelIsNoFolder(names: [String], expected: [String]) {
    #expect(paths(names, areSampleKeys: true) == expected)
  }
}
