// The summary of a stream as text and JSON, with the balance of its classes.

import ByteIO
import JSON
import TensorStream

extension StreamSummary: FileReport {
  func text(adding advice: InspectionAdvice) -> String {
    var report = InspectionText(title: file)
    report.field(
      "kind", format.imageShape == nil ? "tensor stream of predictions" : "tensor stream of images")
    report.field("records", grouped(recordCount))
    report.field("fields", fields)
    report.field("size", size)
    if let pixels, let mean = pixels.mean, let deviation = pixels.deviation {
      report.field(
        "pixels",
        "\(pixels.minimum) to \(pixels.maximum), mean \(fixed(mean, decimals: 2)), deviation \(fixed(deviation, decimals: 2))"
      )
    }
    if let classes { report.field("classes", "\(classes.count)") }
    if let text = balance?.text { report.field("balance", withRemedy(text, remedy(advice))) }
    if let recipe { report.field("recipe", recipe.text) }
    report.field("integrity", integrity(advice))
    if !labelCounts.isEmpty { histogram(labelCounts, "true class", &report) }
    if !predictedCounts.isEmpty { histogram(predictedCounts, "predicted class", &report) }
    if labelCounts.isEmpty, predictedCounts.isEmpty, let classes {
      report.section("class names")
      report.paragraph(classes.map { displayed($0) }.joined(separator: ", "))
    }
    report.history(history)
    return report.text
  }

  /// The sizes of the true classes; `nil` if there are no labels.
  private var balance: ClassBalance? {
    labelCounts.isEmpty ? nil : ClassBalance(labelCounts, classCount: classes?.count ?? 0)
  }

  /// How to train on unequal classes; `nil` if they are not very unequal.
  private func remedy(_ advice: InspectionAdvice) -> String? {
    format.imageShape != nil && balance?.isRemarkable == true ? advice.unequalClasses : nil
  }

  private var fields: String {
    var fields: [String] = []
    if let shape = format.imageShape { fields.append("image \(shape.reportText)") }
    if format.hasLabels { fields.append("label") }
    if format.hasNames { fields.append("name") }
    if let count = format.classCount {
      fields += [
        "predicted", "\(format.isLogarithmic ? "log-probability" : "probability") of \(count) classes",
      ]
    }
    return fields.joined(separator: ", ")
  }

  private var size: String {
    let chunks = counted(chunkCount, "chunk")
    let joined = segmentCount > 1 ? " of \(grouped(segmentCount)) joined streams" : ""
    return "\(megabytes(byteCount)) in \(chunks)\(joined)"
  }

  private func integrity(_ advice: InspectionAdvice) -> String {
    problem.map { "DAMAGED: \(advice.words($0))" } ?? "complete: end, record count and CRC-32 agree"
  }

  /// Adds a row for each class, with its share and a bar relative to the largest class.
  private func histogram(_ counts: [Int], _ title: String, _ report: inout InspectionText) {
    report.section(nil)
    let total = counts.reduce(0, +)
    let largest = max(1, counts.max() ?? 1)
    var table = TextTable(columns: [
      ("", .trailing), (title, .leading), ("records", .trailing), ("share", .trailing),
    ])
    table.bars = []
    for label in 0..<max(counts.count, classes?.count ?? 0) {
      let count = label < counts.count ? counts[label] : 0
      let name = classes.flatMap { label < $0.count ? shortened(displayed($0[label]), to: 32) : nil } ?? ""
      table.rows.append([
        "\(label)", name, grouped(count),
        "\(fixed(100 * Double(count) / Double(max(1, total)), decimals: 1)) %",
      ])
      table.bars?.append(Double(count) / Double(largest))
    }
    report.table(table)
  }

  /// The summary as JSON. `imbalance` is the number of records of the largest class, divided by that of the smallest
  /// class with any.
  func json(adding advice: InspectionAdvice) -> JSONValue {
    var members: [JSONValue.Member] = [
      JSONValue.Member("file", .string(file)),
      JSONValue.Member("kind", .string("tensor-stream")),
      JSONValue.Member("content", .string(format.imageShape == nil ? "predictions" : "images")),
      JSONValue.Member("records", .integer(recordCount)),
      JSONValue.Member("bytes", .integer(byteCount)),
      JSONValue.Member("chunks", .integer(chunkCount)),
      JSONValue.Member("segments", .integer(segmentCount)),
      JSONValue.Member("labels", .boolean(format.hasLabels)),
      JSONValue.Member("names", .boolean(format.hasNames)),
      JSONValue.Member("classes", strings(classes)),
      JSONValue.Member("history", strings(history)),
      JSONValue.Member("complete", .boolean(problem == nil)),
      JSONValue.Member("problem", problem.map { .string(advice.words($0)) } ?? .null),
    ]
    if let recipe { members.append(JSONValue.Member("recipe", .string(recipe.text))) }
    if let shape = format.imageShape { members.append(JSONValue.Member("image", shape.json)) }
    if let count = format.classCount {
      members.append(JSONValue.Member("class_count", .integer(count)))
      members.append(JSONValue.Member("logarithmic", .boolean(format.isLogarithmic)))
    }
    if format.hasLabels {
      members.append(JSONValue.Member("label_counts", integers(labelCounts)))
      members.append(JSONValue.Member("imbalance", balance?.ratio.map { .double($0) } ?? .null))
    }
    if format.classCount != nil {
      members.append(JSONValue.Member("predicted_counts", integers(predictedCounts)))
    }
    if let pixels, let mean = pixels.mean, let deviation = pixels.deviation {
      members.append(
        JSONValue.Member(
          "pixels",
          .object([
            JSONValue.Member("minimum", .integer(Int(pixels.minimum))),
            JSONValue.Member("maximum", .integer(Int(pixels.maximum))),
            JSONValue.Member("mean", .double(mean)),
            JSONValue.Member("deviation", .double(deviation)),
          ])))
    }
    return .object(members)
  }
}

/// Compares the number of records in each class.
struct ClassBalance {
  /// The number of records in each class: [classes].
  private let counts: [Int]

  /// `counts` are the records of each label. They may end before `classCount`, the number of class names: the remaining
  /// classes have no records.
  init(_ counts: [Int], classCount: Int) {
    self.counts = counts + [Int](repeating: 0, count: max(0, classCount - counts.count))
  }

  /// From this ratio on, a network that sees each image once per epoch has little reason to learn the smallest class: a
  /// batch of 128 images of ten classes has about one image of it.
  static let remarkableRatio = 10.0

  private var largest: Int { counts.max() ?? 0 }
  private var absentCount: Int { counts.count { $0 == 0 } }

  /// See ``classImbalance(_:)``.
  var ratio: Double? { classImbalance(counts) }

  /// Whether the ratio is large enough to tell the user.
  var isRemarkable: Bool { (ratio ?? 1) >= Self.remarkableRatio }

  /// `the largest class has 3.0 times the records of the smallest; 1 class has none`; `nil` without records.
  var text: String? {
    guard let ratio else { return nil }
    let comparison =
      ratio == 1
      ? "\(counted(largest, "record")) of each class"
      : "the largest class has \(fixed(ratio, decimals: 1)) times the records of the smallest"
    guard absentCount > 0 else { return comparison }
    return comparison + (ratio == 1 ? " that has any" : "")
      + "; \(counted(absentCount, "class", plural: "classes")) \(absentCount == 1 ? "has" : "have") none"
  }
}
