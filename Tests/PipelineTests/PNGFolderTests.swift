// What png2raw finds in folders and lists, whatever lies there.
import Foundation
import Testing

@Suite struct PNGFolderTests {
  /// Runs a script that makes files, with `$picture` a good picture; then png2raw with `arguments`.
  private func run(_ script: String, _ arguments: String) throws -> (place: Workplace, outcome: Outcome) {
    let place = try Workplace()
    try place.write(SmallPNG().file, to: ".picture")
    let outcome = try place.shell(
      "set -e; picture=$PWD/.picture; mkdir in; cd in\n\(script)\ncd ..\nset +e\npng2raw --size 4x4 \(arguments)"
    )
    return (place, outcome)
  }

  /// The names in a stream, as fm-predict would print them.
  private func names(_ place: Workplace, _ outcome: Outcome) throws -> [String] {
    try place.write(outcome.output, to: "stream.raw")
    let listed = try place.run(
      "/usr/bin/env", "python3", "-c",
      """
      import sys
      sys.path.insert(0, sys.argv[1])
      from numpy_stream import read_stream
      for records in read_stream(open("stream.raw", "rb")):
          for name in records["name"]:
              print(name)
      """, "\(Workplace.package)/examples")
    #expect(listed.ending == .exited(0), "\(listed.messageText)")
    return listed.text.split(separator: "\n").map(String.init)
  }

