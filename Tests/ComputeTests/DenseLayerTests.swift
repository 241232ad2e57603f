// Dense layers: forward, both gradients, the transpose, and the blocks they are cut into.

import Compute
import KernelInterface
import Synchronization
import Testing

@Suite struct DenseLayerTests {
  /// One image, the edges of a register tile, and the edges of one and two blocks of 48 rows.
  static let batches = rowCountsAroundTiles + [47, 48, 49, 99]
  /// Half a panel of AVX-512, one, one and a half, and more than two blocks of 32 columns; 112 and 304 are also more
  /// than one and three blocks of 96 rows of a weight gradient.
  static let shapes = [(16, 16), (32, 48), (48, 32), (112, 80), (304, 16), (16, 304)].map {
    DenseShape(inputs: $0, outputs: $1)
  }

  @Test(arguments: InstructionSet.supported, [false, true])
  func forwardMatchesTheReference(instructionSet: InstructionSet, rectifies: Bool) {
    let engine = engine(instructionSet)
    for shape in Self.shapes {
      for batch in Self.batches {
        let problem = Problem(engine, shape, batch: batch)
        let output = GuardedFloats(.rows(batch, shape.outputs, stride: shape.outputs + 16))
        engine.denseForward(
          shape, batch: batch, input: problem.inputRows, weights: problem.weights.floats,
          bias: problem.bias.floats, output: Rows(output.floats, stride: shape.outputs + 16),
          rectifies: rectifies)
        let expected = referenceProduct(
          m: batch, n: shape.outputs, k: shape.inputs, a: problem.input.values, b: problem.weights.values,
          bias: problem.bias.values)
        expect(output, equals: rectifies ? expected.rectified : expected, problem.description)
        expectUntouched(problem.input, problem.weights, problem.bias, what: problem.description)
      }
    }
  }

  @Test(arguments: InstructionSet.supported) func weightGradientMatchesTheReference(
    instructionSet: InstructionSet
  ) {
    let engine = engine(instructionSet)
    for shape in Self.shapes {
      for batch in Self.batches {
        let problem = Problem(engine, shape, batch: batch)
        let weightGradient = GuardedFloats(
          .panels(shape.inputs, shape.outputs, width: engine.kernels.panelWidth))
        let biasGradient = GuardedFloats(count: shape.outputs)
        engine.denseWeightGradients(
          [
            DenseWeightGradient(
              shape, input: problem.inputRows, outputGradient: problem.outputGradientRows,
              weightGradient: weightGradient.floats, biasGradient: biasGradient.floats)
          ], batch: batch)
        let transposed = referenceTranspose(problem.input.values, rowCount: batch, columnCount: shape.inputs)
        let gradient = problem.outputGradient.values
        expect(
          weightGradient,
          equals: referenceProduct(m: shape.inputs, n: shape.outputs, k: batch, a: transposed, b: gradient),
          problem.description)
        let zeros = [Float](repeating: 0, count: shape.outputs)
        expect(
          biasGradient, equals: referenceRowSum(gradient, rowCount: batch, startingFrom: zeros),
          problem.description)
        expectUntouched(problem.input, problem.outputGradient, what: problem.description)
      }
    }
  }

