// The checks of all files that a command line names. PipelineTests tests the commands themselves, as processes.
import ByteIO
import Foundation
import Testing

import ClassOptions
@testable import CommandLine

/// A command with every kind of file, in groups and alone.
private struct Filer: Tool {
  static let configuration = CommandConfiguration.tool(
    "fm-filer", abstract: "Name files.", usage: "[<options>] <stream> ...", discussion: "It does nothing.",
    examples: ["fm-filer"])

  struct Group: ParsableArguments {
    @Option var heldOut: OutputPath?
    @Option var svg: OutputPath?
    @Option var filesFrom: InputPath?
    @Option var files0From: InputPath?
  }

  @Argument(help: ArgumentHelp("What to name.", valueName: "stream")) var streams: [InputPath] = []
  @Option(name: .longAndLetter("o")) var output: OutputPath = "-"
  @Option var model: InputPath?
  @Option var classes: ClassesArgument?
  @Option var directory: OutputFolder?
  @Option var other = "other"
  @OptionGroup var group: Group
  @OptionGroup var jobs: JobsOption

  var impliedFiles: [NamedFile] { streams.isEmpty ? [NamedFile("<stream>", .input, "-")] : [] }

  func mayReplace(_ input: NamedFile, by output: NamedFile) -> Bool {
    input.name == "--model" && output.name == "--output"
  }
}

@Suite struct FileCheckTests {
  let folder: URL

  init() throws {
    folder = FileManager.default.temporaryDirectory.appendingPathComponent("fm-tools-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    for name in ["in", "pictures/a.png"] {
      let file = folder.appendingPathComponent(name)
      try FileManager.default.createDirectory(
        at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
      try Data("x".utf8).write(to: file)
    }
    try FileManager.default.createSymbolicLink(
      atPath: folder.path + "/link", withDestinationPath: "new")
    try FileManager.default.linkItem(atPath: folder.path + "/in", toPath: folder.path + "/hard")
  }

  /// The outcome of the arguments, in which `D/` stands for the folder.
  private func outcome(_ arguments: [String]) -> Outcome {
    Filer.outcome(of: arguments.map { $0.replacingOccurrences(of: "D/", with: folder.path + "/") })
  }

  @Test func aRepeatedInputIsFoundUnderAnotherPathAndMissingFilesDiffer() {
    let (file, hard) = (FilePath(folder.path + "/in"), FilePath(folder.path + "/hard"))
    let (other, missing) = (FilePath(folder.path + "/pictures/a.png"), FilePath(folder.path + "/missing"))
    #expect([file, other, hard].firstRepeatedInput == hard)
    #expect([file, file].firstRepeatedInput == file)
    #expect([file, other, missing, missing].firstRepeatedInput == nil)
    #expect([FilePath]().firstRepeatedInput == nil)
  }

  @Test func filesAreFoundByTheirTypesWhereverTheyAreDeclared() throws {
    let name = argumentText([0x6B, 0xFF])
    let command = try Filer.parse(
      [
        "a", "-", "-o\(name)", "--model=\(name)", "--classes", "mnist", "--held-out", "h", "--files0-from",
        "l",
      ])
    #expect(
      namedFiles(of: command) == [
        NamedFile("<streams>", .input, "a"), NamedFile("<streams>", .input, "-"),
        NamedFile("--output", .output, FilePath(bytes: [0x6B, 0xFF])),
        NamedFile("--model", .input, FilePath(bytes: [0x6B, 0xFF])), NamedFile("--held-out", .output, "h"),
        NamedFile("--files0-from", .input, "l"),
      ])
    let others = try Filer.parse(["--classes", "names.txt", "--directory", "d"])
    #expect(
      namedFiles(of: others) == [
        NamedFile("--output", .output, "-"), NamedFile("--classes", .input, "names.txt"),
        NamedFile("--directory", .outputFolder, "d"),
      ])
  }

  @Test(arguments: [
    // Two outputs to one file: under one name, with another spelling, through links of both kinds and descriptors.
    (["-o", "D/new", "--svg", "D/new"], "--output and --svg name the same file"),
    (["-o", "D/new", "--svg", "D/./pictures/../new"], "--output and --svg name the same file"),
    (["-o", "D/link", "--held-out", "D/new"], "--output and --held-out name the same file"),
    (["D/a", "-o", "D/in", "--svg", "D/hard"], "--output and --svg name the same file"),
    (["D/a", "--svg", "/dev/stdout"], "--output and --svg name the same file"),
    (["D/a", "--svg", "/dev/fd/1"], "--output and --svg name the same file"),
    // Standard input twice.
    (["-", "-"], "<stream>: standard input can be read once only"),
    (["-", "--model", "/dev/stdin"], "<stream> and --model: standard input can be read once only"),
    (["--model", "-"], "--model and <stream>: standard input can be read once only"),
    (["--classes", "-", "--files-from", "/dev/fd/0", "x"], "--classes and --files-from: standard input"),
    // An output that is read.
    (["D/in", "-o", "D/in"], "is also read by <stream>, and would be lost"),
    (["D/in", "--svg", "D/hard"], "is also read by <stream>, and would be lost"),
    (["x", "--classes", "D/in", "--held-out", "D/hard"], "is also read by --classes, and would be lost"),
    (["x", "--model", "D/in", "--held-out", "D/in"], "is also read by --model, and would be lost"),
    (["D/pictures", "-o", "D/pictures/a.png"], "is also read by <stream>, and would be lost"),
  ])
  func conflictingFilesAreRefused(_ arguments: [String], _ message: String) throws {
    let outcome = outcome(arguments)
    #expect(outcome.status == .usage)
    #expect(outcome.message?.contains(message) == true, "\(outcome.message ?? "")")
    #expect(outcome.message?.contains("\n") == false)
  }

  @Test(arguments: [
    [], ["D/in", "-o", "D/new"], ["x", "--model", "D/in", "-o", "D/in"], ["D/in", "D/in", "D/hard"],
    ["-o", "/dev/null", "--svg", "/dev/null"], ["/dev/null", "-o", "/dev/null"],
    ["x", "--classes", "mnist", "-o", "D/x"],
    ["D/pictures", "-o", "D/pictures/new.png"], ["D/pictures", "-o", "D/in"], ["--directory", "D/d"],
  ])
  func filesWithoutConflictsAreAccepted(_ arguments: [String]) {
    let outcome = outcome(arguments)
    // The command itself does nothing but print its help.
    #expect(outcome.status == .success, "\(outcome.message ?? "")")
  }

  @Test(arguments: [
    ["-o", "D/in/x"], ["-o", "D/no/x"], ["--svg", "D/pictures"],
    ["--held-out", "D/" + String(repeating: "n", count: 256)],
    ["--directory", "D/in"], ["--directory", "D/no/x"],
  ])
  func impossibleOutputsAreRefusedFirst(_ arguments: [String]) {
    #expect(outcome(arguments).status == .cannotCreate)
  }
}
