// Dense layers over a batch: the forward pass and the input gradient. DenseWeightGradient.swift has the third product.
//
//     forward          y = x · W + b       [batch, inputs] · [inputs, outputs]
//     weight gradient  W′ = xᵀ · y′        b′ = Σ over the batch of y′
//     input gradient   x′ = y′ · Wᵀ
//
// Weights are stored in panels ([outputPanel][input][width]), so that the forward pass reads them from front to back.
// The weight gradient and the optimiser use the same layout. The input gradient multiplies by the transpose, and each
// block makes the part of it that it reads.
//
// A layer that reads images gets memory for lists of terms: a tile of its products skips pixels that are 0 in all
// rows. That saves a third of the work if images with the same background are neighbours in a batch, and pixels of the
// same neighbourhood are neighbours in an image.
//
// Every product is cut into blocks of rows and columns that depend on its shape only. The sums of a block are
// complete, so that nothing needs to be reduced.

import KernelInterface

/// The shape of a dense layer. Both counts are padded to the lane.
public struct DenseShape: Equatable, Sendable {
  public let inputs: Int
  public let outputs: Int

  public init(inputs: Int, outputs: Int) {
    precondition(inputs >= 1 && inputs % Lane.width == 0, "\(inputs) inputs are not padded to the lane")
    precondition(
      outputs >= 1 && outputs % Lane.width == 0, "\(outputs) outputs are not padded to the lane")
    self.inputs = inputs
    self.outputs = outputs
  }

  /// The number of weights, [outputPanel][input][width].
  public var weightCount: Int { inputs * outputs }

  /// The blocks of outputs that a product's tasks are cut into.
  public var outputBlocks: Int { (outputs + Engine.blockColumns - 1) / Engine.blockColumns }

  /// Returns the first output of a block; for the block after the last one, the number of outputs.
  public func start(ofOutputBlock block: Int) -> Int { min(block * Engine.blockColumns, outputs) }
}

/// A block of a product's result: some rows and columns.
public struct Block {
  public let rows: Range<Int>
  public let columns: Range<Int>
}

extension Engine {
  /// The columns of a block: one panel with AVX-512, several whole panels with other instruction sets.
  static let blockColumns = 32
  /// The rows of a block: four register tiles with AVX-512. With 1,568 inputs, that is 40 µs of work, far more than
  /// claiming a task costs, and the largest layer still has 48 blocks to share out at batch 128.
  private static let blockRows = 48
  /// The rows of a block of an input gradient. There are many, since each block transposes its weights, which is then a
  /// fiftieth of its work.
  private static let inputBlockRows = 192

  /// Returns memory for `denseForward` to list the pixels that count.
  ///
  /// - Complexity: Memory of O(batch · inputs).
  public func forwardTerms(_ shape: DenseShape, batch: Int) -> TermListMemory {
    TermListMemory(
      rowCount: batch, blockRows: Self.blockRows, depth: shape.inputs, tileRows: kernels.tileRows)
  }

  /// Returns the size in bytes of that memory, as a Double, which no batch overflows.
  public func forwardTermsByteCount(_ shape: DenseShape, batch: Int) -> Double {
    TermListMemory.byteCount(
      rowCount: batch, blockRows: Self.blockRows, depth: shape.inputs, tileRows: kernels.tileRows)
  }

  func blocks(
    rowCount: Int, blockRows: Int, columns: Int, blockColumns: Int = Self.blockColumns,
    _ body: (Block, _ worker: Int) -> Void
  ) {
    let rowBlocks = (rowCount + blockRows - 1) / blockRows
    let columnBlocks = (columns + blockColumns - 1) / blockColumns
    // Blocks of the same columns follow each other: they share a panel of B, the larger operand.
    workers.forEach(rowBlocks * columnBlocks) { task, worker in
      let row = task % rowBlocks * blockRows
      let column = task / rowBlocks * blockColumns
      body(
        Block(
          rows: row..<min(row + blockRows, rowCount), columns: column..<min(column + blockColumns, columns)),
        worker)
    }
  }

