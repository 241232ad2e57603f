// The expected result of a kernel, and the comparison with it.

import Testing

/// Values computed in Double, and a bound on the rounding error of each in Float.
struct Expected {
  var values: [Double]
  var bounds: [Double]

  init(values: [Double], bounds: [Double]) {
    self.values = values
    self.bounds = bounds
  }

  /// Values that must be exact.
  init(exactly values: [Float]) {
    self.init(values: values.map(Double.init), bounds: [Double](repeating: 0, count: values.count))
  }

  init(_ values: [Rounded]) {
    self.init(values: values.map(\.value), bounds: values.map(\.error))
  }

  /// The same values, which must be exact.
  var exact: Expected { Expected(exactly: values.map { Float($0) }) }

  /// The same with negative values made 0, which moves no two values further apart.
  var rectified: Expected { Expected(values: values.map { max($0, 0) }, bounds: bounds) }
}

/// Describes the first value of `actual` that is not as expected; `nil` if all are.
///
/// Counts are compared first, and differences with `<=`, so that a NaN on either side, an infinite bound or a short
/// result is a mismatch too.
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

/// Records an issue if a result is not as expected, or if anything beside it was written.
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

/// Records an issue if an input was written.
func expectUntouched(
  _ inputs: GuardedFloats..., what: @autoclosure () -> String,
  sourceLocation: SourceLocation = #_sourceLocation
) {
  for (index, input) in inputs.enumerated() where !input.isUntouched {
    Issue.record("\(what()): input \(index) was written", sourceLocation: sourceLocation)
  }
}
