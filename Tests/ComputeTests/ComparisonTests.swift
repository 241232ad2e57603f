// The tests' own tools: a comparison that lets a wrong result pass would make every other test worthless.

import Testing

@Suite struct ComparisonTests {
  private let expected = Expected(values: [1, 2, 3], bounds: [0, 0.5, 0.5])

  @Test func valuesWithinTheirBoundsMatch() {
    #expect(mismatch([1, 2.5, 2.5], expected) == nil)
    #expect(mismatch([], Expected(values: [], bounds: [])) == nil)
  }

  @Test func valuesBeyondTheirBoundsDoNotMatch() {
    #expect(mismatch([1.000001, 2, 3], expected) != nil)
    #expect(mismatch([1, 2, 3.6], expected) != nil)
  }

  @Test(arguments: 0..<3) func aNaNAnywhereDoesNotMatch(index: Int) {
    var values: [Float] = [1, 2, 3]
    values[index] = .nan
    #expect(mismatch(values, expected) != nil)
    var reference = expected
    reference.values[index] = .nan
    #expect(mismatch([1, 2, 3], reference) != nil)
    reference = expected
    reference.bounds[index] = .nan
    #expect(mismatch([1, 2, 3], reference) != nil)
  }

  @Test func anInfiniteBoundDoesNotMatch() {
    #expect(mismatch([1], Expected(values: [1], bounds: [.infinity])) != nil)
  }

  @Test func shortAndLongResultsDoNotMatch() {
    #expect(mismatch([1, 2], expected) != nil)
    #expect(mismatch([1, 2, 3, 4], expected) != nil)
    #expect(mismatch([], expected) != nil)
    #expect(mismatch([1], Expected(values: [1], bounds: [])) != nil)
  }

  @Test func anUnwrittenResultIsAnIssue() {
    let result = GuardedFloats(count: 3)
    withKnownIssue { expect(result, equals: expected, "nothing written") }
  }

  @Test func aWriteBesideTheResultIsAnIssue() {
    for offset in [-1, 2, 6] {
      let result = GuardedFloats(.rows(2, 2, stride: 4))
      for index in [0, 1, 4, 5] { result.floats[index] = 1 }
      #expect(result.isIntact)
      #expect(mismatch(result.values, Expected(exactly: [1, 1, 1, 1])) == nil)
      (result.floats.baseAddress! + offset).pointee = .nan
      #expect(!result.isIntact)
      withKnownIssue { expect(result, equals: Expected(exactly: [1, 1, 1, 1]), "written at \(offset)") }
    }
  }

  @Test func aWriteToAnInputIsAnIssue() {
    let input = GuardedFloats([1, 2])
    expectUntouched(input, what: "only read")
    input.floats[1] = 3
    withKnownIssue { expectUntouched(input, what: "written") }
  }

  @Test func bytesBesidePlacesAreGuarded() {
    let places = GuardedBytes(count: 2)
    places.bytes[0] = 1
    #expect(places.isIntact)
    (places.bytes.baseAddress! + 2).pointee = 1
    #expect(!places.isIntact)
  }

  @Test func roundedArithmeticBoundsTheErrorsOfFloat() {
    let floats = randomFloats(300, seed: 1)
    for index in stride(from: 0, to: floats.count, by: 3) {
      let (a, b, c) = (floats[index], floats[index + 1], floats[index + 2])
      let result = ((a * b + c) / (a - 3) - b * c).magnitude.squareRoot()
      let inside =
        (Rounded(a) * Rounded(b) + Rounded(c)) / (Rounded(a) - Rounded(3)) - Rounded(b) * Rounded(c)
      let reference = Rounded(value: abs(inside.value), error: inside.error).squareRoot(ulps: 0.5)
      #expect(mismatch([result], Expected([reference])) == nil)
      // A bound that is too wide would let anything pass.
      #expect(reference.error < 1e-5 / reference.value)
    }
  }
}
