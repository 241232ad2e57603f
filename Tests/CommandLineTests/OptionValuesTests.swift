// The values of options, which tell whether earlier work was done with the same options.
import Testing

@testable import CommandLine

@Suite struct OptionValuesTests {
  private struct Reader: Tool {
    @OptionGroup var reporting: ReportingOptions
    @Option var top = 1
    @Option var title: String?
    @Flag var wide = false
    @Option var table: InputPath?
    @Argument var inputs: [InputPath] = []
  }

  private func values(_ arguments: String...) throws -> [String] {
    try Reader.parse(arguments).optionValues(except: ["reporting", "inputs"])
  }

  @Test func everyOptionHasALine() throws {
    #expect(try values() == ["top=1", "title=nil", "wide=false", "table=nil"])
    #expect(
      try values("--wide", "--top=3", "--title", "two\nlines")
        == ["top=3", #"title=Optional("two\\nlines")"#, "wide=true", "table=nil"])
  }

  /// The contents of files are compared elsewhere.
  @Test func filesAndExcludedOptionsHaveNoLine() throws {
    #expect(try values("--table", "a", "b", "c", "--quiet") == ["top=1", "title=nil", "wide=false"])
  }
}
