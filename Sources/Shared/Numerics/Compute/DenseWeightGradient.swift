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
  /// Room to pack the input of another layer, ``Engine/weightGradientPackedCount(_:)`` floats for each image.
  public let packed: Floats?
  /// The blocks of outputs whose gradients are wanted, of ``DenseShape/outputBlocks``; `nil` for all of them.
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
  /// Rows of a block, which is a product of its own; its sums are only as long as the batch.
  private static let weightBlockRows = 96
  /// Rows of a task: 108 KiB of a panel of AVX-512, which an optimiser's arrays of that length leave in the L2 cache. With
  /// pieces of one block, Adam was slower than behind a loop of its own: short runs of many arrays keep the processor's
  /// prefetching from getting under way.
  private static let weightTaskRows = 9 * weightBlockRows

  /// Floats of scratch memory that `denseWeightGradients` wants where a gradient is not kept.
  public var weightGradientScratchCount: Int { workers.count * weightGradientPieceCount }

  private var weightGradientPieceCount: Int { Self.weightTaskRows * kernels.panelWidth }

  /// From this batch on, and for so many outputs, the input is packed before it is multiplied by. A tile reads a few floats
  /// of every image, each in another page of memory, and takes up to a fifth longer for that. Packing takes as long as it
  /// gains for a batch of 20, or for 256 outputs, which read what is packed half as often as 512.
  private static let packedBatch = 32
  private static let packedOutputs = 512

  /// Floats for each image of `DenseWeightGradient.packed`; 0 where nothing is packed.
  public func weightGradientPackedCount(_ shape: DenseShape) -> Int {
    guard shape.outputs >= Self.packedOutputs else { return 0 }
    let tiles = { (rows: Int) in (rows + kernels.tileRows - 1) / kernels.tileRows }
    let whole = shape.inputs / Self.weightBlockRows * tiles(Self.weightBlockRows)
    return (whole + tiles(shape.inputs % Self.weightBlockRows)) * kernels.tileRows
  }

  /// The room, where there is any and it is of use.
  fileprivate func packedInput(_ layer: DenseWeightGradient, batch: Int) -> UnsafeMutablePointer<Float>? {
    let count = weightGradientPackedCount(layer.shape)
    guard layer.terms == nil, let packed = layer.packed, batch >= Self.packedBatch, count > 0 else {
      return nil
    }
    return packed.checked(batch * count, "packed dense input")
  }

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

  /// The tasks of all layers, each so far along as its number is in its layer. So a thread's share is the same part of
  /// each layer's columns as in a loop over that layer alone, and it changes those weights that it will read.
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

  /// The blocks of the input that are to be looked at, or packed, before any product.
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

  /// Packed floats of a whole block.
  private var packedBlockCount: Int { (blockRows + tileRows - 1) / tileRows * tileRows * batch }

  /// A block, some rows of the panel that begins with a column; where its result goes is still to be said.
  func product(_ rows: Range<Int>, column: Int) -> MatrixProduct {
    var product = unpackedProduct(rows, column: column)
    if let packed {
      product.a = UnsafePointer(packed + rows.lowerBound / blockRows * packedBlockCount)
      product.aDepthStride = tileRows
      product.aTileStride = tileRows * batch
    }
    return product
  }

  /// The same of the input where it lies.
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
