// raw2png: its files hold the pixels of the records, and it writes only where it was told to.
import Foundation
import Testing

@Suite struct PictureFileTests {
  /// Twelve labelled images with names.
  private func place(names: [String] = (0..<12).map { "folder \($0 % 2)/\($0)" }) throws -> Workplace {
    let place = try Workplace()
    let images = SmallImages(count: names.count, classCount: 2, height: 4, width: 5)
    try place.write(
      SmallStream(images, names: names.map { Array($0.utf8) }, classes: ["x", "y"]).bytes, to: "data.raw")
    return place
  }

  private func run(_ place: Workplace, _ arguments: String...) throws -> Outcome {
    try place.start("raw2png", ["data.raw"] + arguments).finish()
  }

  /// Decodes PNG files by hand: chunks, checksums, zlib, the five filters. Prints the name, size and pixels of each.
  private static let decoder = """
    import sys, zlib
    for path in sys.argv[1:]:
        data = open(path, "rb").read()
        assert data[:8] == b"\\x89PNG\\r\\n\\x1a\\n"
        at, parts = 8, {}
        while at < len(data):
            length, kind = int.from_bytes(data[at:at + 4], "big"), data[at + 4:at + 8]
            body = data[at + 8:at + 8 + length]
            assert int.from_bytes(data[at + 8 + length:at + 12 + length], "big") == zlib.crc32(kind + body)
            parts[kind] = parts.get(kind, b"") + body
            at += 12 + length
        head = parts[b"IHDR"]
        width, height = int.from_bytes(head[:4], "big"), int.from_bytes(head[4:8], "big")
        size = {0: 1, 2: 3}[head[9]]
        assert head[8] == 8 and head[10:] == bytes(3)
        raw, stride, last, rows = zlib.decompress(parts[b"IDAT"]), width * size, bytes(width * size), b""
        assert len(raw) == height * (stride + 1)
        for row in range(height):
            kind, line = raw[row * (stride + 1)], bytearray(raw[row * (stride + 1) + 1:(row + 1) * (stride + 1)])
            for i in range(stride):
                left, up = line[i - size] if i >= size else 0, last[i]
                corner = last[i - size] if i >= size else 0
                guess = left + up - corner
                near = min((left, up, corner), key=lambda value: abs(guess - value))
                line[i] = (line[i] + [0, left, up, (left + up) // 2, near][kind]) % 256
            last = bytes(line)
            rows += last
        print(path, width, height, size, rows.hex())
    """

  private func decode(_ place: Workplace, _ files: [String]) throws -> [String] {
    let python = ProcessInfo.processInfo.environment["FM_TOOLS_PYTHON"] ?? "python3"
    let outcome = try place.start("/usr/bin/env", [python, "-c", Self.decoder] + files).finish()
    #expect(outcome.ending == .exited(0), "\(outcome.messageText)")
    return outcome.text.split(separator: "\n").map(String.init)
  }

  private func hexadecimal(_ bytes: some Sequence<UInt8>) -> String {
    bytes.map { String(format: "%02x", $0) }.joined()
  }

  @Test func aFileForEachRecordHasExactlyItsPixels() throws {
    let place = try place()
    let outcome = try run(place, "--directory", "out")
    #expect(outcome.ending == .exited(0), "\(outcome.messageText)")
    #expect(outcome.messageText == "" && outcome.output.isEmpty)
    let images = SmallImages(count: 12, classCount: 2, height: 4, width: 5)
    let files = (0..<12).map { "out/folder \($0 % 2)/\($0).png" }
    let expected = files.enumerated().map { "\($1) 5 4 1 \(hexadecimal(images.image($0)))" }
    #expect(try decode(place, files) == expected)
    // Writing into the same folder again needs --force, and gives the same bytes.
    let again = try run(place, "--directory", "out")
    #expect(again.ending == .exited(73))
    #expect(ExitStatusTests.fault(in: again, of: "raw2png") == nil)
    #expect(again.messageText.contains("--force"))
    let forced = try place.shell(
      "cp -r out before && raw2png data.raw --directory out --force && diff -r out before")
    #expect(forced.ending == .exited(0), "\(forced.messageText)\(forced.text)")
  }

  @Test func colorImagesKeepTheirColors() throws {
    let place = try Workplace()
    var stream = SmallStream(SmallImages(count: 2, classCount: 2, height: 3, width: 6))
    // 3 rows of 2 pixels of 3 bytes.
    stream.fields[0] = "('image', '|u1', (3, 2, 3))"
    try place.write(stream.bytes, to: "data.raw")
    let outcome = try run(place, "--directory", "out")
    #expect(outcome.ending == .exited(0), "\(outcome.messageText)")
    let expected = stream.records.enumerated().map {
      "out/00000\($0).png 2 3 3 \(hexadecimal($1.dropLast()))"
    }
    #expect(try decode(place, ["out/000000.png", "out/000001.png"]) == expected)
  }

