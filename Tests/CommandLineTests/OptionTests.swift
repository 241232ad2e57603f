import ByteIO
import Foundation
import Testing

@testable import CommandLine

@Suite struct OptionTests {
  @Test(
    arguments: [
      ("0", .number(0)), ("12000", .number(12000)), ("007", .number(7)), ("0.2", .fraction(0.2)),
      (".5", .fraction(0.5)), ("0.0", .fraction(0)), ("0.999999", .fraction(0.999999)),
    ] as [(String, NumberOrFraction)])
  func aShareIsANumberOrAFraction(argument: String, share: NumberOrFraction) {
    #expect(NumberOrFraction(argument: argument) == share)
  }

  @Test(arguments: [
    "", ".", "1.0", "1.5", "-1", "-0.1", "+1", "1e3", "0x10", "nan", "inf", "0.1.2", " 1", "1 ", "20%", "0,2",
    "99999999999999999999", "１",
  ])
  func anInvalidShareIsRefused(argument: String) {
    #expect(NumberOrFraction(argument: argument) == nil)
  }

  @Test func aPartHasANumberAndACount() throws {
    let part = try NumberedPart.spelled("3/5")
    #expect(part.number == 3 && part.count == 5)
    #expect(NumberedPart(argument: "1/1") != nil)
  }

  @Test(arguments: ["", "/", "3", "3/", "/5", "0/5", "6/5", "-1/5", "+1/5", "1/2/3", "1 / 2", "a/b", "１/２"])
  func anInvalidPartIsRefusedWithAnExample(text: String) {
    #expect {
      try NumberedPart.spelled(text)
    } throws: {
      "\($0)" == "expected a part and the number of parts, such as 3/5"
    }
  }

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
        == "\(path): expected a tensor stream, found a terminal; type for example 'a | b', or use --force")
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
