// png2raw on files that it cannot use.
import Foundation
import Testing

@Suite struct PNGErrorTests {
  /// Two good pictures around two bad ones.
  private func place() throws -> Workplace {
    let place = try Workplace()
    for name in ["1.png", "4.png"] { try place.write(SmallPNG().file, to: name) }
    try place.write(Array("tab\there".utf8), to: "2.png")
    try place.write(Array(SmallPNG().file.dropLast(3)), to: "3.png")
    return place
  }

  private let line = ["--size", "4x4", "1.png", "2.png", "3.png", "4.png"]

  @Test func badFilesAreNamedAndTheOthersAreRead() throws {
    let place = try place()
    let outcome = try place.start("png2raw", line + ["--errors", "bad.tsv", "--quiet"]).finish()
    #expect(outcome.ending == .exited(1))
    #expect(
      outcome.messageLines == [
        #"png2raw: 2.png: expected a PNG or JPEG file, found text: 'tab\there'"#,
        "png2raw: 3.png: the file is truncated: it ends after 85 bytes, in chunk IEND",
        "png2raw: 2 of 4 files were skipped",
      ])
    #expect(
      try place.text(of: "bad.tsv") == """
        name\treason
        2.png\texpected a PNG or JPEG file, found text: 'tab\\there'
        3.png\tthe file is truncated: it ends after 85 bytes, in chunk IEND

        """)
    let pictures = ["1.png", "4.png"].map { (name: $0, picture: SmallPNG()) }
    // Options for reporting bad files change nothing in the stream, and are not in its history.
    #expect(
      outcome.output
        == SmallStream(pictures, history: "png2raw \(line.joined(separator: " "))").bytes)
  }

  @Test func theTableOfErrorsIsWrittenEvenIfEmpty() throws {
    let place = try place()
    let outcome = try place.run("png2raw", "--size", "4x4", "1.png", "--errors", "bad.tsv")
    #expect(outcome.ending == .exited(0), "\(outcome.messageText)")
    #expect(try place.text(of: "bad.tsv") == "name\treason\n")
  }

  @Test func onErrorFailStopsAtTheFirstBadFile() throws {
    for jobs in ["1", "3"] {
      let place = try place()
      let arguments = line + ["--on-error", "fail", "--jobs", jobs, "-o", "new.raw", "--errors", "bad.tsv"]
      let outcome = try place.start("png2raw", arguments).finish()
      #expect(outcome.ending == .exited(65))
      #expect(
        outcome.messageLines == [#"png2raw: 2.png: expected a PNG or JPEG file, found text: 'tab\there'"#])
      #expect(try place.text(of: "bad.tsv").split(separator: "\n").count == 2)
      #expect(try !place.names.contains("new.raw"))
      let absent = try place.run("png2raw", "--size", "4x4", "1.png", "absent", "2.png", "--on-error", "fail")
      #expect(absent.ending == .exited(66))
      #expect(ExitStatusTests.fault(in: absent, of: "png2raw") == nil)
    }
  }

  @Test func maxErrorsLimitsTheBadFiles() throws {
    let place = try place()
    for (limit, status) in [("0", 65), ("1", 65), ("2", 1), ("3", 1)] as [(String, Int32)] {
      let outcome = try place.start("png2raw", line + ["--max-errors", limit, "-o", "new.raw"]).finish()
      #expect(outcome.ending == .exited(status), "\(limit): \(outcome.messageText)")
      #expect(try place.names.contains("new.raw") == (status == 1))
      #expect(outcome.messageLines.count == (limit == "0" ? 2 : 3))
    }
  }

  @Test func badFilesAloneMakeNoStream() throws {
    let place = try place()
    let outcome = try place.run("png2raw", "2.png", "3.png")
    #expect(outcome.ending == .exited(65))
    #expect(outcome.output == [])
    #expect(outcome.messageLines.last == "png2raw: none of 2 files can be used, and a stream needs a record")
  }

  @Test(arguments: [
    [], ["--shard", "0/2", "a"], ["--shard", "3/2", "a"], ["--shard", "1", "a"], ["--size", "28", "a"],
    ["--size", "0x5", "a"], ["--size", "5x4097", "a"], ["--color", "blue", "a"],
    ["--background", "256", "a"],
    ["--background", "#12345", "a"], ["--background", "#12345g", "a"], ["--max-errors", "-1", "a"],
    ["--on-error", "stop", "a"], ["-", "-"], ["-", "--files-from", "-"], ["-", "--label-from", "-"],
    ["--errors", "-", "a"], ["--recipe", "none", "a"],
  ])
  func invalidOptionsAreUsageErrors(_ arguments: [String]) throws {
    let place = try Workplace()
    let outcome = try place.start("png2raw", arguments).finish()
    #expect(try place.names == [])
    #expect(outcome.ending == .exited(64), "\(outcome.messageText)")
    #expect(ExitStatusTests.fault(in: outcome, of: "png2raw") == nil)
  }
}
