// The weight gradients of dense layers, all in one loop. By then every output gradient is known, and threads wait for
// the end of one loop instead of one for each layer.
//
// A task is a piece of a layer's weights: some rows of a panel. A caller receives each piece of the gradient after it
// is written, while it is still in the cache. If the caller does not keep the gradient, a thread writes all of its
// pieces to the same place, so that gradients never reach memory.

import KernelInterface

/// A dense layer whose weight gradient is wanted: weightGradient ← inputᵀ · outputGradient, in panels; biasGradient ← Σ of
/// outputGradient over the batch.
public struct DenseWeightGradient {
  public let shape: DenseShape
  public let input: Rows
  public let outputGradient: Rows
  /// The weight gradient, in panels; `nil` if it is not kept.
  public let weightGradient: Floats?
  public let biasGradient: Floats
  /// Memory to list the images that count, for a layer that reads images.
  public let terms: TermListMemory?
  /// Memory to pack the input of any other layer, ``Engine/weightGradientPackedCount(_:)`` floats for each image.
  public let packed: Floats?
  /// The blocks of outputs whose gradients are wanted, out of ``DenseShape/outputBlocks``; `nil` for all of them.
  public let outputBlocks: Range<Int>?

  public init(
    _ shape: DenseShape, input: Rows, outputGradient: Rows, weightGradient: Floats?, biasGradient: Floats,
    terms: TermListMemory? = nil, packed: Floats? = nil, outputBlocks: Range<Int>? = nil
  ) {
    self.shape = shape
    self.input = input
    self.outputGradient = outputGradient
    self.weightGradient = weightGradient
    self.biasGradient = biasGradient
    self.terms = terms
    self.packed = packed
    self.outputBlocks = outputBlocks
  }
}

extension Engine {
  /// The rows of a block, which is a separate product. Its sums are only as long as the batch.
  private static let weightBlockRows = 96
  /// The rows of a task: 108 KiB of a panel with AVX-512, which stay in the L2 cache beside an optimiser's arrays of
  /// that length. With pieces of one block, Adam was slower than in a separate loop: short runs of many arrays end
  /// before the processor's prefetching gets under way.
  private static let weightTaskRows = 9 * weightBlockRows

  /// The number of floats of scratch memory that `denseWeightGradients` needs if a gradient is not kept.
  public var weightGradientScratchCount: Int { workers.count * weightGradientPieceCount }

  private var weightGradientPieceCount: Int { Self.weightTaskRows * kernels.panelWidth }

  /// From this batch size and this number of outputs on, the input is packed before the product. Without
  /// packing, a tile reads a few floats of every image, each in another page of memory, and takes up to a fifth
  /// longer. Packing costs as much as it saves for a batch of 20, or for 256 outputs, which read the packed
  /// input half as often as 512.
  private static let packedBatch = 32
  private static let packedOutputs = 512

  /// Returns the number of floats of `DenseWeightGradient.packed` for each image; 0 if nothing is packed.
  public func weightGradientPackedCount(_ shape: DenseShape) -> Int {
    guard shape.outputs >= Self.packedOutputs else { return 0 }
    let tiles = { (rows: Int) in (rows + kernels.tileRows - 1) / kernels.tileRows }
    let whole = shape.inputs / Self.weightBlockRows * tiles(Self.weightBlockRows)
    return (whole + tiles(shape.inputs % Self.weightBlockRows)) * kernels.tileRows
  }

  /// Returns the memory for a packed input, if there is any and packing pays.
  fileprivate func packedInput(_ layer: DenseWeightGradient, batch: Int) -> UnsafeMutablePointer<Float>? {
    let count = weightGradientPackedCount(layer.shape)
    guard layer.terms == nil, let packed = layer.packed, batch >= Self.packedBatch, count > 0 else {
      return nil
    }
    return packed.checked(batch * count, "packed dense input")
  }

  /// Returns memory for `denseWeightGradients` to list the images that count.
  ///
  /// - Complexity: Memory of O(batch · inputs).
  public func weightGradientTerms(_ shape: DenseShape, batch: Int) -> TermListMemory {
    TermListMemory(
      rowCount: shape.inputs, blockRows: Self.weightBlockRows, depth: batch, tileRows: kernels.tileRows)
  }

  /// Returns the size in bytes of that memory, as a Double, which no batch overflows.
  public func weightGradientTermsByteCount(_ shape: DenseShape, batch: Int) -> Double {
    TermListMemory.byteCount(
      rowCount: shape.inputs, blockRows: Self.weightBlockRows, depth: batch, tileRows: kernels.tileRows)
  }