  /// output [batch, outputs] ← input · weights + bias, rectified if `rectifies`.
  ///
  /// `finish` is called for each block of the output after it is written, on the thread that wrote it. It is meant for
  /// elementwise work, which is fastest while the block is in the cache.
  ///
  /// - Complexity: O(batch · weightCount); with `terms`, without those that are 0 in all rows of a tile.
  public func denseForward(
    _ shape: DenseShape, batch: Int, input: Rows, weights: Floats, bias: Floats, output: Rows,
    rectifies: Bool, terms: TermListMemory? = nil, finish: (Block) -> Void = { _ in }
  ) {
    let a = input.checked(rowCount: batch, columns: shape.inputs, "dense input")
    let b = weights.checked(shape.weightCount, "dense weights")
    let start = bias.checked(shape.outputs, "dense bias")
    let c = output.checked(rowCount: batch, columns: shape.outputs, "dense output")
    func product(_ block: Block) -> MatrixProduct {
      let column = block.columns.lowerBound
      var product = MatrixProduct(
        rowCount: block.rows.count, columnCount: block.columns.count, depth: shape.inputs,
        a: a + block.rows.lowerBound * input.stride, aRowStride: input.stride, aDepthStride: 1,
        b: b + column * shape.inputs, bRowStride: 0, bPanelStride: kernels.panelWidth * shape.inputs,
        c: c + block.rows.lowerBound * output.stride + column, cRowStride: output.stride,
        cPanelStride: kernels.panelWidth)
      product.start = .bias(start + column)
      product.rectifies = rectifies
      product.terms = terms?.lists(block: block.rows.lowerBound / Self.blockRows, depth: shape.inputs)
      return product
    }
    if terms != nil { listTerms(rowCount: batch, blockRows: Self.blockRows, product) }
    blocks(rowCount: batch, blockRows: Self.blockRows, columns: shape.outputs) { block, _ in
      kernels.multiply(product(block))
      finish(block)
    }
  }

  /// Lists the terms of each block of rows, which all of its columns will share.
  private func listTerms(rowCount: Int, blockRows: Int, _ product: (Block) -> MatrixProduct) {
    blocks(rowCount: rowCount, blockRows: blockRows, columns: Self.blockColumns) { block, _ in
      kernels.listTerms(of: product(block))
    }
  }

  /// Returns the number of floats of scratch memory that `denseInputGradient` needs.
  public func inputGradientScratchCount(_ shape: DenseShape) -> Int {
    workers.count * min(Self.blockColumns, shape.inputs) * shape.outputs
  }

  /// inputGradient [batch, inputs] ← (or, if `adds`, +=) outputGradient · Wᵀ. `finish` works as in `denseForward`.
  ///
  /// Each block transposes the weights of its columns into `scratch`, which stays in the cache. A transpose of all
  /// weights in each step would pass through memory three times.
  ///
  /// - Complexity: O(batch · weightCount).
  public func denseInputGradient(
    _ shape: DenseShape, batch: Int, outputGradient: Rows, weights: Floats, scratch: Floats,
    inputGradient: Rows, adds: Bool = false, finish: (Block) -> Void = { _ in }
  ) {
    let a = outputGradient.checked(rowCount: batch, columns: shape.outputs, "dense output gradient")
    let w = weights.checked(shape.weightCount, "dense weights")
    let c = inputGradient.checked(rowCount: batch, columns: shape.inputs, "dense input gradient")
    let panels = scratch.checked(inputGradientScratchCount(shape), "transposed dense weights")
    let panelCount = min(Self.blockColumns, shape.inputs) * shape.outputs
    blocks(rowCount: batch, blockRows: Self.inputBlockRows, columns: shape.inputs) { block, worker in
      let column = block.columns.lowerBound
      let transposed = panels + worker * panelCount
      kernels.transposePanels(
        w, rowCount: shape.inputs, columnCount: shape.outputs, rows: block.columns, to: transposed)
      var product = MatrixProduct(
        rowCount: block.rows.count, columnCount: block.columns.count, depth: shape.outputs,
        a: a + block.rows.lowerBound * outputGradient.stride, aRowStride: outputGradient.stride,
        aDepthStride: 1, b: transposed, bRowStride: 0, bPanelStride: kernels.panelWidth * shape.outputs,
        c: c + block.rows.lowerBound * inputGradient.stride + column, cRowStride: inputGradient.stride,
        cPanelStride: kernels.panelWidth)
      product.start = adds ? .accumulate : .zero
      kernels.multiply(product)
      finish(block)
    }
  }
}
