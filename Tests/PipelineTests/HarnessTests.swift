// The harness itself: a test that trusts it must be able to fail.
import Foundation
import Testing

@Suite struct HarnessTests {
  @Test func outputAndMessagesAreKeptApartAndWhole() throws {
    // More than a pipe holds, on both streams at the same time.
    let outcome = try Workplace().shell("head -c 300000 /dev/zero; head -c 200000 /dev/zero >&2; exit 7")
    #expect(outcome.ending == .exited(7))
    #expect(outcome.output.count == 300_000)
    #expect(outcome.messages.count == 200_000)
  }

  @Test func inputIsFedWhileOutputIsDrained() throws {
    let bytes = (0..<400_000).map { UInt8($0 % 251) }
    let outcome = try Workplace().run("/bin/cat", input: .bytes(bytes))
    #expect(outcome.ending == .exited(0))
    #expect(outcome.output == bytes)
  }

  @Test func aChildThatReadsNothingDoesNotBlockOrEndTheTests() throws {
    let zeros = [UInt8](repeating: 0, count: 1 << 20)
    #expect(try Workplace().run("/bin/sh", "-c", "exit 3", input: .bytes(zeros)).ending == .exited(3))
  }

  @Test func childrenHaveTheDefaultSignalActions() throws {
    let outcome = try Workplace().shell("kill -PIPE $$; echo survived")
    #expect(outcome.ending == .killed(signal: SIGPIPE))
    #expect(outcome.output == [])
  }

  @Test func aTerminalIsATerminal() throws {
    let terminal = try Descriptor.terminal()
    let workplace = try Workplace()
    let outcome = try workplace.start(
      "/bin/sh", ["-c", "test -t 1"], output: .descriptor(terminal.theirs.number)
    ).finish()
    #expect(outcome.ending == .exited(0))
    #expect(try workplace.shell("test -t 1").ending == .exited(1))
  }
}
