// Results do not depend on the number of threads: every entry point that uses threads gives the same bits for any
// number.

import Compute
import KernelInterface
import Testing

@Suite struct ThreadIndependenceTests {
  /// Runs `body` with 1, 2, 3, 5 and 8 threads, several times each, since threads take other tasks every time.
  private func expectTheSameBits(
    _ instructionSet: InstructionSet, sourceLocation: SourceLocation = #_sourceLocation,
    _ body: (Engine) -> [GuardedFloats]
  ) {
    let single = body(Engine(instructionSet: instructionSet, jobs: 1)).map { $0.values.map(\.bitPattern) }
    for jobs in [2, 3, 5, 8] {
      let engine = Engine(instructionSet: instructionSet, jobs: jobs)
      for _ in 0..<3 {
        for (index, result) in body(engine).enumerated() {
          #expect(
            result.values.map(\.bitPattern) == single[index], "result \(index), \(jobs) jobs",
            sourceLocation: sourceLocation)
          #expect(result.isIntact, "result \(index), \(jobs) jobs", sourceLocation: sourceLocation)
        }
      }
    }
  }

  @Test(arguments: InstructionSet.supported) func matrixProductsDoNotDependOnThreads(
    instructionSet: InstructionSet
  ) {
    let (m, n, k) = (131, 150, 1070)
    let a = GuardedFloats(randomFloats(m * k, seed: 1))
    let b = GuardedFloats(randomFloats(k * n, seed: 2))
    expectTheSameBits(instructionSet) { engine in
      let c = GuardedFloats(count: m * n)
      engine.matrixMultiply(
        m: m, n: n, k: k, a: MatrixView(a.floats, rowStride: k), b: MatrixView(b.floats, rowStride: n),
        c: Rows(c.floats, stride: n))
      return [c]
    }
    expectUntouched(a, b, what: "operands")
  }

  @Test(arguments: InstructionSet.supported) func denseLayersDoNotDependOnThreads(
    instructionSet: InstructionSet
  ) {
    let shape = DenseShape(inputs: 208, outputs: 144)
    let batch = 99
    let input = GuardedFloats(randomFloats(batch * shape.inputs, seed: 1))
    let weights = GuardedFloats(randomFloats(shape.weightCount, seed: 2))
    let bias = GuardedFloats(randomFloats(shape.outputs, seed: 3))
    let gradient = GuardedFloats(randomFloats(batch * shape.outputs, seed: 4))
    expectTheSameBits(instructionSet) { engine in
      let inputRows = Rows(input.floats, stride: shape.inputs)
      let gradientRows = Rows(gradient.floats, stride: shape.outputs)
      let output = GuardedFloats(count: batch * shape.outputs)
      engine.denseForward(
        shape, batch: batch, input: inputRows, weights: weights.floats, bias: bias.floats,
        output: Rows(output.floats, stride: shape.outputs), rectifies: true)
      let weightGradient = GuardedFloats(count: shape.weightCount)
      let biasGradient = GuardedFloats(count: shape.outputs)
      engine.denseWeightGradients(
        [
          DenseWeightGradient(
            shape, input: inputRows, outputGradient: gradientRows, weightGradient: weightGradient.floats,
            biasGradient: biasGradient.floats)
        ], batch: batch)
      let scratch = GuardedFloats(count: engine.inputGradientScratchCount(shape))
      let inputGradient = GuardedFloats(count: batch * shape.inputs)
      engine.denseInputGradient(
        shape, batch: batch, outputGradient: gradientRows, weights: weights.floats, scratch: scratch.floats,
        inputGradient: Rows(inputGradient.floats, stride: shape.inputs))
      #expect(scratch.isIntact)
      return [output, weightGradient, biasGradient, inputGradient]
    }
    expectUntouched(input, weights, bias, gradient, what: "operands")
  }

  @Test(arguments: InstructionSet.supported) func lossesDoNotDependOnThreads(instructionSet: InstructionSet) {
    let batch = BatchOfLogits(randomFloats(500 * 10, seed: 1, scale: 5), batch: 500, classCount: 10)
    var losses: [[Double]] = []
    expectTheSameBits(instructionSet) { engine in
      let probabilities = batch.result
      engine.softmax(
        logits: batch.logitRows, probabilities: batch.rows(of: probabilities), batch: 500, classCount: 10)
      let gradient = batch.result
      losses.append(batch.crossEntropy(engine, smoothing: 0.1, gradient: batch.rows(of: gradient)).losses)
      return [probabilities, gradient]
    }
    #expect(losses.allSatisfy { $0 == losses[0] })
    expectUntouched(batch.logits, what: "logits")
  }

  @Test(arguments: InstructionSet.supported) func sumsAndNormsDoNotDependOnThreads(
    instructionSet: InstructionSet
  ) {
    let count = 50_000
    let parts = GuardedFloats(randomFloats(4 * count, seed: 1))
    var norms: [Double] = []
    expectTheSameBits(instructionSet) { engine in
      let sum = GuardedFloats(count: count)
      engine.sumParts(parts.floats, count: 4, to: sum.floats)
      norms.append(engine.norm(parts.floats))
      return [sum]
    }
    #expect(norms.allSatisfy { $0 == norms[0] })
    expectUntouched(parts, what: "parts")
  }
}
