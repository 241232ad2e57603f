// What a kernel's result is compared with, and the comparison itself.

import Testing

/// Values computed in Double and, for each, how far rounding in Float may lead away from it.
struct Expected {
  var values: [Double]
  var bounds: [Double]

  init(values: [Double], bounds: [Double]) {
    self.values = values
    self.bounds = bounds
  }

  /// Values that no rounding may change.
  init(exactly values: [Float]) {
    self.init(values: values.map(Double.init), bounds: [Double](repeating: 0, count: values.count))
  }

  init(_ values: [Rounded]) {
    self.init(values: values.map(\.value), bounds: values.map(\.error))
  }

  /// The same values without any room for rounding.
  var exact: Expected { Expected(exactly: values.map { Float($0) }) }

  /// Negative values become 0, which moves no two values apart.
  var rectified: Expected { Expected(values: values.map { max($0, 0) }, bounds: bounds) }
}

/// Where `actual` is not as expected, in words; nil where all is well.
///
/// Written with `<=`, and counts first, so that a NaN on either side, an unbounded bound or a short result are
/// mismatches too.
func mismatch(_ actual: [Float], _ expected: Expected) -> String? {
  guard actual.count == expected.values.count, actual.count == expected.bounds.count else {
    return "\(actual.count) values, expected \(expected.values.count) with \(expected.bounds.count) bounds"
  }
  for index in actual.indices {
    let difference = abs(Double(actual[index]) - expected.values[index])
    if difference <= expected.bounds[index], expected.bounds[index].isFinite { continue }
    return
      "value \(index) is \(actual[index]), expected \(expected.values[index]) ± \(expected.bounds[index])"
  }
  return nil
}

/// Records an issue where a result is not as expected, or where anything beside it was written.
func expect(
  _ result: GuardedFloats, equals expected: Expected, _ what: @autoclosure () -> String,
  sourceLocation: SourceLocation = #_sourceLocation
) {
  if let mismatch = mismatch(result.values, expected) {
    Issue.record("\(what()): \(mismatch)", sourceLocation: sourceLocation)
  }
  if !result.isIntact {
    Issue.record("\(what()): floats beside the result were written", sourceLocation: sourceLocation)
  }
}

/// Records an issue where an input was written.
func expectUntouched(
  _ inputs: GuardedFloats..., what: @autoclosure () -> String,
  sourceLocation: SourceLocation = #_sourceLocation
) {
  for (index, input) in inputs.enumerated() where !input.isUntouched {
    Issue.record("\(what()): input \(index) was written", sourceLocation: sourceLocation)
  }
}
