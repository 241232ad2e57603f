// The weight gradients of dense layers, all in one loop: by then every output gradient is known, and one loop's end is
// waited for instead of one for each layer.
//
// A task is a piece of a layer's weights: some rows of a panel. Who wants to do something with a piece of the gradient is
// told when it is written and still in the cache.

import KernelInterface

/// A dense layer whose weight gradient is wanted: weightGradient ← inputᵀ · outputGradient, in panels; biasGradient ← Σ of
/// outputGradient over the batch.
public struct DenseWeightGradient {
  public let shape: DenseShape
  public let input: Rows
  public let outputGradient: Rows
  public let weightGradient: Floats
  public let biasGradient: Floats
  /// Room to list the images that count, for a layer that reads images.
  public let terms: TermListMemory?

  public init(
    _ shape: DenseShape, input: Rows, outputGradient: Rows, weightGradient: Floats, biasGradient: Floats,
    terms: TermListMemory? = nil
  ) {
    self.shape = shape
    self.input = input
    self.outputGradient = outputGradient
    self.weightGradient = weightGradient
    self.biasGradient = biasGradient
    self.terms = terms
  }
}

extension Engine {
  /// Rows of a block, which is a product of its own; its sums are only as long as the batch.
  private static let weightBlockRows = 96
  /// Rows of a task: blocks whose piece of the weights, 48 KiB of a panel of AVX-512, is long enough for an optimiser to
  /// run over. With pieces of one block, a step of Adam was slower than with all of them after the last; with these it
  /// is faster.
  private static let weightTaskRows = 4 * weightBlockRows

  /// Room for `denseWeightGradients` to list the images that count.
  public func weightGradientTerms(_ shape: DenseShape, batch: Int) -> TermListMemory {
    TermListMemory(
      rowCount: shape.inputs, blockRows: Self.weightBlockRows, depth: batch, tileRows: kernels.tileRows)
  }

  /// The gradients of some layers' weights and biases. `finish` is called for each piece of a layer's weights when its
  /// gradient is written, on the thread that wrote it: with the layer's number and the piece's place among its weights.
  public func denseWeightGradients(
    _ layers: [DenseWeightGradient], batch: Int,
    finish: (_ layer: Int, _ weights: Range<Int>) -> Void = { _, _ in }
  ) {
    let problems = layers.map { WeightGradientProblem($0, batch: batch, panelWidth: kernels.panelWidth) }
    for problem in problems where problem.layer.terms != nil {
      listTerms(rowCount: problem.shape.inputs, blockRows: Self.weightBlockRows) {
        problem.product($0.rows, column: 0, blockRows: Self.weightBlockRows)
      }
    }
    // Tasks are numbered through all layers.
    let rowTasks = problems.map { ($0.shape.inputs + Self.weightTaskRows - 1) / Self.weightTaskRows }
    let columnTasks = problems.map { ($0.shape.outputs + Self.blockColumns - 1) / Self.blockColumns }
    let counts = zip(rowTasks, columnTasks).map { $0 * $1 }
    workers.forEach(counts.reduce(0, +)) { task, _ in
      var (layer, number) = (0, task)
      while number >= counts[layer] {
        number -= counts[layer]
        layer += 1
      }
      let shape = problems[layer].shape
      let row = number % rowTasks[layer] * Self.weightTaskRows
      let column = number / rowTasks[layer] * Self.blockColumns
      let block = Block(
        rows: row..<min(row + Self.weightTaskRows, shape.inputs),
        columns: column..<min(column + Self.blockColumns, shape.outputs))
      multiply(problems[layer], block) { finish(layer, $0) }
    }
  }

  /// One task; `finish` is called for the piece in each panel.
  private func multiply(
    _ problem: WeightGradientProblem, _ block: Block, _ finish: (_ weights: Range<Int>) -> Void
  ) {
    for column in stride(
      from: block.columns.lowerBound, to: block.columns.upperBound, by: kernels.panelWidth)
    {
      for row in stride(from: block.rows.lowerBound, to: block.rows.upperBound, by: Self.weightBlockRows) {
        let rows = row..<min(row + Self.weightBlockRows, block.rows.upperBound)
        kernels.multiply(problem.product(rows, column: column, blockRows: Self.weightBlockRows))
      }
      finish(problem.place(block.rows, column: column))
    }
    if block.rows.lowerBound == 0 { problem.sumBias(block.columns, kernels) }
  }
}

/// A layer with its operands checked.
private struct WeightGradientProblem {
  let layer: DenseWeightGradient
  let batch: Int
  let panelWidth: Int
  private let a: UnsafeMutablePointer<Float>
  private let b: UnsafeMutablePointer<Float>
  private let c: UnsafeMutablePointer<Float>
  private let sums: UnsafeMutablePointer<Float>

  var shape: DenseShape { layer.shape }

  init(_ layer: DenseWeightGradient, batch: Int, panelWidth: Int) {
    self.layer = layer
    self.batch = batch
    self.panelWidth = panelWidth
    let shape = layer.shape
    a = layer.input.checked(rowCount: batch, columns: shape.inputs, "dense input")
    b = layer.outputGradient.checked(rowCount: batch, columns: shape.outputs, "dense output gradient")
    c = layer.weightGradient.checked(shape.weightCount, "dense weight gradient")
    sums = layer.biasGradient.checked(shape.outputs, "dense bias gradient")
  }

  /// Where some rows of the panel that begins with a column lie.
  func place(_ rows: Range<Int>, column: Int) -> Range<Int> {
    let width = min(panelWidth, shape.outputs - column)
    let start = column * shape.inputs + rows.lowerBound * width
    return start..<start + rows.count * width
  }

  /// A block: some rows of the panel that begins with a column.
  func product(_ rows: Range<Int>, column: Int, blockRows: Int) -> MatrixProduct {
    var product = MatrixProduct(
      rowCount: rows.count, columnCount: min(panelWidth, shape.outputs - column), depth: batch,
      a: a + rows.lowerBound, aRowStride: 1, aDepthStride: layer.input.stride, b: b + column,
      bRowStride: layer.outputGradient.stride, bPanelStride: 0,
      c: c + place(rows, column: column).lowerBound, cRowStride: 0, cPanelStride: 0)
    product.terms = layer.terms?.lists(block: rows.lowerBound / blockRows, depth: batch)
    return product
  }

  func sumBias(_ columns: Range<Int>, _ kernels: KernelSet) {
    let column = columns.lowerBound
    (sums + column).update(repeating: 0, count: columns.count)
    kernels.addRows(b + column, batch, layer.outputGradient.stride, columns.count, sums + column)
  }
}
