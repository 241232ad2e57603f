// Dense layers over a batch whose products take bfloat16.
//
//     forward          y = x · W + b       x in rows, W in pairs of inputs
//     input gradient   x′ = y′ · Wᵀ        y′ in rows, Wᵀ in pairs of outputs, made block by block
//     weight gradient  W′ = xᵀ · y′        xᵀ in rows, y′ in pairs of images
//
// Floats have the layouts of DenseLayer.swift. Depths are padded to whole tiles with terms of 0.

import KernelInterface

extension DenseShape {
  /// The number of bfloat16 in the weights in pairs.
  public var pairCount: Int { BFloat16Tile.paddedDepth(inputs) * outputs }
  /// The row strides of the rounded input and of the rounded output gradient, in bfloat16.
  public var roundedInputs: Int { BFloat16Tile.paddedDepth(inputs) }
  public var roundedOutputs: Int { BFloat16Tile.paddedDepth(outputs) }

  /// Returns the number of bfloat16 in a batch of rows, including those that products may read after the last one.
  public static func roundedCount(batch: Int, columns: Int) -> Int {
    (BFloat16Tile.paddedDepth(batch) + BFloat16Product.rowsReadAfterTheLast) * columns
  }

  /// Returns the row stride of the input's transpose: a tile more than a batch needs, so that rows do not fall into
  /// the same sets of a cache.
  public static func transposedStride(batch: Int) -> Int {
    BFloat16Tile.paddedDepth(batch) + BFloat16Tile.depth
  }

  /// Returns the number of bfloat16 in the input's transpose.
  public func transposedCount(batch: Int) -> Int {
    (inputs + BFloat16Product.rowsReadAfterTheLast) * Self.transposedStride(batch: batch)
  }

  /// The scratch memory of a worker for an input gradient: some of the weights, transposed, as floats and in pairs.
  public var transposedWeightCount: Int { min(BFloat16Tile.panelWidth, inputs) * outputs }
  public var transposedPairCount: Int { min(BFloat16Tile.panelWidth, inputs) * roundedOutputs }
}

extension Engine {
  /// The rows of a block, the height of four tiles.
  private static let bfloat16BlockRows = 4 * BFloat16Tile.rows
  /// The rows of a block of a weight gradient.
  private static let bfloat16WeightRows = 16 * BFloat16Tile.rows

  /// pairs ← the weights of a dense layer as its forward pass reads them.
  ///
  /// - Complexity: O(weightCount).
  public func pairDenseWeights(_ shape: DenseShape, weights: Floats, pairs: BFloats) {
    workers.forEach(bfloat16PanelCount(shape.outputs)) { panel, _ in
      pairWeights(
        tapCount: 1, channels: shape.inputs, columns: shape.outputs, panels: panel..<panel + 1,
        weights: weights,
        pairs: pairs)
    }
  }

  /// rounded [batch, columns], padded to whole tiles, ← rows. The remaining rows of the last tile become 0.
  ///
  /// - Complexity: O(batch · columns).
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

  /// output [batch, outputs] ← input · weights + bias, rectified if `rectifies`. `finish` works as in
  /// `denseForward` of floats.
  ///
  /// - Complexity: O(batch · weightCount).
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

  /// inputGradient [batch, inputs] ← (or, if `adds`, +=) outputGradient · Wᵀ. `transposed` and `pairs` have room for
  /// each worker. `finish` works as in `denseForward`.
  ///
  /// - Complexity: O(batch · weightCount).
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

  /// weightGradient, in panels, ← xᵀ · y′ of the input and the rounded output gradient; biasGradient ← the sum of the
  /// output gradient's floats. `transposed` and `pairs` are scratch memory for the operands.
  ///
  /// - Complexity: O(batch · weightCount).
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
        // If this batch is smaller than the last one, images of that one are left.
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

/// The operands of a weight gradient: a [inputs, batch] and b [batch, outputs], packed from x [batch, inputs]
/// and the gradient.
private struct WeightGradientOperands {
  let x: UnsafePointer<Float>
  let xStride: Int
  let gradient: UnsafePointer<BFloat16>
  let a: UnsafeMutablePointer<BFloat16>
  let aStride: Int
  let b: UnsafeMutablePointer<BFloat16>
}

/// Calls `body` with the segments of a product that has only one.
@inline(__always)
func withSingleSegment(_ body: (UnsafeBufferPointer<Int>) -> Void) {
  withUnsafePointer(to: 0) { body(UnsafeBufferPointer(start: $0, count: 1)) }
}