  /// Computes the gradients of some layers' weights and biases. `finish` is called for each piece of a layer's weights
  /// after its gradient is written, on the thread that wrote it. It gets the layer's number, the piece's range among
  /// its weights, and the piece of the gradient. `scratch` is for gradients that are not kept.
  ///
  /// - Complexity: O(batch · w), where w is the number of weights of all layers.
  public func denseWeightGradients(
    _ layers: [DenseWeightGradient], batch: Int, scratch: Floats? = nil,
    finish: (_ layer: Int, _ weights: Range<Int>, _ gradient: Floats) -> Void = { _, _, _ in }
  ) {
    let pieces = scratch.map { $0.checked(weightGradientScratchCount, "pieces of weight gradients") }
    let problems = layers.map {
      WeightGradientProblem($0, batch: batch, blockRows: Self.weightBlockRows, self)
    }
    let preparations = interleaved(problems.map(\.preparationCount))
    workers.forEach(preparations.count) { task, _ in
      problems[preparations[task].layer].prepare(preparations[task].number, kernels)
    }
    let rowTasks = problems.map { ($0.shape.inputs + Self.weightTaskRows - 1) / Self.weightTaskRows }
    let columnTasks = problems.map { $0.layer.outputBlocks ?? 0..<$0.shape.outputBlocks }
    let tasks = interleaved(zip(rowTasks, columnTasks).map { $0 * $1.count })
    workers.forEach(tasks.count) { task, worker in
      let (layer, number) = tasks[task]
      let shape = problems[layer].shape
      let row = number % rowTasks[layer] * Self.weightTaskRows
      let column = shape.start(ofOutputBlock: columnTasks[layer].lowerBound + number / rowTasks[layer])
      let block = Block(
        rows: row..<min(row + Self.weightTaskRows, shape.inputs),
        columns: column..<min(column + Self.blockColumns, shape.outputs))
      let piece = pieces.map { $0 + worker * weightGradientPieceCount }
      multiply(problems[layer], block, piece: piece) { finish(layer, $0, $1) }
    }
  }

  /// Interleaves the tasks of all layers, each at the same fraction of the list as it is of its layer. So a thread's
  /// share is the same part of each layer's columns as in a loop over that layer alone, and a thread changes those
  /// weights that it will read.
  private func interleaved(_ counts: [Int]) -> [(layer: Int, number: Int)] {
    var done = counts.map { _ in 0 }
    return (0..<counts.reduce(0, +)).map { _ in
      var next = 0
      for layer in counts.indices where done[layer] < counts[layer] {
        // The middle of a task, (2 · done + 1) / (2 · count), of either layer.
        let isEarlier = (2 * done[layer] + 1) * counts[next] < (2 * done[next] + 1) * counts[layer]
        if done[next] == counts[next] || isEarlier { next = layer }
      }
      done[next] += 1
      return (next, done[next] - 1)
    }
  }

  /// Runs one task, and calls `finish` for the piece in each panel. `piece` is the memory for one that is not kept.
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
        var product = problem.product(rows, column: column)
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
  private let blockRows: Int
  private let panelWidth: Int
  private let tileRows: Int
  private let packed: UnsafeMutablePointer<Float>?
  private let a: UnsafeMutablePointer<Float>
  private let b: UnsafeMutablePointer<Float>
  private let c: UnsafeMutablePointer<Float>?
  private let sums: UnsafeMutablePointer<Float>

  var shape: DenseShape { layer.shape }

  init(_ layer: DenseWeightGradient, batch: Int, blockRows: Int, _ engine: Engine) {
    self.layer = layer
    self.batch = batch
    self.blockRows = blockRows
    panelWidth = engine.kernels.panelWidth
    tileRows = engine.kernels.tileRows
    packed = engine.packedInput(layer, batch: batch)
    let shape = layer.shape
    a = layer.input.checked(rowCount: batch, columns: shape.inputs, "dense input")
    b = layer.outputGradient.checked(rowCount: batch, columns: shape.outputs, "dense output gradient")
    c = layer.weightGradient.map { $0.checked(shape.weightCount, "dense weight gradient") }
    sums = layer.biasGradient.checked(shape.outputs, "dense bias gradient")
  }

  /// Returns the range of some rows of the panel that begins with `column`.
  func place(_ rows: Range<Int>, column: Int) -> Range<Int> {
    let width = min(panelWidth, shape.outputs - column)
    let start = column * shape.inputs + rows.lowerBound * width
    return start..<start + rows.count * width
  }

  /// Returns the address to write the gradient of some weights to.
  func gradient(_ place: Range<Int>, orIn piece: UnsafeMutablePointer<Float>?) -> UnsafeMutablePointer<Float>
  {
    if let c { return c + place.lowerBound }
    guard let piece else { preconditionFailure("no room for a weight gradient that is not kept") }
    return piece
  }

  /// The number of blocks of the input to list or pack before any product.
  var preparationCount: Int {
    layer.terms == nil && packed == nil ? 0 : (shape.inputs + blockRows - 1) / blockRows
  }

  func prepare(_ block: Int, _ kernels: any KernelSet.Type) {
    let rows = block * blockRows..<min((block + 1) * blockRows, shape.inputs)
    let product = unpackedProduct(rows, column: 0)
    if let packed {
      kernels.packTiles(of: product, to: packed + block * packedBlockCount)
    } else {
      kernels.listTerms(of: product)
    }
  }

  /// The number of packed floats in a whole block.
  private var packedBlockCount: Int { (blockRows + tileRows - 1) / tileRows * tileRows * batch }

  /// Returns the product of a block, some rows of the panel that begins with `column`. The caller sets its `c`.
  func product(_ rows: Range<Int>, column: Int) -> MatrixProduct {
    var product = unpackedProduct(rows, column: column)
    if let packed {
      product.a = UnsafePointer(packed + rows.lowerBound / blockRows * packedBlockCount)
      product.aDepthStride = tileRows
      product.aTileStride = tileRows * batch
    }
    return product
  }

  /// Returns the same product over the unpacked input.
  private func unpackedProduct(_ rows: Range<Int>, column: Int) -> MatrixProduct {
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
