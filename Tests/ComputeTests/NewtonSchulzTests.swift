// Matrices made orthogonal, against the iteration written out in Double.

import Compute
import KernelInterface
import Testing

@Suite struct NewtonSchulzTests {
  /// Sizes on both sides of lanes and of a product's blocks, wide and tall, with one row and with one column.
  static let shapes = [
    (1, 1), (1, 9), (9, 1), (15, 17), (16, 16), (17, 15), (33, 70), (70, 33), (9, 40), (144, 50), (520, 20),
  ]

  /// The same matrix times a power of two has the same bits, since only its direction counts.
  @Test(arguments: InstructionSet.supported, shapes)
  func matchesTheIteration(instructionSet: InstructionSet, shape: (Int, Int)) {
    let (rows, columns) = shape
    let values = randomFloats(rows * columns, seed: rows + columns)
    let ours = orthogonalized(values, rows, columns, engine(instructionSet))
    // Random matrices have no tiny singular values, and every iteration adds a few roundings of sums of small terms.
    expect(ours, reference(values, rows, columns), within: rows == columns ? 2e-4 : 2e-5, "\(shape)")
    #expect(orthogonalized(values.map { $0 * 0x1p-8 }, rows, columns, engine(instructionSet)) == ours)
  }

  /// Gradients of small batches have a low rank. Singular values that should be 0 consist of rounding errors.
  @Test(arguments: InstructionSet.supported, [(30, 70), (70, 30), (40, 40)])
  func matricesOfLowRankAreAccurateToHalfAThousandth(instructionSet: InstructionSet, shape: (Int, Int)) {
    let (rows, columns) = shape
    let (left, right) = (randomFloats(rows * 3, seed: 1), randomFloats(columns * 3, seed: 2))
    let values = (0..<rows * columns).map { index in
      (0..<3).reduce(Float(0)) { $0 + left[index / columns * 3 + $1] * right[index % columns * 3 + $1] }
    }
    let ours = orthogonalized(values, rows, columns, engine(instructionSet))
    expect(ours, reference(values, rows, columns), within: 5e-4, "\(shape)")
  }

  /// Singular values are from 0.68 to 1.21. Their mean square is the sum of the squares of all values over the shorter
  /// side.
  @Test(arguments: [(100, 30), (30, 100)])
  func singularValuesAreNearOne(shape: (Int, Int)) {
    let ours = orthogonalized(randomFloats(3000, seed: 5), shape.0, shape.1, engine(.best))
    let meanSquare = ours.reduce(0) { $0 + Double($1) * Double($1) } / 30
    #expect(meanSquare >= 0.68 * 0.68 && meanSquare <= 1.21 * 1.21, "\(meanSquare)")
  }

  @Test func zerosStayZeros() {
    #expect(orthogonalized([Float](repeating: 0, count: 60), 6, 10, engine(.best)).allSatisfy { $0 == 0 })
  }

  @Test func aNaNShowsInTheResult() {
    var values = randomFloats(60, seed: 1)
    values[7] = .nan
    #expect(orthogonalized(values, 6, 10, engine(.best)).contains { $0.isNaN })
  }

  @Test(arguments: InstructionSet.supported, [(300, 130), (50, 460)])
  func theNumberOfThreadsChangesNoBit(instructionSet: InstructionSet, shape: (Int, Int)) {
    let values = randomFloats(shape.0 * shape.1, seed: 4)
    let one = orthogonalized(values, shape.0, shape.1, Engine(instructionSet: instructionSet, jobs: 1))
    for jobs in [2, 3, 7] {
      let engine = Engine(instructionSet: instructionSet, jobs: jobs)
      #expect(orthogonalized(values, shape.0, shape.1, engine) == one, "\(jobs) threads")
    }
  }

  /// The same memory serves matrices of several shapes. What one leaves there does not affect the next.
  @Test func memoryCanBeReused() {
    let (small, large) = (MatrixShape(rows: 7, columns: 20), MatrixShape(rows: 90, columns: 33))
    let memory = NewtonSchulzMemory([small, large])
    let engine = engine(.best)
    func run(_ shape: MatrixShape) -> [Float] {
      orthogonalized(
        randomFloats(shape.rows * shape.columns, seed: 8), shape.rows, shape.columns, engine, memory)
    }
    let fresh = [small, large].map {
      orthogonalized(randomFloats($0.rows * $0.columns, seed: 8), $0.rows, $0.columns, engine)
    }
    for _ in 1...2 { #expect([run(small), run(large)] == fresh) }
    #expect(NewtonSchulzMemory.floatCount([small, large]) >= Double(2 * large.floatCount + 5 * 33 * 48))
  }

  // MARK: - Helpers

  /// Takes and returns [rows, columns], row-major and without padding.
  private func orthogonalized(
    _ values: [Float], _ rows: Int, _ columns: Int, _ engine: Engine, _ memory: NewtonSchulzMemory? = nil
  ) -> [Float] {
    let shape = MatrixShape(rows: rows, columns: columns)
    let memory = memory ?? NewtonSchulzMemory([shape])
    let places = (0..<rows * columns).map { $0 / columns * shape.rowStride + $0 % columns }
    memory.input[0..<shape.floatCount].update(repeating: 0)
    for (place, value) in zip(places, values) { memory.input.floats[place] = value }
    engine.orthogonalize(shape, memory)
    return places.map { memory.output.floats[$0] }
  }

  /// Five iterations of X ← a X + (b A + c A²) X with A = X Xᵀ, written out literally.
  private func reference(_ values: [Float], _ rows: Int, _ columns: Int) -> [Double] {
    let norm = values.reduce(0) { $0 + Double($1) * Double($1) }.squareRoot()
    var x = values.map { Double($0) / norm }
    func product(_ a: [Double], _ b: [Double], _ m: Int, _ n: Int, _ k: Int, transposesB: Bool = false)
      -> [Double]
    {
      var c = [Double](repeating: 0, count: m * n)
      for i in 0..<m {
        for d in 0..<k {
          for j in 0..<n { c[i * n + j] += a[i * k + d] * (transposesB ? b[j * k + d] : b[d * n + j]) }
        }
      }
      return c
    }
    for _ in 1...5 {
      let gram = product(x, x, rows, rows, columns, transposesB: true)
      let square = product(gram, gram, rows, rows, rows)
      let update = product(zip(gram, square).map { -4.7750 * $0 + 2.0315 * $1 }, x, rows, columns, rows)
      x = zip(x, update).map { 3.4445 * $0 + $1 }
    }
    return x
  }

  private func expect(_ ours: [Float], _ expected: [Double], within bound: Double, _ what: String) {
    #expect(ours.count == expected.count)
    let worst = zip(ours, expected).map { abs(Double($0) - $1) }.max() ?? 0
    #expect(zip(ours, expected).allSatisfy { abs(Double($0) - $1) <= bound }, "\(what): \(worst)")
  }
}
