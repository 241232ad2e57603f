// Dense layers of bfloat16: forward and both gradients against Double with rounded operands.

import Compute
import KernelInterface
import Testing

@Suite struct BFloat16DenseTests {
  /// Both sides of a tile's 16 rows and of its 32 terms, and more than a block of 64 rows.
  static let batches = [1, 2, 15, 16, 17, 31, 32, 33, 63, 64, 65, 70]
  /// Half a panel, one, one and a half, and more; 272 inputs are more than a block of 256 rows of a weight gradient.
  static let shapes = [(16, 16), (32, 48), (48, 32), (80, 16), (16, 80), (272, 48)].map {
    DenseShape(inputs: $0, outputs: $1)
  }

  @Test(arguments: shapes) func allPassesMatchTheReference(_ shape: DenseShape) {
    // The memory is for the largest batch. Each batch finds there what a larger or smaller one left.
    let memories = BFloat16Unit.all.map { ($0, Memory(shape, $0.engine(jobs: 3))) }
    for batch in Self.batches.reversed() + [3, 70] {
      let problem = Problem(shape, batch: batch)
      let references = References(problem)
      for (unit, memory) in memories { check(problem, references, memory, unit.testDescription) }
    }
  }

  private func check(_ problem: Problem, _ references: References, _ memory: Memory, _ unit: String) {
    let (shape, batch, engine) = (problem.shape, problem.batch, memory.engine)
    let what = "\(problem), \(unit)"
    let weights = GuardedFloats(
      .panels(shape.inputs, shape.outputs, width: engine.kernels.panelWidth), problem.weights)
    engine.pairDenseWeights(shape, weights: weights.floats, pairs: memory.weights.numbers)
    let input = GuardedFloats(.rows(batch, shape.inputs, stride: shape.inputs + 3), problem.input)
    let gradient = GuardedFloats(
      .rows(batch, shape.outputs, stride: shape.outputs + 5), problem.outputGradient)
    let bias = GuardedFloats(problem.bias)
    let inputRows = Rows(input.floats, stride: shape.inputs + 3)
    let gradientRows = Rows(gradient.floats, stride: shape.outputs + 5)

    engine.roundRows(inputRows, batch: batch, columns: shape.inputs, rounded: memory.input.numbers)
    for rectifies in [false, true] {
      let output = GuardedFloats(.rows(batch, shape.outputs, stride: shape.outputs + 16))
      engine.denseForward(
        shape, batch: batch, roundedInput: memory.input.numbers, pairedWeights: memory.weights.numbers,
        bias: bias.floats, output: Rows(output.floats, stride: shape.outputs + 16), rectifies: rectifies)
      expect(output, equals: rectifies ? references.output.rectified : references.output, "output of \(what)")
    }

    engine.roundRows(gradientRows, batch: batch, columns: shape.outputs, rounded: memory.gradient.numbers)
    for adds in [false, true] {
      let inputGradient = GuardedFloats(
        .rows(batch, shape.inputs, stride: shape.inputs + 16), adds ? problem.inputGradientStart : nil)
      engine.denseInputGradient(
        shape, batch: batch, roundedOutputGradient: memory.gradient.numbers, weights: weights.floats,
        transposed: memory.transposedWeights.floats, pairs: memory.transposedPairs.numbers,
        inputGradient: Rows(inputGradient.floats, stride: shape.inputs + 16), adds: adds)
      expect(
        inputGradient, equals: adds ? references.inputGradientAdded : references.inputGradient,
        "input gradient of \(what)")
    }

    let weightGradient = GuardedFloats(
      .panels(shape.inputs, shape.outputs, width: engine.kernels.panelWidth))
    let biasGradient = GuardedFloats(count: shape.outputs)
    engine.denseWeightGradient(
      shape, batch: batch, input: inputRows, outputGradient: gradientRows,
      roundedOutputGradient: memory.gradient.numbers, transposed: memory.transposedInput.numbers,
      pairs: memory.pairs.numbers, weightGradient: weightGradient.floats, biasGradient: biasGradient.floats)
    expect(weightGradient, equals: references.weightGradient, "weight gradient of \(what)")
    expect(biasGradient, equals: references.biasGradient, "bias gradient of \(what)")
    expectUntouched(input, weights, bias, gradient, what: what)
    #expect(memory.isIntact, "memory of \(what)")
  }

