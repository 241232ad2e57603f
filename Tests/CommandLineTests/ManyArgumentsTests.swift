import Testing

@testable import CommandLine

@Suite struct ManyArgumentsTests {
  private static let names = (0..<1000).map { "p\($0).png" }

  @Test func aFewArgumentsStayAsTheyAre() {
    let line = ["--paths", "a", "-", "b", "--", "-c"]
    #expect(ManyArguments(line).arguments == line)
  }

  @Test(
    arguments: [
      (["--paths"], [], 1000), (["-m"], ["--paths"], 999), (["a", "-m", "m", "--paths"], ["-q", "b"], 1000),
      (["--paths", "--"], [], 1000), (["--"], ["-q"], 1001), ([], [], 1000),
    ] as [([String], [String], Int)])
  func manyArgumentsAreRestoredInOrder(before: [String], after: [String], count: Int) {
    let many = ManyArguments(before + Self.names + after)
    #expect(many.arguments.count < 20)
    #expect(many.arguments.prefix(before.count) == before[...])
    // As the parser does, take everything but options and their values as names.
    let value = before.last == "-m" ? Self.names[0] : nil
    let positionals = many.arguments.filter { !$0.hasPrefix("-") && $0 != value && $0 != "m" }
    let restored = many.restored(positionals.map(InputPath.init(argument:)))
    let typed = (before + Self.names + after).filter { !$0.hasPrefix("-") && $0 != value && $0 != "m" }
    #expect(restored == typed.map(InputPath.init(argument:)))
  }
}
