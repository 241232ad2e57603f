// Folders as classes: which folders count, in which order, and the messages about doubtful cases.
import Foundation
import Testing

@Suite struct ClassFolderTests {
  /// Runs png2raw in a folder with the pictures `names`, after `script` has made any other files.
  private func run(
    _ names: [String], _ script: String = "", _ line: String
  ) throws -> (Outcome, [String: Any]) {
    let place = try Workplace()
    for name in names {
      let folder = (("\(place.path)/\(name)") as NSString).deletingLastPathComponent
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
      try place.write(SmallPNG(seed: name.utf8.count).file, to: name)
    }
    let outcome = try place.shell("\(script)\npng2raw --size 4x4 --label-from directory -o s.raw \(line)")
    guard try place.names.contains("s.raw") else { return (outcome, [:]) }
    let report = try place.run("fm-info", "--format", "json", "s.raw").output
    return (outcome, try #require(JSONSerialization.jsonObject(with: Data(report)) as? [String: Any]))
  }

  @Test func hiddenFoldersAndSystemFoldersAreNotClasses() throws {
    let (outcome, report) = try run(
      ["in/cat/1.png", "in/dog/1.png"],
      """
      for name in .ipynb_checkpoints __MACOSX/cat @eaDir .git/x dog/.cache; do
        mkdir -p in/$name; cp in/cat/1.png in/$name/; done
      cp in/cat/1.png in/cat/._1.png; printf '\\0\\5\\26\\7' > in/dog/._1.png
      : > in/.DS_Store; : > in/cat/Thumbs.db; : > in/cat/desktop.ini
      """, "in")
    #expect(outcome.ending == .exited(0))
    #expect(outcome.messageText == "")
    #expect(report["classes"] as? [String] == ["cat", "dog"])
    #expect(report["records"] as? Int == 2)
  }

  /// If the command line names a picture in a hidden folder, a message says that the folder is not a class, unless
  /// --classes lists it.
  @Test func aNamedPictureInAHiddenFolderIsSkippedWithTheReason() throws {
    let names = ["in/cat/1.png", "in/dog/1.png", "in/.old/1.png"]
    let (outcome, report) = try run(names, "", "in in/.old/1.png")
    #expect(outcome.ending == .exited(1))
    let message = "png2raw: in/.old/1.png: its folder '.old' is not a class: it is hidden"
    #expect(outcome.messageLines.first?.hasPrefix(message) == true)
    #expect(report["classes"] as? [String] == ["cat", "dog"])
    let (given, _) = try run(names, #"printf 'cat\ndog\n.old\n' > c"#, "--classes c in in/.old/1.png")
    #expect(given.ending == .exited(0), "\(given.messageText)")
  }

  @Test func otherFormatsAndEmptyFoldersAreCounted() throws {
    let script = #"""
      mkdir -p in/bird in/fish
      for name in bird/1.gif bird/2.WebP cat/3.jp2; do printf '\xff\xd8\xff' > in/$name; done
      : > in/notes.txt
      """#
    let (outcome, report) = try run(["in/cat/1.png", "in/dog/1.png"], script, "in")
    #expect(outcome.ending == .exited(0))
    #expect(
      outcome.messageLines == [
        "png2raw: 3 files that are neither PNG nor JPEG were passed over, such as in/bird/1.gif",
        "png2raw: 2 folders without pictures are not classes, such as in/bird",
      ])
    #expect(report["classes"] as? [String] == ["cat", "dog"])
    #expect(try run(["in/cat/1.png", "in/dog/1.png"], script, "in --quiet").0.messageText == "")
    // Every shard sees them; only the first reports them.
    #expect(try run(["in/cat/1.png", "in/dog/1.png"], script, "in --shard 1/2").0.messageLines.count == 2)
    #expect(try run(["in/cat/1.png", "in/dog/1.png"], script, "in --shard 2/2").0.messageText == "")
    let (single, _) = try run(["in/cat/1.png", "in/dog/1.png"], ": > in/cat/1.GIF", "in")
    let one: Substring = "png2raw: 1 file that is neither PNG nor JPEG was passed over, such as in/cat/1.GIF"
    #expect(single.messageLines == [one])
  }

  @Test func aFolderOfOtherFormatsIsRefusedWithAnExample() throws {
    let place = try Workplace()
    let outcome = try place.shell("mkdir in; : > in/a.heic; : > in/b.tiff; : > in/.c.png; png2raw in")
    #expect(outcome.ending == .exited(65))
    let found = "found no PNG or JPEG file, but 2 pictures of other formats, such as in/a.heic"
    #expect(outcome.messageText == "png2raw: \(found); convert them to PNG first\n")
  }

  // MARK: Depth

  @Test(arguments: [
    (["in/1.png", "in/cat/1.png", "in/dog/1.png"], "in"), (["in/1.png", "in/cat/1.png"], "./in/"),
    (["1.png", "cat/1.png"], "."), (["in/cat/1.png", "in/cat/small/1.png"], "in/cat"),
    (["in/1.png", "in/cat/1.png", "in/dog/1.png"], "in/*"),
    (["in/1.png", "in/cat/1.png"], "in/1.png in/cat"),
    (["in/1.png", "in/cat/1.png"], "--files-from <(find in -name '*.png')"),
  ])
  func aPictureBesideClassFoldersIsRefused(names: [String], line: String) throws {
    let (outcome, report) = try run(names, "", line)
    #expect(outcome.ending == .exited(65), "\(outcome.messageText)")
    #expect(outcome.messageLines.count == 1)
    #expect(
      outcome.messageText.contains("1.png: expected pictures only in class folders")
        && outcome.messageText.contains("--classes"), "\(outcome.messageText)")
    #expect(report.isEmpty)
  }

  @Test func classFoldersMustBeEquallyDeep() throws {
    let names = ["in/ape/1.png", "in/deep/bee/1.png"]
    let (outcome, _) = try run(names, "", "in")
    #expect(outcome.ending == .exited(65))
    let message = "expected all class folders at the same depth, found others as in in/ape/1.png"
    #expect(outcome.messageText.contains("in/deep/bee/1.png: \(message)"))
    // Naming folders one by one says where the classes are.
    let (named, report) = try run(names, "", "in/ape in/deep/bee")
    #expect(named.ending == .exited(0) && named.messageText == "")
    #expect(report["classes"] as? [String] == ["ape", "bee"])
    // So does listing the classes.
    let (listed, _) = try run(names, #"printf 'bee\nape\n' > c"#, "--classes c in")
    #expect(listed.ending == .exited(0) && listed.messageText == "")
    // A list of files does not say which folder was searched: the files are read, with a note.
    let (files, _) = try run(names, "", "--files-from <(find in -name '*.png')")
    #expect(files.ending == .exited(0))
    #expect(files.messageText.contains("the class folders are at different depths"))
  }

  // MARK: Order

  @Test func numericFoldersAreInNumericOrder() throws {
    let numbers = (0...10).map { "in/\($0)/1.png" }
    #expect(try run(numbers, "", "in").1["classes"] as? [String] == (0...10).map(String.init))
    let (named, report) = try run(numbers + ["in/x/1.png"], "", "in")
    #expect(named.ending == .exited(0))
    #expect((report["classes"] as? [String])?.prefix(3) == ["0", "1", "10"])
    let (twice, _) = try run(["in/1/1.png", "in/01/1.png"], "", "in")
    #expect(twice.ending == .exited(65))
    #expect(twice.messageText.contains("found '01' and '1'"))
  }

  @Test func namesThatDifferOnlyInUnicodeFormAreRefusedUnlessListed() throws {
    let names = ["in/caf\u{E9}/1.png", "in/cafe\u{301}/2.png", "in/tea/3.png"]
    let (outcome, _) = try run(names, "", "in")
    // Some file systems treat the two names as one.
    #expect(
      outcome.ending == .exited(0) || outcome.messageText.contains("only the Unicode form differs"),
      "\(outcome.messageText)")
    let (given, report) = try run(names, #"printf 'caf\xc3\xa9\ntea\n' > c"#, "--classes c in")
    #expect(given.ending == .exited(0), "\(given.messageText)")
    #expect(report["records"] as? Int == 3)
  }
}
