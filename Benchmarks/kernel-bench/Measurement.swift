// One thing that is timed: what it computes, how much work that is, and how to run it once.

import JSON

/// Something to time.
struct Benchmark {
  /// What is computed, in the words of the report: `dense forward`.
  let operation: String
  /// Its sizes, as the operation's group documents them.
  let shape: [Int]
  /// Floating-point operations of a run, counted as if it were computed directly and densely; 0 where memory binds.
  var operations = 0
  /// Bytes that a run reads and writes at least; 0 where arithmetic binds.
  var byteCount = 0
  /// Images that a run sees, for whole networks.
  var images = 0
  /// Runs it once.
  let run: () -> Void

  var name: String {
    shape.isEmpty ? operation : "\(operation) \(shape.map(String.init).joined(separator: "×"))"
  }
}

/// How fast something was.
struct Measurement {
  let name: String
  let operation: String
  let shape: [Int]
  let threads: Int
  /// Median time of a run.
  let seconds: Double
  /// A run's share of what the CPU's multiply-adds could have done in its time; the median of what each sample says
  /// beside the peak measured just before it.
  let peakFraction: Double
  let operations: Int
  let byteCount: Int
  let images: Int

  var gigaflops: Double { Double(operations) / seconds * 1e-9 }
  var gigabytes: Double { Double(byteCount) / seconds * 1e-9 }
  var imagesPerSecond: Double { Double(images) / seconds }
}

extension Measurement {
  /// A row of the table.
  var row: String {
    let time = seconds < 1e-3 ? "\(digits(seconds * 1e6)) µs" : "\(digits(seconds * 1e3)) ms"
    let speed = operations > 0 ? digits(gigaflops) : ""
    let share = operations > 0 ? "\(digits(peakFraction * 100)) %" : ""
    let bytes = byteCount > 0 ? digits(gigabytes) : ""
    let images = images > 0 ? digits(imagesPerSecond) : ""
    return "| \(name) | \(threads) | \(time) | \(speed) | \(share) | \(bytes) | \(images) |"
  }

  static let header = """
    | kernel | threads | time | GFLOP/s | of peak | GB/s | images/s |
    | --- | ---: | ---: | ---: | ---: | ---: | ---: |
    """

  /// An object for scripts.
  var json: JSONValue {
    .object([
      .init("name", .string(name)), .init("operation", .string(operation)),
      .init("shape", .array(shape.map(JSONValue.integer))), .init("threads", .integer(threads)),
      .init("seconds", .double(seconds)), .init("gigaflops", .double(gigaflops)),
      .init("peak_fraction", .double(peakFraction)), .init("gigabytes", .double(gigabytes)),
      .init("images_per_second", .double(imagesPerSecond)),
    ])
  }
}

/// Three significant digits, without an exponent.
private func digits(_ value: Double) -> String {
  var scale = 1.0
  while abs(value) * scale < 100, scale < 1e6 { scale *= 10 }
  let rounded = (value * scale).rounded() / scale
  return rounded == rounded.rounded() && abs(rounded) >= 100 ? String(Int(rounded)) : String(rounded)
}

/// The middle of some numbers, of an even count the upper one.
func median(_ values: [Double]) -> Double { values.sorted()[values.count / 2] }
