// The weight gradients of dense layers, all in one loop: by then every output gradient is known, and one loop's end is
// waited for instead of one for each layer.
//
// A task is a piece of a layer's weights: some rows of a panel. Who wants to do something with a piece of the gradient is
// given it when it is written and still in the cache. Who wants nothing else of it need not keep it: then a thread writes
// all of its pieces to the same place, and memory never sees a gradient.

import KernelInterface

/// A dense layer whose weight gradient is wanted: weightGradient ← inputᵀ · outputGradient, in panels; biasGradient ← Σ of
/// outputGradient over the batch.
public struct DenseWeightGradient {
  public let shape: DenseShape
  public let input: Rows
  public let outputGradient: Rows
  /// `nil` where the gradient is not kept.
  public let weightGradient: Floats?
  public let biasGradient: Floats
  /// Room to list the images that count, for a layer that reads images.
  public let terms: TermListMemory?

  public init(
    _ shape: DenseShape, input: Rows, outputGradient: Rows, weightGradient: Floats?, biasGradient: Floats,
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
  /// Rows of a task: 108 KiB of a panel of AVX-512, which an optimiser's arrays of that length leave in the L2 cache. With
  /// pieces of one block, Adam was slower than behind a loop of its own: short runs of many arrays keep the processor's
  /// prefetching from getting under way.
  private static let weightTaskRows = 9 * weightBlockRows

  /// Floats of scratch memory that `denseWeightGradients` wants where a gradient is not kept.
  public var weightGradientScratchCount: Int { workers.count * weightGradientPieceCount }

  private var weightGradientPieceCount: Int { Self.weightTaskRows * kernels.panelWidth }

  /// Room for `denseWeightGradients` to list the images that count.
  public func weightGradientTerms(_ shape: DenseShape, batch: Int) -> TermListMemory {
    TermListMemory(
      rowCount: shape.inputs, blockRows: Self.weightBlockRows, depth: batch, tileRows: kernels.tileRows)
  }

  /// Bytes of that room, in Double, which no batch overflows.
  public func weightGradientTermsByteCount(_ shape: DenseShape, batch: Int) -> Double {
    TermListMemory.byteCount(
      rowCount: shape.inputs, blockRows: Self.weightBlockRows, depth: batch, tileRows: kernels.tileRows)
  }

  /// The gradients of some layers' weights and biases. `finish` is called for each piece of a layer's weights when its
  /// gradient is written, on the thread that wrote it: with the layer's number, the piece's place among its weights, and
  /// the piece of the gradient. `scratch` is for gradients that are not kept.
  public func denseWeightGradients(
    _ layers: [DenseWeightGradient], batch: Int, scratch: Floats? = nil,
    finish: (_ layer: Int, _ weights: Range<Int>, _ gradient: Floats) -> Void = { _, _, _ in }
  ) {
    let pieces = scratch.map { $0.checked(weightGradientScratchCount, "pieces of weight gradients") }
    let problems = layers.map { WeightGradientProblem($0, batch: batch, panelWidth: kernels.panelWidth) }
    for problem in problems where problem.layer.terms != nil {
      listTerms(rowCount: problem.shape.inputs, blockRows: Self.weightBlockRows) {
        problem.product($0.rows, blockRows: Self.weightBlockRows)
      }
    }
    // Tasks are numbered through all layers.
    let rowTasks = problems.map { ($0.shape.inputs + Self.weightTaskRows - 1) / Self.weightTaskRows }
    let columnTasks = problems.map { ($0.shape.outputs + Self.blockColumns - 1) / Self.blockColumns }
    let counts = zip(rowTasks, columnTasks).map { $0 * $1 }
    workers.forEach(counts.reduce(0, +)) { task, worker in
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
      let piece = pieces.map { $0 + worker * weightGradientPieceCount }
      multiply(problems[layer], block, piece: piece) { finish(layer, $0, $1) }
    }
  }

  /// One task; `finish` is called for the piece in each panel. `piece` is where one is written that is not kept.
  private func multiply(
    _ problem: WeightGradientProblem, _ block: Block, piece: UnsafeMutablePointer<Float>?,
    _ finish: (_ weights: Range<Int>, _ gradient: Floats) -> Void
  ) {
    for column in stride(
      from: block.columns.lowerBound, to: block.columns.upperBound, by: kernels.panelWidth)
    {
      let place = problem.place(block.rows, column: column)
      let gradient = problem.gradient(place, orIn: piece)
      for row in stride(from: block.rows.lowerBound, to: block.rows.upperBound, by: Self.weightBlockRows) {
        let rows = row..<min(row + Self.weightBlockRows, block.rows.upperBound)
        var product = problem.product(rows, column: column, blockRows: Self.weightBlockRows)
        product.c = gradient + (problem.place(rows, column: column).lowerBound - place.lowerBound)
        kernels.multiply(product)
      }
      finish(place, Floats(start: gradient, count: place.count))
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
  private let c: UnsafeMutablePointer<Float>?
  private let sums: UnsafeMutablePointer<Float>

  var shape: DenseShape { layer.shape }

  init(_ layer: DenseWeightGradient, batch: Int, panelWidth: Int) {
    self.layer = layer
    self.batch = batch
    self.panelWidth = panelWidth
    let shape = layer.shape
    a = layer.input.checked(rowCount: batch, columns: shape.inputs, "dense input")
    b = layer.outputGradient.checked(rowCount: batch, columns: shape.outputs, "dense output gradient")
    c = layer.weightGradient.map { $0.checked(shape.weightCount, "dense weight gradient") }
    sums = layer.biasGradient.checked(shape.outputs, "dense bias gradient")
  }

  /// Where some rows of the panel that begins with a column lie.
  func place(_ rows: Range<Int>, column: Int) -> Range<Int> {
    let width = min(panelWidth, shape.outputs - column)
    let start = column * shape.inputs + rows.lowerBound * width
    return start..<start + rows.count * width
  }

  /// Where the gradient of some weights is written.
  func gradient(_ place: Range<Int>, orIn piece: UnsafeMutablePointer<Float>?) -> UnsafeMutablePointer<Float>
  {
    if let c { return c + place.lowerBound }
    guard let piece else { preconditionFailure("no room for a weight gradient that is not kept") }
    return piece
  }

  /// A block, some rows of the panel that begins with a column; where its result goes is still to be said.
  func product(_ rows: Range<Int>, column: Int = 0, blockRows: Int) -> MatrixProduct {
    var product = MatrixProduct(
      rowCount: rows.count, columnCount: min(panelWidth, shape.outputs - column), depth: batch,
      a: a + rows.lowerBound, aRowStride: 1, aDepthStride: layer.input.stride, b: b + column,
      bRowStride: layer.outputGradient.stride, bPanelStride: 0,
      c: b, cRowStride: 0, cPanelStride: 0)
    product.terms = layer.terms?.lists(block: rows.lowerBound / blockRows, depth: batch)
    return product
  }

  func sumBias(_ columns: Range<Int>, _ kernels: any KernelSet.Type) {
    let column = columns.lowerBound
    (sums + column).update(repeating: 0, count: columns.count)
    kernels.addRows(
      RowGroups(start: b + column, rowCount: batch, rowStride: layer.outputGradient.stride),
      columnCount: columns.count, to: sums + column)
  }
}