  /// 304 and 992 rows are one and two tasks, and two layers share a loop.
  @Test(arguments: InstructionSet.supported, [1, 3])
  func gradientsThatAreNotKeptAreDeliveredCompletely(instructionSet: InstructionSet, jobs: Int) {
    let engine = Engine(instructionSet: instructionSet, jobs: jobs)
    let shapes = [DenseShape(inputs: 1000 / 16 * 16, outputs: 80), DenseShape(inputs: 304, outputs: 48)]
    let problems = shapes.map { Problem(engine, $0, batch: 13) }
    let scratch = GuardedFloats(count: engine.weightGradientScratchCount)
    func layers(_ targets: [GuardedFloats?], _ biases: [GuardedFloats]) -> [DenseWeightGradient] {
      shapes.indices.map {
        DenseWeightGradient(
          shapes[$0], input: problems[$0].inputRows, outputGradient: problems[$0].outputGradientRows,
          weightGradient: targets[$0]?.floats, biasGradient: biases[$0].floats)
      }
    }
    let biases = shapes.map { GuardedFloats(count: $0.outputs) }
    let kept = shapes.map { GuardedFloats(count: $0.weightCount) }
    engine.denseWeightGradients(layers(kept, biases), batch: 13)
    let handed = shapes.map { GuardedFloats(count: $0.weightCount) }
    // Pieces do not overlap, so each is copied to its own place.
    let visits = shapes.map { GuardedFloats([Float](repeating: 0, count: $0.weightCount)) }
    engine.denseWeightGradients(layers([nil, nil], biases), batch: 13, scratch: scratch.floats) {
      layer, weights, gradient in
      for (index, value) in zip(weights, gradient) {
        handed[layer].floats[index] = value
        visits[layer].floats[index] += 1
      }
    }
    for layer in shapes.indices {
      #expect(handed[layer].values.map(\.bitPattern) == kept[layer].values.map(\.bitPattern))
      #expect(visits[layer].values.allSatisfy { $0 == 1 })
      #expect(kept[layer].isIntact && biases[layer].isIntact)
      // Checked after both products, which keeps the operands in memory until then.
      expectUntouched(
        problems[layer].input, problems[layer].outputGradient, what: problems[layer].description)
    }
    #expect(scratch.isIntact)
  }

  @Test(arguments: InstructionSet.supported) func inputGradientMatchesTheReference(
    instructionSet: InstructionSet
  ) {
    let engine = engine(instructionSet)
    for shape in Self.shapes {
      for batch in Self.batches {
        let problem = Problem(engine, shape, batch: batch)
        let transposed = referenceTranspose(
          problem.weights.values, rowCount: shape.inputs, columnCount: shape.outputs)
        let scratch = GuardedFloats(count: engine.inputGradientScratchCount(shape))
        let inputGradient = GuardedFloats(.rows(batch, shape.inputs, stride: shape.inputs + 16))
        engine.denseInputGradient(
          shape, batch: batch, outputGradient: problem.outputGradientRows, weights: problem.weights.floats,
          scratch: scratch.floats, inputGradient: Rows(inputGradient.floats, stride: shape.inputs + 16))
        expect(
          inputGradient,
          equals: referenceProduct(
            m: batch, n: shape.inputs, k: shape.outputs, a: problem.outputGradient.values, b: transposed),
          problem.description)
        // Its guards are checked after the product, which keeps the scratch memory until then.
        #expect(scratch.isIntact, "\(problem.description)")
        expectUntouched(problem.weights, problem.outputGradient, what: problem.description)
      }
    }
  }

  @Test(arguments: InstructionSet.supported) func allPassesAreExactOnWholeNumbers(
    instructionSet: InstructionSet
  ) {
    let engine = engine(instructionSet)
    let shape = DenseShape(inputs: 208, outputs: 80)
    let problem = Problem(engine, shape, batch: 99, fill: { randomIntegers($0, seed: $1) })
    let output = GuardedFloats(.rows(99, 80, stride: 80))
    engine.denseForward(
      shape, batch: 99, input: problem.inputRows, weights: problem.weights.floats, bias: problem.bias.floats,
      output: Rows(output.floats, stride: 80), rectifies: false)
    var expected = referenceProduct(
      m: 99, n: 80, k: 208, a: problem.input.values, b: problem.weights.values, bias: problem.bias.values)
    expected = expected.exact
    expect(output, equals: expected, "whole numbers")

    let weightGradient = GuardedFloats(.panels(208, 80, width: engine.kernels.panelWidth))
    let biasGradient = GuardedFloats(count: 80)
    engine.denseWeightGradients(
      [
        DenseWeightGradient(
          shape, input: problem.inputRows, outputGradient: problem.outputGradientRows,
          weightGradient: weightGradient.floats, biasGradient: biasGradient.floats)
      ], batch: 99)
    let transposedInput = referenceTranspose(problem.input.values, rowCount: 99, columnCount: 208)
    let gradient = problem.outputGradient.values
    let weightSums = referenceProduct(m: 208, n: 80, k: 99, a: transposedInput, b: gradient)
    expect(weightGradient, equals: weightSums.exact, "weight gradient of whole numbers")
    let biasSums = referenceRowSum(gradient, rowCount: 99, startingFrom: [Float](repeating: 0, count: 80))
    expect(biasGradient, equals: biasSums.exact, "bias gradient of whole numbers")

    let scratch = GuardedFloats(count: engine.inputGradientScratchCount(shape))
    let inputGradient = GuardedFloats(.rows(99, 208, stride: 208))
    engine.denseInputGradient(
      shape, batch: 99, outputGradient: problem.outputGradientRows, weights: problem.weights.floats,
      scratch: scratch.floats, inputGradient: Rows(inputGradient.floats, stride: 208))
    let transposedWeights = referenceTranspose(problem.weights.values, rowCount: 208, columnCount: 80)
    let inputSums = referenceProduct(m: 99, n: 208, k: 80, a: gradient, b: transposedWeights)
    expect(inputGradient, equals: inputSums.exact, "input gradient of whole numbers")
    #expect(scratch.isIntact)
    expectUntouched(
      problem.input, problem.weights, problem.bias, problem.outputGradient, what: "whole numbers")
  }

