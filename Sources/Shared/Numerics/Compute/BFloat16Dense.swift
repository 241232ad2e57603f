// Dense layers whose products take bfloat16, over a batch.
//
//     forward          y = x · W + b       x in rows, W in pairs of inputs
//     input gradient   x′ = y′ · Wᵀ        y′ in rows, Wᵀ in pairs of outputs, made block by block
//     weight gradient  W′ = xᵀ · y′        xᵀ in rows, y′ in pairs of images
//
// Layouts of floats are those of DenseLayer.swift. Depths are padded to whole tiles with terms that are 0.

import KernelInterface

extension DenseShape {
  /// Bfloat16 of the weights in pairs.
  public var pairCount: Int { BFloat16Tile.paddedDepth(inputs) * outputs }
  /// From an image's input, and its output gradient, to the next, in rows of bfloat16.
  public var roundedInputs: Int { BFloat16Tile.paddedDepth(inputs) }
  public var roundedOutputs: Int { BFloat16Tile.paddedDepth(outputs) }

  /// Bfloat16 of rows for a batch, with those that products may read after the last one.
  public static func roundedCount(batch: Int, columns: Int) -> Int {
    (BFloat16Tile.paddedDepth(batch) + BFloat16Product.rowsReadAfterTheLast) * columns
  }

  /// From an input's images to the next's, in the transpose: a tile more than a batch needs, so that rows do not meet in the
  /// same sets of a cache.
  public static func transposedStride(batch: Int) -> Int {
    BFloat16Tile.paddedDepth(batch) + BFloat16Tile.depth
  }

  /// Bfloat16 of the input's transpose.
  public func transposedCount(batch: Int) -> Int {
    (inputs + BFloat16Product.rowsReadAfterTheLast) * Self.transposedStride(batch: batch)
  }

  /// What a worker needs for an input gradient: some of the weights, transposed, as floats and in pairs.
  public var transposedWeightCount: Int { min(BFloat16Tile.panelWidth, inputs) * outputs }
  public var transposedPairCount: Int { min(BFloat16Tile.panelWidth, inputs) * roundedOutputs }
}

extension Engine {
  /// Rows of a block: of four tiles' height.
  private static let bfloat16BlockRows = 4 * BFloat16Tile.rows
  /// Rows of a weight gradient's block.
  private static let bfloat16WeightRows = 16 * BFloat16Tile.rows

  /// pairs ← the weights of a dense layer as its forward pass reads them.
  public func pairDenseWeights(_ shape: DenseShape, weights: Floats, pairs: BFloats) {
    workers.forEach(bfloat16PanelCount(shape.outputs)) { panel, _ in
      pairWeights(
        tapCount: 1, channels: shape.inputs, columns: shape.outputs, panels: panel..<panel + 1,
        weights: weights,
        pairs: pairs)
    }
  }

  /// rounded [batch, columns], padded to whole tiles, ← rows; rows up to the next whole tile's become 0.
  public func roundRows(_ rows: Rows, batch: Int, columns: Int, rounded: BFloats) {
    checkLane(columns)
    let source = rows.checked(rowCount: batch, columns: columns, "rows to round")
    let stride = BFloat16Tile.paddedDepth(columns)
    let target = rounded.checked(
      DenseShape.roundedCount(batch: batch, columns: stride), "rounded rows")
    forEachRun(BFloat16Tile.paddedDepth(batch), length: Self.bfloat16BlockRows) { run in
      let used = run.lowerBound..<min(run.upperBound, max(batch, run.lowerBound))
      if !used.isEmpty {
        kernels.round(
          RoundedMap(
            map: MapRegion(
              start: source + used.lowerBound * rows.stride, height: used.count, width: 1, channels: columns,
              rowStride: rows.stride, pixelStride: columns),
            rounded: target + used.lowerBound * stride, rowStride: stride, pixelStride: columns))
      }
      for row in used.upperBound..<run.upperBound {
        (target + row * stride).update(repeating: BFloat16(bits: 0), count: stride)
      }
    }
  }

