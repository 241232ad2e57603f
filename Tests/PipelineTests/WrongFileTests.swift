// Every kind of file in every place that expects another: refused with one line that says what it is.
import Foundation
import Testing

@Suite struct WrongFileTests {
  /// Command lines in which `@` stands for a file, and the kinds of file that belong there.
  static let places: [(line: [String], right: Set<String>)] = [
    (["idx2raw", "@"], ["images", "images.gz"]),
    (["idx2raw", "images", "@"], ["labels"]),
    (["png2raw", "@"], []),
    (["fm-split", "--emit", "train", "@"], ["data.raw", "names.raw"]),
    (
      trainLine + [
        "--output", "new", "--validation", "data.raw", "@",
      ],
      ["data.raw", "names.raw"]
    ),
    (
      trainLine + [
        "--output", "new", "--validation", "@", "data.raw",
      ],
      ["data.raw", "names.raw"]
    ),
    (["fm-predict", "--model", "@", "data.raw"], ["model"]),
    (["fm-predict", "--model", "model", "@"], ["data.raw", "names.raw"]),
    (["fm-eval", "@"], ["predictions.raw", "predictions.tsv", "predictions.csv", "predictions.jsonl"]),
    (
      ["fm-eval", "--baseline", "@", "--max-drop", "accuracy=0.5", "judged.tsv"],
      ["predictions.raw", "predictions.tsv", "predictions.csv", "predictions.jsonl", "report.json"]
    ),
    (["fm-eval", "--merge", "@"], ["report.json"]),
    (["fm-eval", "--truth", "@", "--missing", "skip", "unlabelled.tsv"], ["names.raw"]),
    (["fm-audit", "-q", "@"], ["data.raw", "names.raw"]),
    (["fm-audit", "-q", "--predictions", "@", "data.raw"], ["predictions.raw"]),
    (["fm-eval", "--costs", "@", "judged.tsv"], []),
    (["fm-eval", "--thresholds", "@", "judged.tsv"], []),
    (["fm-predict", "--model", "model", "--thresholds", "@", "data.raw"], []),
    (["raw2png", "--terminal", "@"], ["data.raw", "names.raw"]),
    (
      ["raw2png", "--terminal", "--select", "@", "data.raw"],
      ["predictions.tsv", "predictions.csv", "predictions.jsonl"]
    ),
    (
      ["raw2png", "--terminal", "--predictions", "@", "data.raw"],
      ["predictions.raw", "predictions.tsv", "predictions.csv", "predictions.jsonl"]
    ),
    (
      ["fm-plot", "confusion", "@", "--to", "svg", "--output", "new"],
      ["predictions.raw", "predictions.tsv", "predictions.csv", "predictions.jsonl", "report.json"]
    ),
    (
      ["fm-plot", "reliability", "@", "--to", "png", "--output", "new"],
      ["predictions.raw", "predictions.tsv", "predictions.csv", "predictions.jsonl"]
    ),
    (["fm-plot", "curves", "@", "--to", "svg", "--output", "new"], []),
    (["fm-info", "@"], ["data.raw", "names.raw", "predictions.raw", "model"]),
    (["fm-export", "@", "--to", "onnx", "--output", "new"], ["model"]),
  ]

  static let kinds = [
    "images", "images.gz", "labels", "data.raw", "names.raw", "predictions.raw", "model", "predictions.tsv",
    "predictions.csv", "predictions.jsonl", "text", "zeros", "empty", "picture.png", "archive.npz",
    "model.pth", "model.onnx", "report.json", "script",
  ]

