// Labels of pictures, from their folders and from tables.
import Foundation
import Testing

@Suite struct PNGLabelTests {
  /// A folder with a picture at each of these paths.
  private func place(_ names: [String]) throws -> Workplace {
    let place = try Workplace()
    for name in names {
      let folder = (("\(place.path)/\(name)") as NSString).deletingLastPathComponent
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
      try place.write(SmallPNG(seed: name.utf8.count).file, to: name)
    }
    return place
  }

  private func stream(
    _ names: [String], _ labels: [UInt8], _ classes: [String]?, _ arguments: [String]
  ) -> [UInt8] {
    let pictures = names.map { (name: $0, picture: SmallPNG(seed: $0.utf8.count)) }
    let history = (["png2raw"] + arguments.map { $0.contains(" ") ? "'\($0)'" : $0 }).joined(separator: " ")
    return SmallStream(pictures, labels: labels, classes: classes, history: history).bytes
  }

  @Test func foldersAreClassesInByteOrder() throws {
    let names = ["in/Zebra/1.png", "in/ape/1.png", "in/ape/2.png", "in/bee/1.png", "in/über/1.png"]
    let place = try place(names)
    for arguments in [
      ["--label-from", "directory", "--size", "4x4", "in"],
      ["--label-from", "directory", "--size", "4x4", "--files-from", "list"],
    ] {
      try place.write(Array((names.joined(separator: "\n") + "\n").utf8), to: "list")
      let outcome = try place.start("png2raw", arguments).finish()
      #expect(outcome.ending == .exited(0), "\(outcome.messageText)")
      #expect(
        outcome.output == stream(names, [0, 1, 1, 2, 3], ["Zebra", "ape", "bee", "über"], arguments))
    }
    // A list that can be read only once is kept for the second pass.
    let piped = try place.run(
      "png2raw", "--label-from", "directory", "--size", "4x4", "--files-from", "-", input: .file("list"))
    #expect(
      piped.output
        == stream(
          names, [0, 1, 1, 2, 3], ["Zebra", "ape", "bee", "über"],
          ["--label-from", "directory", "--size", "4x4", "--files-from", "-"]))
  }

  @Test func eachShardHasTheLabelsOfTheWhole() throws {
    let names = ["in/a/1.png", "in/b/1.png", "in/c/1.png", "in/d/1.png"]
    let place = try place(names)
    let arguments = ["--label-from", "directory", "--size", "4x4", "in", "--shard", "2/2"]
    let outcome = try place.start("png2raw", arguments).finish()
    #expect(outcome.output == stream([names[1], names[3]], [1, 3], ["a", "b", "c", "d"], arguments))
  }

  @Test func givenClassesDecideWhichFoldersCountAndTheirOrder() throws {
    let names = [
      "in/3/1.png", "in/Ankle boot/1.png", "in/T-shirt/top/1.png", "in/T-shirt_top/1.png", "in/Toaster/1.png",
      "in/top/1.png",
    ]
    let place = try place(names)
    let arguments = ["--label-from", "directory", "--classes", "fashion-mnist", "--size", "4x4", "in"]
    let outcome = try place.start("png2raw", arguments).finish()
    #expect(outcome.ending == .exited(1))
    let classes = [
      "T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag",
      "Ankle boot",
    ]
    #expect(outcome.output == stream(Array(names[..<4]), [3, 9, 0, 0], classes, arguments))
    #expect(
      outcome.messageLines == [
        "png2raw: in/Toaster/1.png: its folder 'Toaster' is not one of the classes",
        "png2raw: in/top/1.png: its folder 'top' is not one of the classes",
        "png2raw: 2 of 6 files were skipped",
      ])
  }

  @Test func aFileWithoutAFolderHasNoClass() throws {
    let place = try place(["in/a/1.png", "2.png"])
    let outcome = try place.run(
      "png2raw", "--label-from", "directory", "--size", "4x4", "in", "2.png", "./2.png")
    #expect(outcome.ending == .exited(1))
    #expect(outcome.messageLines.count >= 2)
    #expect(outcome.messageLines.prefix(2).allSatisfy { $0.contains("2.png: expected a folder before") })
  }

  @Test func aFolderWhoseNameIsNotTextIsNoClass() throws {
    let place = try place(["in/a/1.png"])
    let outcome = try place.shell(
      #"""
      for name in $'in/\xff' $'in/new\nline'; do mkdir "$name"; cp in/a/1.png "$name"; done
      png2raw --label-from directory --size 4x4 in | fm-info --format json
      """#)
    #expect(outcome.text.contains(#""classes":["a"]"#))
    #expect(outcome.messageLines.count == 3)
    #expect(outcome.messageLines.prefix(2).allSatisfy { $0.contains("is not one of the classes") })
  }

  @Test func moreFoldersThanLabelsAreRefused() throws {
    let place = try Workplace()
    let outcome = try place.shell(
      """
      for number in $(seq 257); do mkdir $number; : > $number/1.png; done
      png2raw --label-from directory .
      """)
    #expect(outcome.ending == .exited(65))
    #expect(outcome.messageText.contains("at most 256 folders"))
    #expect(ExitStatusTests.fault(in: outcome, of: "png2raw") == nil)
  }

  // MARK: Tables

  @Test(arguments: ["", "name\tclass\n", "name\tlabel\n", "name\ttruth\n"])
  func aTableGivesTheClasses(header: String) throws {
    let place = try place(["a.png", "b.png"])
    try place.write(Array("\(header)b.png\tzoo\r\na.png\tcafé\n".utf8), to: "t.tsv")
    let arguments = ["--label-from", "t.tsv", "--size", "4x4", "a.png", "b.png"]
    let outcome = try place.start("png2raw", arguments).finish()
    #expect(outcome.ending == .exited(0), "\(outcome.messageText)")
    #expect(outcome.output == stream(["a.png", "b.png"], [0, 1], ["café", "zoo"], arguments))
  }

  @Test func aTableOfNumbersHasLabelsWithoutNames() throws {
    let place = try place(["a.png", "b.png"])
    try place.write(Array("a.png\t7\nb.png\t0\n".utf8), to: "t.tsv")
    for (classes, named) in [([], nil), (["--classes", "mnist"], (0..<10).map(String.init))]
      as [([String], [String]?)]
    {
      let arguments = ["--label-from", "t.tsv", "--size", "4x4", "a.png", "b.png"] + classes
      let outcome = try place.start("png2raw", arguments).finish()
      #expect(outcome.output == stream(["a.png", "b.png"], [7, 0], named, arguments))
    }
  }

  @Test func namesInTablesAreEscapedAsInOutput() throws {
    let place = try place(["plain.png"])
    try place.write(
      Array(#"in/new\nline\xff.png"#.utf8) + Array("\t1\nback\\\\slash.png\t2\n".utf8), to: "t.tsv")
    let outcome = try place.shell(
      #"""
      mkdir in; cp plain.png $'in/new\nline\xff.png'; cp plain.png 'back\slash.png'
      png2raw --label-from t.tsv --size 4x4 in 'back\slash.png' | fm-info --format json
      """#)
    #expect(outcome.messageText == "")
    #expect(outcome.text.contains(#""records":2"#), "\(outcome.text)")
  }

  @Test func missingAndSurplusLinesOfATableAreReported() throws {
    let place = try place(["a.png", "b.png"])
    try place.write(Array("a.png\tx\nc.png\tx\nd.png\ty\n".utf8), to: "t.tsv")
    let outcome = try place.run("png2raw", "--label-from", "t.tsv", "--size", "4x4", "a.png", "b.png")
    #expect(outcome.ending == .exited(1))
    #expect(
      outcome.messageLines == [
        "png2raw: b.png: has no line in t.tsv",
        "png2raw: t.tsv: 2 of its files were not among the pictures, the first is 'c.png' in line 2",
        "png2raw: 1 of 2 files was skipped",
      ])
  }

  @Test(arguments: [
    ("a.png\tx\na.png\tx\n", "line 2: expected each file only once, found 'a.png' as in line 1"),
    ("a.png\tx", "line 1: expected a newline at its end"), ("a.png x\n", "line 1: expected a file's name"),
    ("a.png\tx\ty\n", "found 3 columns"), ("a.png\t\n", "expected a class in UTF-8"), ("", "found none"),
    ("name\tclass\n", "found none"),
    (
      "a.png\tx\nb.png\t\u{1}\n",
      #"line 2: expected a class in UTF-8 without control characters, found '\x01'"#
    ),
    ((0..<257).map { "\($0)\tc\($0)\n" }.joined(), "line 257: expected at most 256 classes"),
  ])
  func aMalformedTableIsRefused(text: String, message: String) throws {
    let place = try place(["a.png"])
    try place.write(Array(text.utf8), to: "t.tsv")
    let outcome = try place.run("png2raw", "--label-from", "t.tsv", "--size", "4x4", "a.png")
    #expect(outcome.ending == .exited(65))
    #expect(outcome.messageText.hasPrefix("png2raw: t.tsv: "))
    #expect(outcome.messageText.contains(message), "\(outcome.messageText)")
    #expect(ExitStatusTests.fault(in: outcome, of: "png2raw") == nil)
    #expect(outcome.output == [])
  }

  @Test func aTableOfOtherPathsIsRefusedWithAnExplanation() throws {
    let place = try place(["in/a.png", "in/b.png"])
    try place.write(Array("file,label\na.png,x\nb.png,y\n".utf8), to: "t.csv")
    let outcome = try place.run("png2raw", "--label-from", "t.csv", "--size", "4x4", "in")
    #expect(outcome.ending == .exited(65))
    let message = "paths in t.csv must equal those given or found here, and its first is 'a.png'"
    #expect(outcome.messageLines.last?.hasSuffix("and a stream needs a record; \(message)") == true)
  }

  @Test func aClassThatIsNotListedIsRefused() throws {
    let place = try place(["a.png"])
    try place.write(Array("a.png\tToaster\n".utf8), to: "t.tsv")
    let outcome = try place.run(
      "png2raw", "--label-from", "t.tsv", "--classes", "fashion-mnist", "--size", "4x4", "a.png")
    #expect(outcome.ending == .exited(65))
    #expect(
      outcome.messageText.contains("line 1: expected one of the 10 classes or its number, found 'Toaster'"))
  }
}
