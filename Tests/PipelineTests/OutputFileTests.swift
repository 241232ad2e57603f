// An output appears whole or not at all, and an older one stays until then.
import Foundation
import Testing

@Suite struct OutputFileTests {
  private static let lines = [
    ["fm-split", "--train", "old", "--held-out", "new", "cut.raw"],
    trainLine + [
      "--output", "old", "--validation", "data.raw",
      "cut.raw",
    ],
    trainLine + [
      "--output", "old", "--validation", "cut.raw",
      "data.raw",
    ],
    ["idx2raw", "images", "labels", "--output", "old"],
    ["png2raw", "--size", "4x4", "boot.png", "cut.png", "--on-error", "fail", "--output", "old"],
    ["fm-export", "cut.model", "--to", "pth", "--output", "old"],
    ["raw2png", "cut.raw", "--sheet", "old.png"],
    ["fm-plot", "confusion", "cut.raw", "--to", "svg", "--output", "old"],
    ["fm-eval", "cut.raw", "--svg", "old"],
    ["fm-eval", "cut.raw", "--wrong", "old"],
  ]

  @Test(arguments: lines)
  func aFailureKeepsTheOldFile(_ line: [String]) throws {
    let place = try ExitStatusTests.smallFiles()
    try place.write(Array(try place.bytes(of: "data.raw").dropLast()), to: "cut.raw")
    try place.write(Array(try place.bytes(of: "labels").dropLast()), to: "labels")
    try place.write(Array(try place.bytes(of: "model").dropLast()), to: "cut.model")
    try place.write(Array(try place.bytes(of: "boot.png").dropLast()), to: "cut.png")
    try place.write(Array("precious".utf8), to: "old")
    let before = try place.names
    let outcome = try place.start(line[0], Array(line.dropFirst())).finish()
    #expect(outcome.ending == .exited(65), "\(outcome.messageText)")
    #expect(try place.text(of: "old") == "precious")
    #expect(try place.names == before)
  }

  @Test func linksAndModesAreKept() throws {
    let place = try ExitStatusTests.smallFiles()
    let script = """
      set -e
      mkdir elsewhere; echo old > elsewhere/target; chmod 640 elsewhere/target; ln -s elsewhere/target link
      idx2raw images labels --output link
      test -L link; fm-info elsewhere/target > information
      ls -l elsewhere | grep -c '^-rw-r----- .* target$'
      """
    let outcome = try place.shell(script)
    #expect(outcome.ending == .exited(0), "\(outcome.messageText)")
    #expect(outcome.text == "1\n")
  }

  @Test func devicesAndNamedPipesAreWrittenDirectly() throws {
    let place = try ExitStatusTests.smallFiles()
    let script = """
      idx2raw images labels --output /dev/stdout | cmp - data.raw > difference
      idx2raw images labels > plain.raw
      idx2raw images labels --output /dev/stdout > device.raw
      mkfifo pipe; cat pipe > piped.raw & idx2raw images labels --output pipe; wait
      fm-info --format json plain.raw device.raw piped.raw
      """
    let outcome = try place.shell(script)
    #expect(outcome.ending == .exited(0), "\(outcome.messageText)")
    let counts = outcome.text.split(separator: "\n").map { line in
      (try? JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])?["records"] as? Int
    }
    #expect(counts == [12, 12, 12])
  }

  @Test func aFilterEndsQuietlyWhenItsReaderLeaves() throws {
    let place = try Workplace()
    // Far more than a pipe holds, so that writing continues after the reader has left.
    let images = SmallImages(count: 60_000, classCount: 2, height: 4, width: 4)
    try place.write(SmallStream(images).bytes, to: "data.raw")
    try place.write(images.imageFile, to: "images")
    let trained = try place.shell(
      "fm-train --quiet --arch linear:2 --epochs 1 --batch-size 1000 --output model data.raw")
    #expect(trained.ending == .exited(0), "\(trained.messageText)")
    for line in [
      ["idx2raw", "images"], ["fm-split", "--emit", "train", "data.raw"],
      ["fm-predict", "--model", "model", "data.raw"],
      ["fm-predict", "--model", "model", "--format", "raw", "data.raw"],
    ] {
      let child = try place.start(line[0], Array(line.dropFirst()))
      #expect(try child.drain { !$0.output.isEmpty })
      child.closeOutput()
      let outcome = try child.finish()
      #expect(outcome.ending == .killed(signal: SIGPIPE), "\(line)")
      #expect(outcome.messageText == "", "\(line)")
    }
  }
}
