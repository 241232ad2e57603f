// The pictures that png2raw finds in folders and lists, whatever else they contain.
import Foundation
import Testing

@Suite struct PNGFolderTests {
  /// Runs a script that makes files, for which `$picture` is a good picture, and then png2raw with `arguments`.
  private func run(_ script: String, _ arguments: String) throws -> Outcome {
    let place = try Workplace()
    try place.write(SmallPNG().file, to: ".picture")
    return try place.shell(
      "set -e; picture=$PWD/.picture; mkdir in; cd in\n\(script)\ncd ..\nset +e\npng2raw --size 4x4 \(arguments)"
    )
  }

  /// The names in a stream of one chunk of 4 × 4 images; bytes that are not printable ASCII read `\xHH`.
  private func names(_ stream: [UInt8]) throws -> [String] {
    try #require(stream.count > 128)
    let start = 10 + Int(stream[8]) + Int(stream[9]) << 8
    let header = String(decoding: stream[10..<start], as: UTF8.self)
    let width = try #require(header.firstMatch(of: /'name', '\|S(\d+)'/).flatMap { Int($0.1) })
    let count = try #require(header.firstMatch(of: /'shape': \((\d+),\)/).flatMap { Int($0.1) })
    return (0..<count).map { index in
      let name = stream[(start + index * (16 + width) + 16)...].prefix(width).prefix { $0 != 0 }
      return name.map { byte in
        0x20..<0x7F ~= byte
          ? String(UnicodeScalar(byte)) : #"\x"# + (byte < 16 ? "0" : "") + String(byte, radix: 16)
      }.joined()
    }
  }

  @Test func aFolderIsReadInByteOrderOfItsPaths() throws {
    let outcome = try run(
      """
      mkdir -p b b.d C 'a b'
      for name in b/z.png b.png b.d/y.PNG C/x.Png 'a b/w.png' b/.png c.txt c.png.bak png b-.png; do
        cp "$picture" "$name"
      done
      """, "in")
    #expect(outcome.ending == .exited(0), "\(outcome.messageText)")
    #expect(
      try names(outcome.output)
        == ["C/x.Png", "a b/w.png", "b-.png", "b.d/y.PNG", "b.png", "b/z.png"].map { "in/\($0)" }
    )
  }

  @Test func aTrailingSlashChangesNoName() throws {
    let outcome = try run("mkdir a; cp $picture a/b.png", "in in/ ./in/a//")
    #expect(try names(outcome.output) == ["in/a/b.png", "in/a/b.png", "./in/a//b.png"])
  }

  @Test func linksAreFollowedAndLoopsAreSkipped() throws {
    let outcome = try run(
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
      try names(outcome.output)
        == ["a/deep/folder/two.png", "a/link.png", "a/one.png", "other/two.png"].map { "in/\($0)" })
    #expect(
      outcome.messageLines == [
        "png2raw: in/a/deep/up: this is a link to a folder that contains it, so the search would never end",
        "png2raw: in/a/self: this is a link to a folder that contains it, so the search would never end",
        "png2raw: 2 of 6 files were skipped",
      ])
  }

  @Test func specialFilesAreSkippedByNameAndNeverBlock() throws {
    let outcome = try run(
      """
      cp "$picture" good.png
      mkfifo pipe.png
      ln -s /dev/zero device.png; ln -s /dev/tty tty.png
      ln -s nowhere dangling.png; ln -s loop.png loop.png
      "${FM_TOOLS_PYTHON:-python3}" -c 'import socket; socket.socket(socket.AF_UNIX).bind("socket.png")'
      : > empty.png
      mkdir folder.png; cp "$picture" folder.png/in.png
      """, "in in/folder.png/in.png/x.png absent.png in/pipe.png")
    #expect(outcome.ending == .exited(1))
    #expect(try names(outcome.output) == ["in/folder.png/in.png", "in/good.png"])
    let reasons = [
      ("in/dangling.png", "cannot open for reading: No such file or directory"),
      ("in/device.png", "expected a file, found a device"),
      ("in/empty.png", "expected a PNG or JPEG file, found no bytes at all"),
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
    @Test func anUnreadableFileIsSkippedByName() throws {
      // A regular file whose bytes nobody can read, not even the superuser.
      let outcome = try run("cp $picture a.png; ln -s /proc/self/mem memory.png", "in")
      #expect(outcome.ending == .exited(1))
      #expect(
        outcome.messageLines == [
          "png2raw: in/memory.png: cannot read: Input/output error", "png2raw: 1 of 2 files was skipped",
        ])
    }
  #endif

  @Test func listsNameFilesAndFoldersBetweenNewlinesOrNULs() throws {
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
      #expect(
        try names(place.bytes(of: name))
          == ["in/c.png", "a.png", "in/c.png", "-", "b.png", "b.png", "a.png"])
    }
  }

  #if os(Linux)
    @Test func namesOfAnyBytesAreKept() throws {
      let outcome = try run(
        #"""
        cp "$picture" $'new\nline.png'; cp "$picture" $'\xff\xfe.png'; cp "$picture" $'tab\tand \\.png'
        echo no picture > $'\xff\n\e[31m.png'
        """#, #"in $'in/\xff\xfe.png'"#)
      #expect(outcome.ending == .exited(1))
      #expect(
        try names(outcome.output) == [
          #"in/new\x0aline.png"#, #"in/tab\x09and \.png"#, #"in/\xff\xfe.png"#, #"in/\xff\xfe.png"#,
        ])
      #expect(
        outcome.messageLines.first
          == #"png2raw: in/\xff\n\x1b[31m.png: expected a PNG or JPEG file, found text: 'no picture\n'"#)
    }
  #endif

  @Test func aNameTooLongForAStreamIsSkipped() throws {
    let place = try Workplace()
    try place.write(SmallPNG().file, to: "a.png")
    let name = String(repeating: "./", count: 2046) + "/a.png"
    #expect(name.utf8.count == 4098)
    try place.write(
      Array("a.png\n\(name)\n\(String(repeating: "x", count: 1 << 20))\na.png\n".utf8), to: "list")
    let outcome = try place.run("png2raw", "--size", "4x4", "--files-from", "list")
    #expect(outcome.ending == .exited(1))
    #expect(try names(outcome.output) == ["a.png", "a.png"])
    #expect(outcome.messageLines.count == 3)
    #expect(outcome.messageLines.allSatisfy { $0.count < 250 })
    #expect(outcome.messageLines[0].contains("expected a name of at most 4096 bytes, found a longer one"))
  }

  @Test func aFolderWithoutPicturesIsRefused() throws {
    let outcome = try run("mkdir empty; echo hello > readme.txt", "in")
    #expect(outcome.ending == .exited(65))
    #expect(outcome.output == [])
    #expect(ExitStatusTests.fault(in: outcome, of: "png2raw") == nil)
  }
}