  @Test(arguments: InstructionSet.supported, [1, 3])
  func finishReceivesEveryValueOnceAfterItIsWritten(instructionSet: InstructionSet, jobs: Int) {
    let engine = Engine(instructionSet: instructionSet, jobs: jobs)
    let shape = DenseShape(inputs: 48, outputs: 80)
    let problem = Problem(engine, shape, batch: 99)
    let scratch = GuardedFloats(count: engine.inputGradientScratchCount(shape))
    for isForward in [true, false] {
      let columns = isForward ? shape.outputs : shape.inputs
      let result = GuardedFloats(.rows(99, columns, stride: columns))
      let visits = GuardedFloats([Float](repeating: 0, count: 99 * columns))
      let unwritten = Atomic<Int>(0)
      let finish = { (block: Block) in
        for row in block.rows {
          for column in block.columns {
            visits.floats[row * columns + column] += 1
            if result.floats[row * columns + column].isNaN { unwritten.add(1, ordering: .relaxed) }
          }
        }
      }
      let rows = Rows(result.floats, stride: columns)
      if isForward {
        engine.denseForward(
          shape, batch: 99, input: problem.inputRows, weights: problem.weights.floats,
          bias: problem.bias.floats,
          output: rows, rectifies: false, finish: finish)
      } else {
        engine.denseInputGradient(
          shape, batch: 99, outputGradient: problem.outputGradientRows, weights: problem.weights.floats,
          scratch: scratch.floats, inputGradient: rows, finish: finish)
      }
      expect(visits, equals: Expected(exactly: [Float](repeating: 1, count: 99 * columns)), "visits")
      #expect(unwritten.load(ordering: .relaxed) == 0)
      #expect(result.isIntact && scratch.isIntact)
      expectUntouched(
        problem.input, problem.weights, problem.bias, problem.outputGradient, what: "blocks")
    }
  }

  /// A layer's operands. The rows of the input and of the output gradient have gaps between them.
  private struct Problem {
    let description: String
    let input: GuardedFloats
    let weights: GuardedFloats
    let bias: GuardedFloats
    let outputGradient: GuardedFloats
    let inputRows: Rows
    let outputGradientRows: Rows

    init(
      _ engine: Engine, _ shape: DenseShape, batch: Int,
      fill: (Int, Int) -> [Float] = { randomFloats($0, seed: $1) }
    ) {
      description = "\(shape.inputs) → \(shape.outputs), batch \(batch)"
      input = GuardedFloats(
        .rows(batch, shape.inputs, stride: shape.inputs + 3), fill(batch * shape.inputs, 1))
      weights = GuardedFloats(
        .panels(shape.inputs, shape.outputs, width: engine.kernels.panelWidth), fill(shape.weightCount, 2))
      bias = GuardedFloats(fill(shape.outputs, 3))
      outputGradient = GuardedFloats(
        .rows(batch, shape.outputs, stride: shape.outputs + 5), fill(batch * shape.outputs, 4))
      inputRows = Rows(input.floats, stride: shape.inputs + 3)
      outputGradientRows = Rows(outputGradient.floats, stride: shape.outputs + 5)
    }
  }
}