  @Test(arguments: places.indices)
  func wrongFilesAreRefusedAndRightOnesAccepted(_ index: Int) throws {
    let (line, right) = Self.places[index]
    let place = try Self.everyKind()
    try place.write(place.bytes(of: "predictions.tsv"), to: "judged.tsv")
    let before = try place.names
    for kind in Self.kinds {
      let outcome = try place.start(line[0], line.dropFirst().map { $0 == "@" ? kind : $0 }).finish()
      if right.contains(kind) {
        #expect(outcome.ending == .exited(0), "\(line) with \(kind): \(outcome.messageText)")
      } else {
        #expect(outcome.ending == .exited(65), "\(line) with \(kind): \(outcome.messageText)")
        let fault = ExitStatusTests.fault(in: outcome, of: line[0])
        #expect(fault == nil, "\(line) with \(kind)")
        // The line names the file that is wrong, not another of the same command.
        #expect(outcome.messageText.hasPrefix("\(line[0]): \(kind): "), "\(line): \(outcome.messageText)")
      }
      #expect(Set(try place.names).subtracting(before).isSubset(of: ["new"]), "\(line) with \(kind)")
      if try place.names.contains("new") { _ = try place.run("/bin/rm", "new") }
    }
  }

  private static let prepared = PreparedFolder(in: ExitStatusTests.smallFiles) { place in
    let images = SmallImages(count: 12, classCount: 2, height: 4, width: 4)
    try place.write(
      SmallStream(images, names: images.labels.indices.map { Array("n\($0)".utf8) }).bytes, to: "names.raw")
    try place.write(Array("name\tanything\nbut\tpredictions\n".utf8), to: "text")
    try place.write([UInt8](repeating: 0, count: 5000), to: "zeros")
    try place.write([], to: "empty")
    try place.write(
      [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a] + [UInt8](repeating: 0, count: 40), to: "picture.png")
    // Both are zip archives, which begin with the same bytes.
    let zip: [UInt8] = [0x50, 0x4b, 3, 4, 20, 0, 0, 0, 0, 0] + [UInt8](repeating: 0, count: 40)
    try place.write(zip, to: "archive.npz")
    try place.write(zip, to: "model.pth")
    try place.write(Array("#!/bin/sh\nexit 0\n".utf8), to: "script")
    let outcome = try place.shell(
      """
      set -e
      gzip --keep images
      fm-predict --model model --format csv data.raw > predictions.csv
      fm-predict --model model --format jsonl data.raw > predictions.jsonl
      fm-export model --output model.onnx
      fm-eval --format json predictions.tsv > report.json
      printf 'name\\tclass\\nn0\\t0\\nn1\\t1\\n' > unlabelled.tsv
      """)
    try #require(outcome.ending == .exited(0), "\(outcome.messageText)")
  }

  private static func everyKind() throws -> Workplace { try prepared.copy() }

  @Test func aModelForOtherImagesIsRefused() throws {
    let place = try ExitStatusTests.smallFiles()
    try place.write(
      SmallStream(SmallImages(count: 3, classCount: 2, height: 4, width: 5)).bytes, to: "wide.raw")
    let outcome = try place.run("fm-predict", "--model", "model", "wide.raw")
    #expect(outcome.ending == .exited(65))
    for size in ["4×4", "4×5"] {
      let alternatives = [size, size.replacing("×", with: "x")]
      #expect(alternatives.contains { outcome.messageText.contains($0) }, "\(outcome.messageText)")
    }
    #expect(ExitStatusTests.fault(in: outcome, of: "fm-predict") == nil)
  }

  @Test func incompatibleStreamsAreNotJoined() throws {
    let place = try ExitStatusTests.smallFiles()
    try place.write(
      SmallStream(SmallImages(count: 3, classCount: 2, height: 4, width: 5)).bytes, to: "wide.raw")
    for script in [
      "cat data.raw wide.raw | fm-split --emit train", "cat data.raw wide.raw | fm-predict --model model",
      "cat data.raw predictions.raw | fm-info", "cat predictions.raw data.raw | fm-eval",
    ] {
      let outcome = try place.shell(script)
      #expect(outcome.ending == .exited(65), "\(script): \(outcome.messageText)")
    }
  }
}