  /// `finish` receives every value once, after it is written.
  @Test(arguments: BFloat16Unit.all) func finishReceivesEveryValueOnceAfterItIsWritten(unit: BFloat16Unit) {
    let problem = Problem(DenseShape(inputs: 48, outputs: 80), batch: 70)
    let (shape, memory) = (problem.shape, Memory(problem.shape, unit.engine()))
    let engine = memory.engine
    let weights = GuardedFloats(
      .panels(shape.inputs, shape.outputs, width: engine.kernels.panelWidth), problem.weights)
    engine.pairDenseWeights(shape, weights: weights.floats, pairs: memory.weights.numbers)
    let (input, gradient) = (GuardedFloats(problem.input), GuardedFloats(problem.outputGradient))
    let bias = GuardedFloats(problem.bias)
    engine.roundRows(
      Rows(input.floats, stride: shape.inputs), batch: 70, columns: shape.inputs,
      rounded: memory.input.numbers)
    engine.roundRows(
      Rows(gradient.floats, stride: shape.outputs), batch: 70, columns: shape.outputs,
      rounded: memory.gradient.numbers)
    for isForward in [true, false] {
      let columns = isForward ? shape.outputs : shape.inputs
      let result = GuardedFloats(count: 70 * columns)
      let visits = GuardedFloats([Float](repeating: 0, count: 70 * columns))
      var unwritten = 0
      let finish = { (block: Block) in
        for row in block.rows {
          for column in block.columns {
            visits.floats[row * columns + column] += 1
            if result.floats[row * columns + column].isNaN { unwritten += 1 }
          }
        }
      }
      let rows = Rows(result.floats, stride: columns)
      if isForward {
        engine.denseForward(
          shape, batch: 70, roundedInput: memory.input.numbers, pairedWeights: memory.weights.numbers,
          bias: bias.floats, output: rows, rectifies: false, finish: finish)
      } else {
        engine.denseInputGradient(
          shape, batch: 70, roundedOutputGradient: memory.gradient.numbers, weights: weights.floats,
          transposed: memory.transposedWeights.floats, pairs: memory.transposedPairs.numbers,
          inputGradient: rows, finish: finish)
      }
      expect(visits, equals: Expected(exactly: [Float](repeating: 1, count: 70 * columns)), "visits")
      #expect(unwritten == 0)
      expectUntouched(input, weights, bias, gradient, what: "operands")
    }
  }

  // MARK: - Problems

  /// A layer's values, in plain order.
  private struct Problem: CustomStringConvertible {
    let shape: DenseShape
    let batch: Int
    let input, weights, bias, outputGradient, inputGradientStart: [Float]

    var description: String { "\(shape.inputs) → \(shape.outputs), batch \(batch)" }

    init(_ shape: DenseShape, batch: Int) {
      self.shape = shape
      self.batch = batch
      input = randomFloats(batch * shape.inputs, seed: 1)
      weights = randomFloats(shape.weightCount, seed: 2)
      bias = randomFloats(shape.outputs, seed: 3)
      outputGradient = randomFloats(batch * shape.outputs, seed: 4)
      inputGradientStart = randomFloats(batch * shape.inputs, seed: 5)
    }
  }

  /// All results in Double. The bias gradient sums values that were not rounded.
  private struct References {
    let output, inputGradient, inputGradientAdded, weightGradient, biasGradient: Expected

    init(_ problem: Problem) {
      let (shape, batch) = (problem.shape, problem.batch)
      let (input, weights) = (nearestBFloat16(problem.input), nearestBFloat16(problem.weights))
      let gradient = nearestBFloat16(problem.outputGradient)
      output = referenceProduct(
        m: batch, n: shape.outputs, k: shape.inputs, a: input, b: weights, bias: problem.bias)
      let transposedWeights = referenceTranspose(
        weights, rowCount: shape.inputs, columnCount: shape.outputs)
      inputGradient = referenceProduct(
        m: batch, n: shape.inputs, k: shape.outputs, a: gradient, b: transposedWeights)
      // One more addition rounds by half an ulp of the sum, in addition to the error of the product.
      inputGradientAdded = Expected(
        values: zip(inputGradient.values, problem.inputGradientStart).map { $0 + Double($1) },
        bounds: zip(inputGradient.bounds, zip(inputGradient.values, problem.inputGradientStart)).map {
          $0 * Double(shape.outputs + 3) / Double(shape.outputs + 2)
            + Double(shape.outputs + 3) * Rounded.unit * abs(Double($1.1))
        })
      weightGradient = referenceProduct(
        m: shape.inputs, n: shape.outputs, k: batch,
        a: referenceTranspose(input, rowCount: batch, columnCount: shape.inputs), b: gradient)
      biasGradient = referenceRowSum(
        problem.outputGradient, rowCount: batch,
        startingFrom: [Float](repeating: 0, count: shape.outputs))
    }
  }

  /// A layer's memory for the largest batch. It starts as zeros, as in a network.
  private struct Memory {
    let engine: Engine
    let input, weights, gradient, transposedInput, pairs, transposedPairs: FencedBFloats
    let transposedWeights: GuardedFloats

    init(_ shape: DenseShape, _ engine: Engine) {
      self.engine = engine
      let batch = BFloat16DenseTests.batches.max()!
      let workers = engine.workers.count
      input = .zeros(DenseShape.roundedCount(batch: batch, columns: shape.roundedInputs))
      gradient = .zeros(DenseShape.roundedCount(batch: batch, columns: shape.roundedOutputs))
      weights = .zeros(shape.pairCount)
      transposedInput = .zeros(shape.transposedCount(batch: batch))
      pairs = .zeros(BFloat16Tile.paddedDepth(batch) * shape.outputs)
      transposedPairs = .zeros(workers * shape.transposedPairCount)
      transposedWeights = GuardedFloats(count: workers * shape.transposedWeightCount)
    }

    var isIntact: Bool {
      [input, weights, gradient, transposedInput, pairs, transposedPairs].allSatisfy(\.isIntact)
        && transposedWeights.isIntact
    }
  }
}
