import ByteIO
import Foundation
import Testing

@testable import CommandLine

@Suite struct OptionTests {
  @Test func jobsAreAsManyAsRequestedOrAtLeastOne() throws {
    #expect(try JobsOption.parse(["-j3"]).count == 3)
    #expect(try JobsOption.parse(["-j", "4"]).count == 4)
    #expect(try JobsOption.parse(["--jobs=1024"]).count == 1024)
    #expect(1...1024 ~= (try JobsOption.parse([]).count))
  }

  @Test func progressOptionsDecideWhetherItIsShown() throws {
    func isShown(_ arguments: String...) throws -> Bool {
      try ReportingOptions.parse(arguments).showsProgress(besideItsOutput: true)
    }
    #expect(try isShown("--progress", "always"))
    #expect(try !isShown("--progress", "never"))
    #expect(try !isShown())
    #expect(try !isShown("--progress", "always", "-q"))
  }

  @Test func binaryDataIsRefusedOnATerminalUnlessForced() throws {
    let pseudoTerminal = try PseudoTerminal()
    let path = pseudoTerminal.path
    let input = try InputFile(path: path)
    let output = try OutputFile(path: path)
    let expected = TerminalError.input(name: path, expected: "a tensor stream", instead: "a | b")
    #expect(throws: expected) {
      try ForceOption.parse([]).check(input, expected: "a tensor stream", instead: "a | b")
    }
    #expect(throws: TerminalError.output(name: path, instead: "a > b")) {
      try ForceOption.parse([]).check(output, instead: "a > b")
    }
    #expect(expected.kind == .usage)
    #expect(
      expected.description
        == "\(path): expected a tensor stream, found a terminal; type, for example, 'a | b', or use --force")
    let force = try ForceOption.parse(["-f"])
    try force.check(input, expected: "a tensor stream", instead: "a | b")
    try force.check(output, instead: "a > b")
  }

  @Test func binaryDataMayPassThroughFiles() throws {
    let input = try InputFile(path: "/dev/null")
    try ForceOption.parse([]).check(input, expected: "anything", instead: "")
    try ForceOption.parse([]).check(try OutputFile(path: "/dev/null"), instead: "")
  }

  @Test func aTerminalIsDistinguishedFromAnother() throws {
    let (one, other) = (try PseudoTerminal(), try PseudoTerminal())
    let output = try OutputFile(path: one.path)
    #expect(output.isTerminal(of: one.terminal))
    #expect(!output.isTerminal(of: other.terminal))
    #expect(try !OutputFile(path: "/dev/null").isTerminal(of: one.terminal))
  }

  @Test func aTerminalHasAWidthAndAFileHasNone() throws {
    let pseudoTerminal = try PseudoTerminal()
    var size = winsize()
    size.ws_col = 97
    #expect(ioctl(pseudoTerminal.terminal, UInt(TIOCSWINSZ), &size) == 0)
    #expect(Terminal.width(of: pseudoTerminal.terminal) == 97)
    let null = open("/dev/null", O_RDWR)
    defer { close(null) }
    #expect(Terminal.width(of: null) == nil)
    #expect(!Terminal.takesColor(null))
  }
}

/// Both ends of a pseudo-terminal, closed with the last reference.
private final class PseudoTerminal {
  let controller: Int32
  let terminal: Int32
  /// The path of the end that programs see.
  var path: String { "/dev/fd/\(terminal)" }

  init() throws {
    var ends: (Int32, Int32) = (-1, -1)
    try #require(openpty(&ends.0, &ends.1, nil, nil, nil) == 0)
    (controller, terminal) = ends
  }

  deinit {
    close(terminal)
    close(controller)
  }
}
