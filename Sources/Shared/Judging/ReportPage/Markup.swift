// The parts that sections consist of: text that is safe between tags, numbers that programs can read, tables.
import ByteIO
import Evaluation

/// Returns a name for use between tags. Its direction, right to left or left to right, does not affect the text around
/// it.
func isolated(_ name: String) -> String { "<bdi>\(escapedXML(name))</bdi>" }

/// Returns a figure, with all its digits for programs and as `shown` for people.
func data(_ value: Double, _ shown: String) -> String { "<data value=\"\(value)\">\(shown)</data>" }

/// Returns a phrase as a sentence, escaped for HTML.
func sentence(_ phrase: String) -> String {
  escapedXML(phrase.prefix(1).uppercased() + phrase.dropFirst()) + "."
}

/// Returns a note that says why something is missing, or how to read what is shown.
func note(_ text: String) -> String { "<p class=\"note\">\(text)</p>" }

/// A table that scrolls within itself if it is wider than the screen, by keyboard too.
struct Table {
  /// The name of the scrolling region for screen readers, in a few words.
  let label: String
  /// What the table shows, escaped for HTML. Screen readers announce it.
  let caption: String
  let columns: [Column]
  /// The rows, each a whole `<tr>`.
  var rows: [String]
  /// The rows below the others, which are not sorted with them.
  var footRows: [String] = []
  var isSortable = false
  /// Whether the table shows only some of its rows at a time, and scrolls to the others.
  var isLong = false

  struct Column {
    let title: String
    var isNumber = true

    static func text(_ title: String) -> Column { Column(title: title, isNumber: false) }
    static func number(_ title: String) -> Column { Column(title: title) }
  }

  var lines: [String] {
    let heads = columns.map {
      "<th scope=\"col\"\($0.isNumber ? " class=\"number\"" : "")>\($0.title)</th>"
    }
    let foot = footRows.isEmpty ? [] : ["<tfoot>"] + footRows + ["</tfoot>"]
    return [
      scrollingRegion(label, isLong: isLong), "<table\(isSortable ? " data-sortable" : "")>",
      "<caption><span>\(caption)</span></caption>",
      "<thead><tr>" + heads.joined() + "</tr></thead>", "<tbody>",
    ] + rows + ["</tbody>"] + foot + ["</table>", "</div>"]
  }
}

/// Returns the opening tag of a region that scrolls by itself, and that the keyboard reaches.
func scrollingRegion(_ label: String, isLong: Bool = false) -> String {
  "<div class=\"scroll\(isLong ? " long" : "")\" role=\"region\" aria-label=\"\(label)\" tabindex=\"0\">"
}

/// Returns the first cell of a row, which names the row.
func rowHead(_ html: String) -> String { "<th scope=\"row\">\(html)</th>" }

/// Returns a cell with a number: all its digits for sorting, and the text to show.
func cell(_ value: Double, _ shown: String) -> String {
  "<td class=\"number\" data-v=\"\(value)\">\(shown)</td>"
}

func cell(_ count: Int) -> String { "<td class=\"number\" data-v=\"\(count)\">\(grouped(count))</td>" }

/// A cell whose number is unknown. It is sorted after all known numbers.
let emptyCell = "<td class=\"number\"><span class=\"none\">none</span></td>"

func row(_ cells: [String]) -> String { "<tr>" + cells.joined() + "</tr>" }

/// Returns lines that stay folded until the reader opens them.
func details(_ summary: String, _ lines: [String]) -> [String] {
  ["<details>", "<summary>\(summary)</summary>"] + lines + ["</details>"]
}