  @Test func aFolderIsReadInTheOrderOfTheBytesOfItsPaths() throws {
    let (place, outcome) = try run(
      """
      mkdir -p b b.d B 'a b'
      for name in b/z.png b.png b.d/y.PNG B/x.Png 'a b/w.png' b/.png c.txt c.png.bak png b-.png; do
        cp "$picture" "$name"
      done
      """, "in")
    #expect(outcome.ending == .exited(0), "\(outcome.messageText)")
    #expect(
      try names(place, outcome)
        == ["B/x.Png", "a b/w.png", "b-.png", "b.d/y.PNG", "b.png", "b/.png", "b/z.png"].map { "b'in/\($0)'" }
    )
  }

  @Test func aSlashAtTheEndChangesNoName() throws {
    let (place, outcome) = try run("mkdir a; cp $picture a/b.png", "in in/ ./in/a//")
    #expect(try names(place, outcome) == ["b'in/a/b.png'", "b'in/a/b.png'", "b'./in/a//b.png'"])
  }

  @Test func linksAreFollowedAndLoopsAreLeftOut() throws {
    let (place, outcome) = try run(
      """
      mkdir -p a/deep other
      cp "$picture" a/one.png; cp "$picture" other/two.png
      ln -s ../other/two.png a/link.png
      ln -s ../../other a/deep/folder
      ln -s ../.. a/deep/up
      ln -s . a/self
      """, "in")
    #expect(outcome.ending == .exited(1))
    #expect(
      try names(place, outcome)
        == ["a/deep/folder/two.png", "a/link.png", "a/one.png", "other/two.png"].map { "b'in/\($0)'" })
    #expect(
      outcome.messageLines == [
        "png2raw: in/a/deep/up: this is a link to a folder that it lies in, and would never end",
        "png2raw: in/a/self: this is a link to a folder that it lies in, and would never end",
        "png2raw: 2 of 6 files were skipped",
      ])
  }

  @Test func whatIsNoFileIsSkippedByNameAndNeverWaitedFor() throws {
    let (place, outcome) = try run(
      """
      cp "$picture" good.png
      mkfifo pipe.png
      ln -s /dev/zero device.png; ln -s /dev/tty tty.png
      ln -s nowhere dangling.png; ln -s loop.png loop.png
      python3 -c 'import socket; socket.socket(socket.AF_UNIX).bind("socket.png")'
      : > empty.png
      mkdir folder.png; cp "$picture" folder.png/in.png
      """, "in in/folder.png/in.png/x.png absent.png in/pipe.png")
    #expect(outcome.ending == .exited(1))
    #expect(try names(place, outcome) == ["b'in/folder.png/in.png'", "b'in/good.png'"])
    let reasons = [
      ("in/dangling.png", "cannot open for reading: No such file or directory"),
      ("in/device.png", "expected a file, found a device"),
      ("in/empty.png", "expected a PNG file, found no bytes at all"),
      ("in/loop.png", "cannot open for reading: "),
      ("in/pipe.png", "expected a file, found a pipe"), ("in/socket.png", "expected a file, found a socket"),
      ("in/tty.png", ""), ("in/folder.png/in.png/x.png", "cannot open for reading: Not a directory"),
      ("absent.png", "cannot open for reading: No such file or directory"),
      ("in/pipe.png", "expected a file, found a pipe"),
    ]
    #expect(outcome.messageLines.count == reasons.count + 1, "\(outcome.messageText)")
    for (line, (name, reason)) in zip(outcome.messageLines, reasons) {
      #expect(line.hasPrefix("png2raw: \(name): \(reason)"), "\(line)")
    }
  }

  #if os(Linux)
    @Test func aFileThatCannotBeReadIsSkippedByName() throws {
      // A regular file whose bytes nobody can have, not even the superuser.
      let (_, outcome) = try run("cp $picture a.png; ln -s /proc/self/mem memory.png", "in")
      #expect(outcome.ending == .exited(1))
      #expect(
        outcome.messageLines == [
          "png2raw: in/memory.png: cannot read: Input/output error", "png2raw: 1 of 2 files were skipped",
        ])
    }
  #endif

  @Test func listsNameFilesAndFoldersByLinesOrByNULs() throws {
    let place = try Workplace()
    for name in ["a.png", "b.png", "-"] { try place.write(SmallPNG().file, to: name) }
    let outcome = try place.shell(
      """
      set -e
      mkdir in; cp a.png in/c.png
      printf 'a.png\\n\\nin\\n-\\nb.png' > lines; printf 'b.png\\0a.png\\0' > nuls
      png2raw --size 4x4 in/c.png --files-from lines --files0-from nuls > 1.raw
      printf 'in/c.png\\0a.png\\0in\\0-\\0b.png\\0b.png\\0a.png\\0' | png2raw --size 4x4 --files0-from - > 2.raw
      png2raw --size 4x4 --files-from <(cat lines) in/c.png | fm-info
      """)
    #expect(outcome.ending == .exited(0), "\(outcome.messageText)")
    for name in ["1.raw", "2.raw"] {
      let stream = Outcome(ending: .exited(0), output: try place.bytes(of: name), messages: [])
      #expect(
        try names(place, stream)
          == ["in/c.png", "a.png", "in/c.png", "-", "b.png", "b.png", "a.png"].map { "b'\($0)'" })
    }
  }

  @Test func namesOfAnyBytesAreCarried() throws {
    let (place, outcome) = try run(
      #"""
      cp "$picture" $'new\nline.png'; cp "$picture" $'\xff\xfe.png'; cp "$picture" $'tab\tand \\.png'
      echo no picture > $'\xff\n\e[31m.png'
      """#, #"in $'in/\xff\xfe.png'"#)
    #expect(outcome.ending == .exited(1))
    #expect(
      try names(place, outcome) == [
        #"b'in/new\nline.png'"#, #"b'in/tab\tand \\.png'"#, #"b'in/\xff\xfe.png'"#, #"b'in/\xff\xfe.png'"#,
      ])
    #expect(
      outcome.messageLines.first
        == #"png2raw: in/\xff\n\x1b[31m.png: expected a PNG file, found text: 'no picture\n'"#)
  }

  @Test func aNameLongerThanAStreamTakesIsSkipped() throws {
    let place = try Workplace()
    try place.write(SmallPNG().file, to: "a.png")
    let name = String(repeating: "./", count: 2046) + "/a.png"
    #expect(name.utf8.count == 4098)
    try place.write(
      Array("a.png\n\(name)\n\(String(repeating: "x", count: 1 << 20))\na.png\n".utf8), to: "list")
    let outcome = try place.run("png2raw", "--size", "4x4", "--files-from", "list")
    #expect(outcome.ending == .exited(1))
    #expect(try names(place, outcome) == ["b'a.png'", "b'a.png'"])
    #expect(outcome.messageLines.count == 3)
    #expect(outcome.messageLines.allSatisfy { $0.count < 250 })
    #expect(outcome.messageLines[0].contains("expected a name of at most 4096 bytes, found a longer one"))
  }

  @Test func aFolderWithoutPicturesIsNoStream() throws {
    let (_, outcome) = try run("mkdir empty; echo hello > readme.txt", "in")
    #expect(outcome.ending == .exited(65))
    #expect(outcome.output == [])
    #expect(ExitStatusTests.fault(in: outcome, of: "png2raw") == nil)
  }
}