  /// output [batch, outputs] ← input · weights + bias, rectified if asked. `finish` as for `denseForward` of floats.
  public func denseForward(
    _ shape: DenseShape, batch: Int, roundedInput: BFloats, pairedWeights: BFloats, bias: Floats,
    output: Rows, rectifies: Bool, finish: (Block) -> Void = { _ in }
  ) {
    let a = roundedInput.checked(
      DenseShape.roundedCount(batch: batch, columns: shape.roundedInputs), "rounded dense input")
    let b = pairedWeights.checked(shape.pairCount, "dense weights in pairs")
    let start = bias.checked(shape.outputs, "dense bias")
    let c = output.checked(rowCount: batch, columns: shape.outputs, "dense output")
    blocks(
      rowCount: batch, blockRows: Self.bfloat16BlockRows, columns: shape.outputs,
      blockColumns: BFloat16Tile.panelWidth
    ) { block, _ in
      let (row, column) = (block.rows.lowerBound, block.columns.lowerBound)
      withSingleSegment { segments in
        var product = BFloat16Product(
          rowCount: block.rows.count, columnCount: block.columns.count, depth: shape.roundedInputs,
          a: a + row * shape.roundedInputs, aRowStride: shape.roundedInputs, segments: segments,
          b: b + column * shape.roundedInputs, c: c + row * output.stride + column,
          cRowStride: output.stride, cPanelStride: kernels.panelWidth)
        product.start = .bias(start + column)
        product.rectifies = rectifies
        multiply(product)
      }
      finish(block)
    }
  }

  /// inputGradient [batch, inputs] ← (or, with `adds`, +=) outputGradient · Wᵀ. `transposed` and `pairs` have room for each
  /// worker. `finish` as for `denseForward`.
  public func denseInputGradient(
    _ shape: DenseShape, batch: Int, roundedOutputGradient: BFloats, weights: Floats, transposed: Floats,
    pairs: BFloats, inputGradient: Rows, adds: Bool = false, finish: (Block) -> Void = { _ in }
  ) {
    let a = roundedOutputGradient.checked(
      DenseShape.roundedCount(batch: batch, columns: shape.roundedOutputs), "rounded output gradient")
    let w = weights.checked(shape.weightCount, "dense weights")
    let c = inputGradient.checked(rowCount: batch, columns: shape.inputs, "dense input gradient")
    let floats = transposed.checked(workers.count * shape.transposedWeightCount, "transposed weights")
    let b = pairs.checked(workers.count * shape.transposedPairCount, "transposed weights in pairs")
    blocks(
      rowCount: batch, blockRows: batch, columns: shape.inputs, blockColumns: BFloat16Tile.panelWidth
    ) { block, worker in
      let weights = floats + worker * shape.transposedWeightCount
      let b = b + worker * shape.transposedPairCount
      kernels.transposePanels(
        w, rowCount: shape.inputs, columnCount: shape.outputs, rows: block.columns, to: weights)
      kernels.pairWeights(
        PairedWeights(
          tapCount: 1, channels: shape.outputs, columnCount: block.columns.count, panels: 0..<1,
          packed: weights, pairs: b))
      withSingleSegment { segments in
        var product = BFloat16Product(
          rowCount: batch, columnCount: block.columns.count, depth: shape.roundedOutputs, a: a,
          aRowStride: shape.roundedOutputs, segments: segments, b: b, c: c + block.columns.lowerBound,
          cRowStride: inputGradient.stride, cPanelStride: kernels.panelWidth)
        product.start = adds ? .accumulate : .zero
        multiply(product)
      }
      finish(block)
    }
  }

