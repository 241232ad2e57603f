// The product of plain matrices, and the kernel below it.

import Compute
import KernelInterface
import Testing

@Suite struct MatrixMultiplyTests {
  /// 1 and both sides of one and two panels of 8 (SSE2), 16 (AVX2) and 32 columns (AVX-512).
  static let columnCounts = [0, 1, 7, 8, 9, 15, 16, 17, 19, 31, 32, 33, 35, 67]

  struct Transposes: CustomTestStringConvertible, Sendable {
    let a: Bool
    let b: Bool
    static let all = [false, true].flatMap { a in [false, true].map { Transposes(a: a, b: $0) } }
    var testDescription: String { "a\(a ? "ᵀ" : "") · b\(b ? "ᵀ" : "")" }
  }

  @Test(arguments: InstructionSet.supported, Transposes.all)
  func matchesTheReferenceAcrossTileEdges(instructionSet: InstructionSet, transposes: Transposes) {
    let engine = engine(instructionSet)
    for m in rowCountsAroundTiles {
      for n in Self.columnCounts {
        for k in depths {
          check(
            engine, m: m, n: n, k: k, transposes, a: randomFloats(m * k, seed: 1),
            b: randomFloats(k * n, seed: 2))
        }
      }
    }
  }

  /// Sizes around the blocks of 24 or 48 rows, 1024 columns and 1024 terms in which the product is computed, and the
  /// runs of 64 terms in which it is packed.
  @Test(arguments: InstructionSet.supported, Transposes.all)
  func matchesTheReferenceAcrossBlockEdges(instructionSet: InstructionSet, transposes: Transposes) {
    let engine = engine(instructionSet)
    for (m, n, k) in [
      (24, 33, 1023), (47, 40, 1024), (49, 67, 1025), (48, 19, 2051), (97, 1027, 30), (12, 1024, 65),
    ] {
      check(
        engine, m: m, n: n, k: k, transposes, a: randomFloats(m * k, seed: 1), b: randomFloats(k * n, seed: 2)
      )
    }
  }

  @Test(arguments: InstructionSet.supported, Transposes.all)
  func isExactOnWholeNumbers(instructionSet: InstructionSet, transposes: Transposes) {
    let engine = engine(instructionSet)
    let (m, n, k) = (61, 75, 129)
    let a = randomIntegers(m * k, seed: 3)
    let b = randomIntegers(k * n, seed: 4)
    check(engine, m: m, n: n, k: k, transposes, a: a, b: b, isExact: true)
  }

  @Test(arguments: InstructionSet.supported) func propagatesNaNAndInfinity(instructionSet: InstructionSet) {
    let engine = engine(instructionSet)
    for bad in [Float.nan, .infinity] {
      let a = GuardedFloats([1, bad, 0, 2])
      let b = GuardedFloats([1, 0, 0, 1])
      let c = GuardedFloats(count: 4)
      engine.matrixMultiply(
        m: 2, n: 2, k: 2, a: MatrixView(a.floats, rowStride: 2), b: MatrixView(b.floats, rowStride: 2),
        c: Rows(c.floats, stride: 2))
      // Infinity · 0 is NaN: no term may be left out because its factor is 0.
      #expect(c.values[0].isNaN && !c.values[1].isFinite)
      #expect(c.values[2...] == [0, 2])
      expectUntouched(a, b, what: "\(bad)")
    }
  }

  private func check(
    _ engine: Engine, m: Int, n: Int, k: Int, _ transposes: Transposes, a: [Float], b: [Float],
    isExact: Bool = false
  ) {
    let what = "\(m) × \(n), depth \(k)"
    // Gaps of different widths, so that no stride can replace another.
    let (aStride, bStride) = ((transposes.a ? m : k) + 1, (transposes.b ? k : n) + 2)
    let left = GuardedFloats(
      transposes.a ? .transposedRows(m, k, stride: aStride) : .rows(m, k, stride: aStride), a)
    let right = GuardedFloats(
      transposes.b ? .transposedRows(k, n, stride: bStride) : .rows(k, n, stride: bStride), b)
    let product = GuardedFloats(.rows(m, n, stride: n + 3))
    engine.matrixMultiply(
      m: m, n: n, k: k, a: MatrixView(left.floats, rowStride: aStride, isTransposed: transposes.a),
      b: MatrixView(right.floats, rowStride: bStride, isTransposed: transposes.b),
      c: Rows(product.floats, stride: n + 3))
    var expected = referenceProduct(m: m, n: n, k: k, a: a, b: b)
    if isExact { expected = expected.exact }
    expect(product, equals: expected, what)
    expectUntouched(left, right, what: what)
  }
}
