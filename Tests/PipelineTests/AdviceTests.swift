// A message may only tell the user to type what exists: every option that a message names is looked up in the help.
import Foundation
import Testing

@Suite struct AdviceTests {
  private static func options(of command: String, in place: Workplace) throws -> Set<String> {
    let help = try place.run(command, "--help").text
    return Set(help.matches(of: /--[a-z][a-z-]+/).map { String($0.output) }).union([
      "--help", "--version", "--generate-completion-script",
    ])
  }

  /// The options that the string literals in a line of source name, and the commands that the line names.
  private static func advice(in line: Substring) -> (options: [String], commands: [String]) {
    let code = line.drop { $0 == " " }
    guard !code.hasPrefix("//"), code.contains("\"") else { return ([], []) }
    let texts = code.split(separator: "\"", omittingEmptySubsequences: false).enumerated()
      .filter { !$0.offset.isMultiple(of: 2) }.map(\.element).joined(separator: " ")
    return (
      texts.matches(of: /--[a-z][a-z-]+/).map { String($0.output) }, commands.filter { code.contains($0) }
    )
  }

  @Test func everyOptionInAMessageExists() throws {
    let place = try Workplace()
    var known: [String: Set<String>] = [:]
    for command in commands { known[command] = try Self.options(of: command, in: place) }
    // This command is fm-train under mpirun, built only if MPI is installed.
    known["fm-train-mpi"] = known["fm-train"]!.union(["--hostfile"])
    let all = known.values.reduce(into: Set<String>()) { $0.formUnion($1) }
    let sources = URL(fileURLWithPath: Workplace.package).appendingPathComponent("Sources")
    let files = try #require(FileManager.default.enumerator(at: sources, includingPropertiesForKeys: nil))
    var count = 0
    for case let file as URL in files where file.pathExtension == "swift" {
      let folder = file.deletingLastPathComponent().lastPathComponent
      for line in try String(contentsOf: file, encoding: .utf8).split(separator: "\n") {
        let (options, others) = Self.advice(in: line)
        count += options.count
        // A command may mention another command's options if it names that command; a library serves several commands.
        let own = known[folder].map { others.reduce($0) { $0.union(known[$1] ?? []) } } ?? all
        for option in options {
          #expect(own.contains(option), "\(file.lastPathComponent): \(line)")
        }
      }
    }
    #expect(count > 100)
  }

  @Test(
    arguments: [
      ("fm-train", "--time-limit", "5x", "1h30m"), ("fm-train", "--checkpoint-every", "soon", "1h30m"),
      ("fm-train", "--lookahead", "1", "2 or more steps"),
      ("fm-train", "--weight-average", "ema:1", "last:N"),
      ("fm-train", "--mean", "0.5,x", "one for each channel"),
      ("fm-train", "--std", "", "one for each channel"),
      ("fm-train", "--validation", "1.5", "a fraction below 1"),
      ("fm-split", "--test", "1.5", "a fraction below 1"),
      ("fm-split", "--fold", "6/5", "such as 3/5"), ("png2raw", "--shard", "0/3", "such as 3/5"),
      ("png2raw", "--size", "28", "such as 28x28"), ("fm-export", "--size", "28", "such as 28x28"),
      ("png2raw", "--background", "blue", "#rrggbb"),
    ])
  func anInvalidValueIsRefusedWithTheExpectedForm(
    command: String, option: String, value: String, expected: String
  ) throws {
    let outcome = try Workplace().run(command, option, value)
    #expect(outcome.ending == .exited(64))
    #expect(
      outcome.messageText.contains("the value '\(value)' is invalid for '\(option) <"),
      "\(outcome.messageText)")
    #expect(outcome.messageText.contains(": expected "), "\(outcome.messageText)")
    #expect(outcome.messageText.contains(expected), "\(outcome.messageText)")
    #expect(outcome.messageText.split(separator: "\n").count == 1)
  }
}
