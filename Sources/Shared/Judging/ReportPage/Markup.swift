// The pieces that sections are made of: text that is safe between tags, numbers that programs can read, tables.
import ByteIO
import Evaluation

/// A name between tags. Its own direction, right to left or left to right, changes nothing around it.
func isolated(_ name: String) -> String { "<bdi>\(xml(name))</bdi>" }

/// A figure with all its digits for programs, and as people read it.
func data(_ value: Double, _ shown: String) -> String { "<data value=\"\(value)\">\(shown)</data>" }

/// A note below a heading: why something is not there, or how to read what is.
func note(_ text: String) -> String { "<p class=\"note\">\(text)</p>" }

/// A table that scrolls by itself where it is wider than the screen, by the keyboard too.
struct Table {
  /// What the part of the page that scrolls is called, in a word or two.
  let label: String
  /// Ready for HTML; what it shows, for those too who cannot see it.
  let caption: String
  let columns: [Column]
  /// Each a whole `<tr>`.
  var rows: [String]
  /// Rows below the others that are not sorted with them.
  var footRows: [String] = []
  var isSortable = false
  /// Whether it shows a part of its rows at once.
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

/// The beginning of a part of the page that scrolls by itself, and that the keyboard reaches.
func scrollingRegion(_ label: String, isLong: Bool = false) -> String {
  "<div class=\"scroll\(isLong ? " long" : "")\" role=\"region\" aria-label=\"\(label)\" tabindex=\"0\">"
}

/// The first cell of a row, which tells what the row is of.
func rowHead(_ html: String) -> String { "<th scope=\"row\">\(html)</th>" }

/// A cell with a number: all of its digits to sort by, and what is shown.
func cell(_ value: Double, _ shown: String) -> String {
  "<td class=\"number\" data-v=\"\(value)\">\(shown)</td>"
}

func cell(_ count: Int) -> String { "<td class=\"number\" data-v=\"\(count)\">\(grouped(count))</td>" }

/// A cell whose number is not known; it is sorted after all that are.
let emptyCell = "<td class=\"number\"><span class=\"none\">none</span></td>"

func row(_ cells: [String]) -> String { "<tr>" + cells.joined() + "</tr>" }

/// What is there for those who want it, folded.
func details(_ summary: String, _ lines: [String]) -> [String] {
  ["<details>", "<summary>\(summary)</summary>"] + lines + ["</details>"]
}