  @Test func picturesSurviveARoundTrip() throws {
    let place = try place()
    let outcome = try place.shell(
      """
      set -e
      raw2png data.raw --directory out
      (cd out && png2raw --size 4x5 .) | raw2png --directory again
      diff -r out again
      """)
    #expect(outcome.ending == .exited(0), "\(outcome.messageText)\(outcome.text)")
  }

  @Test func namesCannotLeadOutOfTheFolder() throws {
    let names = [
      "../x", "/tmp/fm-tools-escape", "a/../../b", "sub/x", "dir", "twice", "twice.png", "\u{1B}[31m", "..",
      "ok",
    ]
    let place = try place(names: names)
    let outcome = try place.shell(
      "mkdir -p inner/out/dir.png elsewhere && ln -s ../../elsewhere inner/out/sub && cd inner"
        + " && raw2png ../data.raw --directory out")
    #expect(outcome.ending == .exited(0), "\(outcome.messageText)")
    // One line says what was done, without the names.
    #expect(
      outcome.messageLines.count == 1 && outcome.messageText.contains("8 records"), "\(outcome.messageText)")
    #expect(!outcome.messages.contains(0x1B))
    let found = try place.shell(
      "find . -name '*.png' -type f | sort; ls elsewhere; ls -d /tmp/fm-tools-escape* 2>&1 | wc -l")
    let numbered = [0, 1, 2, 3, 4, 6, 7, 8].map { "./inner/out/00000\($0).png" }
    let expected = (numbered + ["./inner/out/ok.png", "./inner/out/twice.png"]).sorted()
    #expect(found.text.split(separator: "\n").map(String.init).dropLast() == expected[...])
    #expect(try place.names == ["data.raw", "elsewhere", "inner"])
    let quiet = try place.shell("cd inner && raw2png ../data.raw --directory other --quiet")
    #expect(quiet.ending == .exited(0) && quiet.messageText == "")
  }

  @Test func aTruncatedStreamLeavesWholeFiles() throws {
    let place = try place()
    try place.write(Array(try place.bytes(of: "data.raw").dropLast(300)), to: "data.raw")
    let outcome = try run(place, "--directory", "out")
    #expect(outcome.ending == .exited(65))
    #expect(ExitStatusTests.fault(in: outcome, of: "raw2png") == nil)
    let files = try place.shell("find out -type f | sort")
    // Decoding fails if a file is not whole.
    let count = try decode(place, files.text.split(separator: "\n").map(String.init)).count
    #expect(1..<12 ~= count, "\(count) files")
  }

  @Test func onlyTheSelectionIsWritten() throws {
    let place = try place()
    try place.write(
      Array("record\tclass\tprobability\n7\ty\t0.5\n2\tx\t0.4\n".utf8), to: "wrong.tsv")
    #expect(try run(place, "--select", "wrong.tsv", "--directory", "out").ending == .exited(0))
    #expect(try place.shell("cd out && find . -type f | sort").text == "./folder 0/2.png\n./folder 1/7.png\n")
    #expect(try run(place, "--limit", "3", "--directory", "three").ending == .exited(0))
    #expect(try place.shell("find three -type f | wc -l").text.contains("3"))
  }

  #if os(Linux)
    @Test func memoryDoesNotGrowWithTheStream() throws {
      let place = try Workplace()
      // IDX files of blank images of 2,000 × 2,000 pixels (2,000 is hexadecimal 7d0).
      let made = try place.shell(
        """
        set -e
        for count in 2 12; do
          { printf "\\0\\0\\10\\3\\0\\0\\0\\\\$(printf %o $count)\\0\\0\\7\\320\\0\\0\\7\\320"
            head -c $((count * 4000000)) /dev/zero; } | idx2raw - > $count.raw
        done
        """)
      #expect(made.ending == .exited(0), "\(made.messageText)")
      let script = """
        import resource, subprocess, sys
        subprocess.check_call(["raw2png", sys.argv[1], "--directory", sys.argv[2]])
        print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
        """
      let peaks = try ["2", "12"].map { name in
        let outcome = try place.start("/usr/bin/env", ["python3", "-c", script, "\(name).raw", name]).finish()
        return try #require(Int(outcome.text.split(separator: "\n").last ?? ""), "\(outcome.messageText)")
      }
      // In KiB. Ten more images are 40 MB, of which memory may hold only a few.
      #expect(peaks[1] - peaks[0] < 20_000, "\(peaks)")
    }
  #endif
}
