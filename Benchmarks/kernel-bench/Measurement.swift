// Benchmarks, what they compute and how much work that is; and the results of timing them.

import JSON

/// A piece of work to time.
struct Benchmark {
  /// The name of the operation in the report, such as `dense forward`.
  let operation: String
  /// The sizes, as the operation's group documents them.
  let shape: [Int]
  /// Floating-point operations of a run, counted as if it were computed directly and densely; 0 if memory is
  /// the bottleneck.
  var operations = 0
  /// The fewest bytes that a run must read and write; 0 if arithmetic is the bottleneck.
  var byteCount = 0
  /// The images of a run, for whole networks.
  var images = 0
  /// Runs the work once.
  let run: () -> Void

  var name: String {
    shape.isEmpty ? operation : "\(operation) \(shape.map(String.init).joined(separator: "×"))"
  }
}

/// The measured speed of a benchmark.
struct Measurement {
  let name: String
  let operation: String
  let shape: [Int]
  let threads: Int
  /// The median time of a run.
  let seconds: Double
  /// The operations of a run as a share of those that the CPU's multiply-adds could have done in its time. This is the
  /// median over all samples, each compared with the peak measured just before it.
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

/// Returns a number with three significant digits, without an exponent.
private func digits(_ value: Double) -> String {
  var scale = 1.0
  while abs(value) * scale < 100, scale < 1e6 { scale *= 10 }
  let rounded = (value * scale).rounded() / scale
  return rounded == rounded.rounded() && abs(rounded) >= 100 ? String(Int(rounded)) : String(rounded)
}

/// Returns the median of some numbers; for an even count, the upper of the two in the middle. Complexity: O(n log n).
func median(_ values: [Double]) -> Double { values.sorted()[values.count / 2] }