  /// weightGradient, in panels, ← xᵀ · y′, of the input and the rounded output gradient; biasGradient ← the sum of the
  /// output gradient's floats. `transposed` and `pairs` are room for the operands.
  public func denseWeightGradient(
    _ shape: DenseShape, batch: Int, input: Rows, outputGradient: Rows, roundedOutputGradient: BFloats,
    transposed: BFloats, pairs: BFloats, weightGradient: Floats, biasGradient: Floats?
  ) {
    let depth = BFloat16Tile.paddedDepth(batch)
    let operands = WeightGradientOperands(
      x: input.checked(rowCount: batch, columns: shape.inputs, "dense input"), xStride: input.stride,
      gradient: roundedOutputGradient.checked(
        DenseShape.roundedCount(batch: batch, columns: shape.roundedOutputs), "rounded output gradient"),
      a: transposed.checked(shape.transposedCount(batch: batch), "transposed dense input"),
      aStride: DenseShape.transposedStride(batch: batch),
      b: pairs.checked(depth * shape.outputs, "output gradient in pairs"))
    pack(operands, shape, batch: batch)
    let c = weightGradient.checked(shape.weightCount, "dense weight gradient")
    blocks(
      rowCount: shape.inputs, blockRows: Self.bfloat16WeightRows, columns: shape.outputs,
      blockColumns: BFloat16Tile.panelWidth
    ) { block, _ in
      withSingleSegment { segments in
        var product = BFloat16Product(
          rowCount: block.rows.count, columnCount: block.columns.count, depth: depth,
          a: operands.a + block.rows.lowerBound * operands.aStride, aRowStride: operands.aStride,
          segments: segments, b: operands.b + block.columns.lowerBound * depth,
          c: c + block.columns.lowerBound * shape.inputs, cRowStride: 0,
          cPanelStride: kernels.panelWidth * shape.inputs)
        product.cFirstRow = block.rows.lowerBound
        multiply(product)
      }
    }
    guard let biasGradient else { return }
    let sums = biasGradient.checked(shape.outputs, "dense bias gradient")
    let gradient = outputGradient.checked(rowCount: batch, columns: shape.outputs, "dense output gradient")
    sums.update(repeating: 0, count: shape.outputs)
    kernels.addRows(
      RowGroups(start: gradient, rowCount: batch, rowStride: outputGradient.stride),
      columnCount: shape.outputs, to: sums)
  }

  /// Transposes the input and pairs the output gradient, panel by panel.
  private func pack(_ operands: WeightGradientOperands, _ shape: DenseShape, batch: Int) {
    let depth = BFloat16Tile.paddedDepth(batch)
    let inputPanels = bfloat16PanelCount(shape.inputs)
    workers.forEach(inputPanels + bfloat16PanelCount(shape.outputs)) { task, _ in
      if task < inputPanels {
        let first = task * BFloat16Tile.panelWidth
        let columns = first..<min(first + BFloat16Tile.panelWidth, shape.inputs)
        kernels.roundTransposed(
          TransposedRows(
            rowCount: batch, columnCount: columns.count, rows: operands.x + first,
            rowStride: operands.xStride,
            transposed: operands.a + first * operands.aStride, transposedStride: operands.aStride))
        // A smaller batch than the last leaves images of that.
        for column in columns {
          (operands.a + column * operands.aStride + batch)
            .update(repeating: BFloat16(bits: 0), count: depth - batch)
        }
      } else {
        let first = (task - inputPanels) * BFloat16Tile.panelWidth
        kernels.pairRows(
          PairedRows(
            rowCount: depth, columnCount: min(BFloat16Tile.panelWidth, shape.outputs - first),
            rows: operands.gradient + first, rowStride: shape.roundedOutputs,
            pairs: operands.b + first * depth))
      }
    }
  }
}

/// What a weight gradient multiplies: a [inputs, batch] by b [batch, outputs], made of x [batch, inputs] and the gradient.
private struct WeightGradientOperands {
  let x: UnsafePointer<Float>
  let xStride: Int
  let gradient: UnsafePointer<BFloat16>
  let a: UnsafeMutablePointer<BFloat16>
  let aStride: Int
  let b: UnsafeMutablePointer<BFloat16>
}

/// Calls `body` with the segments of a product that has one.
@inline(__always)
func withSingleSegment(_ body: (UnsafeBufferPointer<Int>) -> Void) {
  withUnsafePointer(to: 0) { body(UnsafeBufferPointer(start: $0, count: 1)) }
}
