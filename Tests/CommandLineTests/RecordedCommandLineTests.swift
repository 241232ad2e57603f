import Foundation
import Testing

@testable import CommandLine

@Suite struct RecordedCommandLineTests {
  @Test(
    arguments: [
      ([], "fm-sample"),
      (
        ["-", "--share", "0.2", "-m", "a/b-c_d.x,y=1:2@3+4%"],
        "fm-sample - --share 0.2 -m a/b-c_d.x,y=1:2@3+4%"
      ),
      (["my file", ""], "fm-sample 'my file' ''"),
      (
        ["it's", "$HOME", "*", "~", "a\nb", "Käse"],
        #"fm-sample 'it'\''s' '$HOME' '*' '~' 'a"# + "\nb' 'Käse'"
      ),
      (["-q", "--quiet", "-f", "--force", "-fq", "x"], "fm-sample x"),
      (["-j", "2", "a", "--jobs", "3", "b", "-j4", "c", "--jobs=5"], "fm-sample a b c"),
      (["--progress", "always", "a", "--progress=never"], "fm-sample a"),
      (["a", "--", "-q", "--jobs", "3"], "fm-sample a -- -q --jobs 3"),
      (["-jpeg", "-j"], "fm-sample -jpeg"),
    ] as [([String], String)])
  func aCommandLineIsRecordedWithoutOptionsThatCannotChangeTheData(arguments: [String], recorded: String) {
    #expect(SampleTool.recordedCommandLine(of: arguments) == recorded)
  }

  /// A command with conduct options of its own: where to write, and whether to resume.
  private struct Writer: Tool {
    static let configuration = CommandConfiguration(commandName: "fm-writer")
    static var conductOptions: [String: Bool] { ["-o": true, "--output": true, "--resume": false] }
    func run() {}
  }

  @Test(
    arguments: [
      (["--output", "m", "x"], "fm-writer x"), (["--output=m", "x"], "fm-writer x"),
      (["-o", "m", "x"], "fm-writer x"), (["-om", "x"], "fm-writer x"), (["x", "--output"], "fm-writer x"),
      (["--resume", "x"], "fm-writer x"), (["--resume=x"], "fm-writer --resume=x"),
      (["--outputs", "m", "o"], "fm-writer --outputs m o"), (["--", "-o", "m"], "fm-writer -- -o m"),
    ] as [([String], String)])
  func aCommandsOwnConductOptionsAreLeftOut(arguments: [String], recorded: String) {
    #expect(Writer.recordedCommandLine(of: arguments) == recorded)
  }

  @Test func aShellReadsBackEveryQuotedArgument() throws {
    let arguments = [
      "plain", "", " ", "it's", "''", "\"double\"", "$(false)", "`false`", "a\\b", "tab\there", "line\nend",
      "!x",
      "#x", "~", "*", "{a,b}", "-", "=x", "Käse 靴",
    ]
    let shell = Process()
    shell.executableURL = URL(fileURLWithPath: "/bin/sh")
    shell.arguments = ["-c", "printf '%s\\0' " + arguments.map(shellQuoted).joined(separator: " ")]
    let pipe = Pipe()
    shell.standardOutput = pipe
    try shell.run()
    let output = try pipe.fileHandleForReading.readToEnd() ?? Data()
    shell.waitUntilExit()
    #expect(output == Data(arguments.map { $0 + "\0" }.joined().utf8))
  }
}
