// Products: square matrices, and the dense layers of the presets.

import Compute
import KernelInterface

extension Stopwatch {
  /// `matrix product` [m, n, k] of plain matrices.
  func matrixProducts() -> [Benchmark] {
    [256, 512, 1024, 2048].map { size in
      let (a, b) = (randomBuffer(size * size, seed: 1), randomBuffer(size * size, seed: 2))
      let c = FloatBuffer(count: size * size)
      return Benchmark(
        operation: "matrix product", shape: [size, size, size], operations: 2 * size * size * size
      ) { [engine] in
        engine.matrixMultiply(
          m: size, n: size, k: size, a: MatrixView(a.floats, rowStride: size),
          b: MatrixView(b.floats, rowStride: size), c: Rows(c.floats, stride: size))
      }
    }
  }

  /// `dense forward`, `dense weight gradient` and `dense input gradient` [batch, inputs, outputs], `transposed weights`
  /// [inputs, outputs].
  func denseLayers() -> [Benchmark] {
    [(1568, 512), (512, 256), (784, 512)].flatMap { inputs, outputs in
      let shape = DenseShape(inputs: inputs, outputs: outputs)
      return [1, 20, 128, 256].flatMap { denseLayer(shape, batch: $0) } + [transposition(shape)]
    }
  }

  private func denseLayer(_ shape: DenseShape, batch: Int) -> [Benchmark] {
    let weights = randomBuffer(shape.weightCount, seed: 1)
    let bias = randomBuffer(shape.outputs, seed: 2)
    let input = Matrix(rowCount: batch, columns: shape.inputs, seed: 3)
    let inputGradient = Matrix(rowCount: batch, columns: shape.inputs, seed: 3)
    let output = Matrix(rowCount: batch, columns: shape.outputs, seed: 4)
    let weightGradient = FloatBuffer(count: shape.weightCount)
    let biasGradient = FloatBuffer(count: shape.outputs)
    let scratch = FloatBuffer(count: engine.inputGradientScratchCount(shape))
    let packed = FloatBuffer(count: batch * engine.weightGradientPackedCount(shape))

    // With one image, each weight is read for a single multiply-add, so that memory is the bottleneck.
    func benchmark(_ operation: String, _ run: @escaping () -> Void) -> Benchmark {
      Benchmark(
        operation: operation, shape: [batch, shape.inputs, shape.outputs],
        operations: 2 * batch * shape.weightCount, byteCount: batch == 1 ? 4 * shape.weightCount : 0, run: run
      )
    }
    return [
      benchmark("dense forward") { [engine] in
        engine.denseForward(
          shape, batch: batch, input: input.rows, weights: weights.floats, bias: bias.floats,
          output: output.rows, rectifies: false)
      },
      benchmark("dense weight gradient") { [engine] in
        engine.denseWeightGradients(
          [
            DenseWeightGradient(
              shape, input: input.rows, outputGradient: output.rows, weightGradient: weightGradient.floats,
              biasGradient: biasGradient.floats, packed: packed.floats)
          ], batch: batch)
      },
      benchmark("dense input gradient") { [engine] in
        engine.denseInputGradient(
          shape, batch: batch, outputGradient: output.rows, weights: weights.floats,
          scratch: scratch.floats, inputGradient: inputGradient.rows)
      },
    ]
  }

  private func transposition(_ shape: DenseShape) -> Benchmark {
    let (weights, transposed) = (randomBuffer(shape.weightCount), FloatBuffer(count: shape.weightCount))
    return Benchmark(
      operation: "transposed weights", shape: [shape.inputs, shape.outputs], byteCount: 8 * shape.weightCount
    ) { [engine] in
      engine.kernels.transposePanels(
        weights.floats.baseAddress!, rowCount: shape.inputs, columnCount: shape.outputs,
        rows: 0..<shape.inputs, to: transposed.floats.baseAddress!)
    }
  }
}
