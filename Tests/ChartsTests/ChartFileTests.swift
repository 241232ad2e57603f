import ByteIO
import Testing

@testable import Charts

@Suite struct ChartFileTests {
  @Test func surfacesAreNumberedInOrderOfAppearance() {
    let cairo = """
      <?xml version="1.0"?>
      <svg width="1px">
      <image id="image31"/><g id="surface28" x="#image31"><use href="#surface7"/><g id="surface7"/></g>
      </svg>
      """
    let expected = """
      <?xml version="1.0"?>
      <svg width="1px" role="img">
      <title>a &lt; b &amp; &quot;c&quot; ]]&gt;</title>
      <image id="image0"/><g id="surface1" x="#image0"><use href="#surface2"/><g id="surface2"/></g>
      </svg>
      """
    let found = finishedSVG(Array(cairo.utf8), title: "a < b & \"c\" ]]>")
    #expect(String(decoding: found, as: UTF8.self) == expected)
  }

  @Test func charactersThatXMLForbidsAreEscaped() {
    #expect(escapedXML("a\u{0}b\u{1B}c\td\u{FFFE}") == #"a\x00b\x1bc\td\xef\xbf\xbe"#)
  }

  @Test(arguments: [
    ("a.svg", ChartFormat.svg), ("a/b.PNG", .png), ("x.svg.png", .png), ("svg", nil), (".svg", nil),
    ("a.jpg", nil),
    ("a.svg/b", nil), ("", nil), ("-", nil),
  ])
  func theEndingOfTheNameDecidesTheFormat(_ name: String, _ format: ChartFormat?) {
    #expect(ChartFormat(fileName: FilePath(name)) == format)
  }
}
