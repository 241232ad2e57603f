// The section of the most confident mistakes: images if their stream was given, else a table.
import ByteIO
import Charts
import Evaluation
import ImageFiles
import TensorStream

extension ReportPage {
  func mistakesSection() throws -> PageSection? {
    let title = "Most confident mistakes"
    if origin == .mergedReports {
      let reason = "Merged reports do not describe single records, so their mistakes cannot be shown."
      return PageSection(id: "mistakes", title: title, body: [note(reason)])
    }
    guard let mistakes else { return nil }
    let total = figures.records - figures.correct - figures.abstained
    guard total > 0 else {
      return PageSection(id: "mistakes", title: title, body: [note("No record was taken for another class.")])
    }
    let isRanked = mistakes.records.contains { $0.probability != nil }
    let shown = mistakes.records.count
    let words =
      shown < total
      ? "\(grouped(shown)) of \(counted(total, "mistake")), \(isRanked ? "the most probable first" : "in the order of the predictions")."
      : "All \(counted(total, "mistake"))" + (isRanked ? ", the most probable first." : ".")
    let body =
      try mistakes.images.map { try gallery(mistakes.records, $0) }
      ?? table(mistakes.records)
      + imageAdvice
    return PageSection(id: "mistakes", title: title, body: ["<p>\(words)</p>"] + body)
  }

  /// A note that names the option for pictures; empty without advice.
  private var imageAdvice: [String] {
    guard let advice else { return [] }
    return [
      note(
        "<code>\(escapedXML(advice.images))</code>, with the stream that was predicted, shows them as pictures."
      )
    ]
  }

  // MARK: Images

  private func gallery(_ records: [WrongRecord], _ selection: ImageSelection) throws -> [String] {
    let shape = selection.shape
    let scale = max(1, Int((Self.imageWidth / Double(max(1, shape.width))).rounded()))
    let size = "width=\"\(shape.width * scale)\" height=\"\(shape.height * scale)\""
    let items = try zip(records, selection.images).map { record, image in
      let url = dataURL(try encodedPNG(image.pixels, shape: shape))
      return
        "<li><figure><img class=\"pixels\" src=\"\(url)\" \(size) alt=\"\(escapedXML("Picture of \(label(record))"))\">"
        + "<figcaption><span><small>true</small> \(shortName(record.truth))</span>"
        + "<span class=\"wrong\"><small>taken for</small> \(shortName(record.predicted))</span>"
        + (record.probability.map { "<span class=\"place\">\(percent(Double($0), 1)) %</span>" } ?? "")
        + "<span class=\"place\">\(escapedXML(label(record)))</span></figcaption></figure></li>"
    }
    return ["<ol class=\"gallery\" role=\"list\">"] + items + ["</ol>"]
  }

  /// The width of an image in CSS pixels. Two images side by side on a small phone leave room for their captions;
  /// three would not.
  private static let imageWidth = 112.0

  private func label(_ record: WrongRecord) -> String {
    record.name.isEmpty
      ? "record \(record.number)"
      : shortened(String(decoding: record.name, as: UTF8.self), to: Self.nameWidth)
  }

  // MARK: The table

  private func table(_ records: [WrongRecord]) -> [String] {
    let hasProbability = records.contains { $0.probability != nil }
    let rows = records.map { record in
      let truth = "<td>\(shortName(record.truth))</td>"
      let predicted = "<td>\(shortName(record.predicted))</td>"
      let probability =
        record.probability.map { cell(Double($0), percent(Double($0), 1) + " %") } ?? emptyCell
      return row(
        [rowHead(isolated(label(record))), truth, predicted] + (hasProbability ? [probability] : []))
    }
    return Table(
      label: "Table of mistakes", caption: "Records that were taken for another class.",
      columns: [.text("Record"), .text("True class"), .text("Taken for")]
        + (hasProbability ? [.number("Probability")] : []),
      rows: rows, isSortable: true, isLong: rows.count > 40
    ).lines
  }
}

/// Returns a URL that contains a PNG file.
func dataURL(_ png: [UInt8]) -> String { "data:image/png;base64," + base64(png) }

/// Returns the Base64 encoding of bytes (RFC 4648, section 4).
///
/// - Complexity: O(n) for n bytes
func base64(_ bytes: [UInt8]) -> String {
  let digits = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
  var text: [UInt8] = []
  text.reserveCapacity((bytes.count + 2) / 3 * 4)
  for start in stride(from: 0, to: bytes.count, by: 3) {
    let group = bytes[start..<min(start + 3, bytes.count)]
    let bits = group.reduce(0) { $0 << 8 | Int($1) } << (8 * (3 - group.count))
    for place in 0..<4 {
      text.append(place <= group.count ? digits[bits >> (18 - 6 * place) & 63] : UInt8(ascii: "="))
    }
  }
  return String(decoding: text, as: UTF8.self)
}
