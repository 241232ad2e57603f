// Binary data stays out of terminals, and progress stays out of everything else unless it is requested.
import Foundation
import Testing

@Suite struct TerminalTests {
  @Test(
    arguments: [
      ["idx2raw", "images", "labels"], ["fm-split", "--emit", "train", "data.raw"],
      ["png2raw", "--size", "4x4", "boot.png"],
      ["fm-predict", "--model", "model", "--format", "raw", "data.raw"],
      ["fm-export", "model", "--to", "pth"], ["fm-export", "model", "--to", "onnx"],
      ["fm-export", "model", "--to", "safetensors"],
    ])
  func binaryDataIsNotWrittenToATerminal(_ line: [String]) throws {
    let place = try ExitStatusTests.smallFiles()
    let terminal = try Descriptor.terminal()
    let outcome = try place.start(
      line[0], Array(line.dropFirst()), output: .descriptor(terminal.theirs.number)
    ).finish()
    #expect(outcome.ending == .exited(64))
    #expect(ExitStatusTests.fault(in: outcome, of: line[0]) == nil)
    for hint in ["terminal", "--force", line[0] + " "] { #expect(outcome.messageText.contains(hint)) }

    let forced = try place.start(
      line[0], line.dropFirst() + ["--force"], output: .descriptor(terminal.theirs.number)
    ).finish()
    #expect(forced.ending == .exited(0), "\(forced.messageText)")
  }

  @Test(
    arguments: [
      ["idx2raw", "-"], ["fm-split", "--emit", "train"], ["png2raw", "-"], ["png2raw", "--files-from", "-"],
      trainLine + ["--output", "new"], ["fm-predict", "--model", "model"], ["fm-info"], ["fm-audit"],
      ["raw2png", "--sheet", "new.png"], ["fm-plot", "confusion", "-", "--output", "new.svg"],
      ["fm-export", "-", "--output", "new.onnx"],
    ])
  func binaryDataIsNotReadFromATerminal(_ line: [String]) throws {
    let place = try ExitStatusTests.smallFiles()
    let before = try place.names
    let terminal = try Descriptor.terminal()
    let outcome = try place.start(
      line[0], Array(line.dropFirst()), input: .descriptor(terminal.theirs.number)
    ).finish()
    #expect(outcome.ending == .exited(64))
    #expect(ExitStatusTests.fault(in: outcome, of: line[0]) == nil)
    #expect(outcome.messageText.contains("terminal"), "\(outcome.messageText)")
    #expect(try place.names == before)
  }

  @Test func progressOutsideATerminalIsShownOnlyOnRequest() throws {
    let place = try Workplace()
    try place.write(SmallStream(SmallImages(count: 2000, classCount: 2)).bytes, to: "data.raw")
    let line = [
      "--arch", "linear:2", "--epochs", "2", "--validation", "0.2", "--output", "model", "data.raw",
    ]
    let silent = try place.start("fm-train", line).finish()
    #expect(silent.ending == .exited(0))
    #expect(!silent.messageText.contains("["))
    let shown = try place.start("fm-train", line + ["--progress", "always"]).finish()
    #expect(shown.messageText.contains("["), "\(shown.messageText)")
    #expect(!shown.messages.contains(0x1b))
    let quiet = try place.start("fm-train", line + ["--progress", "always", "--quiet"]).finish()
    #expect(quiet.messageText == "")
  }
}
