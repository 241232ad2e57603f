// Products that skip zeros: the terms that are listed, and sums that do not change.

import Compute
import KernelInterface
import Testing

@Suite struct TermListTests {
  /// Inputs, [batch, inputs], of which about `zeroTenths` tenths are 0, in blocks of rows and columns like
  /// backgrounds.
  private func inputs(batch: Int, inputs: Int, zeroTenths: Int, seed: Int) -> [Float] {
    let values = randomFloats(batch * inputs, seed: seed)
    let isZero = randomBytes((batch / 4 + 1) * (inputs / 5 + 1), seed: seed + 1, below: 10)
      .map { Int($0) < zeroTenths }
    return values.indices.map { index in
      let (row, column) = (index / inputs, index % inputs)
      return isZero[row / 4 * (inputs / 5 + 1) + column / 5] ? 0 : values[index]
    }
  }

  @Test(arguments: InstructionSet.supported, [0, 5, 9, 10])
  func skippingZerosChangesNoBit(instructionSet: InstructionSet, zeroTenths: Int) {
    for jobs in [1, 3] {
      let engine = Engine(instructionSet: instructionSet, jobs: jobs)
      for shape in [(16, 16), (112, 80), (304, 48)].map({ DenseShape(inputs: $0, outputs: $1) }) {
        // Room for the largest batch, used for smaller ones too.
        let forwardTerms = engine.forwardTerms(shape, batch: 99)
        let gradientTerms = engine.weightGradientTerms(shape, batch: 99)
        for batch in [99, 1, 5, 12, 13, 48, 49] {
          let layer = Layer(
            shape, batch: batch, engine,
            input: inputs(batch: batch, inputs: shape.inputs, zeroTenths: zeroTenths, seed: batch))
          let expected = layer.results(forwardTerms: nil, gradientTerms: nil)
          let actual = layer.results(forwardTerms: forwardTerms, gradientTerms: gradientTerms)
          #expect(actual == expected, "\(shape.inputs) → \(shape.outputs), batch \(batch), \(jobs) jobs")
        }
      }
    }
  }

  @Test(arguments: InstructionSet.supported, [false, true])
  func aTermIsListedUnlessItIsZeroInEveryRowOfATile(instructionSet: InstructionSet, isTransposed: Bool) {
    let kernels = instructionSet.kernels
    for rowCount in rowCountsAroundTiles where rowCount > 0 {
      // Unless A is transposed, vectors are read along the terms, whose number is padded to the lane.
      for depth in isTransposed ? [1, 20, 128] : [16, 48, 208] {
        // The matrix [rowCount, depth], or its transpose in memory.
        let stride = (isTransposed ? rowCount : depth) + 3
        let a = inputs(batch: rowCount, inputs: depth, zeroTenths: 6, seed: rowCount + depth)
        let rows = isTransposed ? referenceTranspose(a, rowCount: rowCount, columnCount: depth) : a
        let memory = GuardedFloats(
          .rows(isTransposed ? depth : rowCount, isTransposed ? rowCount : depth, stride: stride), rows)
        let what = "\(rowCount) × \(depth)"
        let lists = lists(
          kernels, rowCount: rowCount, depth: depth, a: memory.floats.baseAddress!,
          rowStride: isTransposed ? 1 : stride, depthStride: isTransposed ? stride : 1, what)
        #expect(
          lists == expectedLists(a, rowCount: rowCount, depth: depth, tileRows: kernels.tileRows), "\(what)")
        expectUntouched(memory, what: what)
      }
    }
  }

  /// A listed term, and its values of A in the rows of the tile.
  private struct Listed: Equatable {
    let term: Int
    let values: [Float]
  }

  /// The terms that the kernel lists and packs, tile by tile.
  private func lists(
    _ kernels: any KernelSet.Type, rowCount: Int, depth: Int, a: UnsafePointer<Float>, rowStride: Int,
    depthStride: Int, _ what: String
  ) -> [[Listed]] {
    let tiles = tiles(of: rowCount, tileRows: kernels.tileRows)
    let stride = depth + TermLists.lookahead
    var terms = [UInt32](repeating: 0xFFFF_FFFF, count: tiles.count * stride)
    var counts = [Int](repeating: -1, count: tiles.count)
    let packedStride = depth * tiles[0].count
    let packed = GuardedFloats(count: tiles.count * packedStride)
    terms.withUnsafeMutableBufferPointer { terms in
      counts.withUnsafeMutableBufferPointer { counts in
        var product = MatrixProduct(
          rowCount: rowCount, columnCount: 16, depth: depth, a: a, aRowStride: rowStride,
          aDepthStride: depthStride, b: a, bRowStride: 0, bPanelStride: 0,
          c: UnsafeMutablePointer(mutating: a), cRowStride: 0, cPanelStride: 0)
        product.terms = TermLists(
          terms: terms.baseAddress!, stride: stride, counts: counts.baseAddress!,
          packed: packed.floats.baseAddress!, packedStride: packedStride)
        kernels.listTerms(of: product)
      }
    }
    #expect(packed.isIntact, "\(what)")
    return tiles.indices.map { tile in
      let (count, rows) = (counts[tile], tiles[tile].count)
      let values = packed.floats[tile * packedStride..<(tile + 1) * packedStride]
      return (0..<count).map { index in
        Listed(
          term: Int(terms[tile * stride + index]), values: Array(values.dropFirst(index * rows).prefix(rows)))
      }
    }
  }

  /// Rows are divided evenly. If there is a remainder, the earlier tiles have one row more.
  private func tiles(of rowCount: Int, tileRows: Int) -> [Range<Int>] {
    let tileCount = (rowCount + tileRows - 1) / tileRows
    var first = 0
    return (0..<tileCount).map { tile in
      let rows = (rowCount - first + tileCount - tile - 1) / (tileCount - tile)
      defer { first += rows }
      return first..<first + rows
    }
  }

  private func expectedLists(_ a: [Float], rowCount: Int, depth: Int, tileRows: Int) -> [[Listed]] {
    tiles(of: rowCount, tileRows: tileRows).map { rows in
      (0..<depth).map { term in Listed(term: term, values: rows.map { a[$0 * depth + term] }) }
        .filter { listed in listed.values.contains { $0 != 0 } }
    }
  }

  @Test(arguments: InstructionSet.supported)
  func packedTilesHoldEveryTermOfEveryRow(instructionSet: InstructionSet) {
    let kernels = instructionSet.kernels
    for rowCount in rowCountsAroundTiles where rowCount > 0 {
      for depth in [1, 3, 50] {
        let what = "\(rowCount) × \(depth)"
        let stride = rowCount + 3
        let a = randomFloats(rowCount * depth, seed: rowCount + depth)
        let memory = GuardedFloats(
          .rows(depth, rowCount, stride: stride),
          referenceTranspose(a, rowCount: rowCount, columnCount: depth))
        let tiles = tiles(of: rowCount, tileRows: kernels.tileRows)
        let packed = GuardedFloats(count: tiles.count * depth * kernels.tileRows)
        let start = memory.floats.baseAddress!
        kernels.packTiles(
          of: MatrixProduct(
            rowCount: rowCount, columnCount: 16, depth: depth, a: start,
            aRowStride: 1, aDepthStride: stride, b: start, bRowStride: 0, bPanelStride: 0, c: start,
            cRowStride: 0, cPanelStride: 0),
          to: packed.floats.baseAddress!)
        for (tile, rows) in tiles.enumerated() {
          for term in 0..<depth {
            let values = packed.floats[((tile * depth + term) * kernels.tileRows)...].prefix(rows.count)
            #expect(values.elementsEqual(rows.map { a[$0 * depth + term] }), "\(what), tile \(tile)")
          }
        }
        #expect(packed.isIntact, "\(what)")
        expectUntouched(memory, what: what)
      }
    }
  }

  /// Sizes around the smallest batch whose input is packed, and around the blocks of its columns.
  @Test(arguments: InstructionSet.supported)
  func packingInputsChangesNoBitOfTheGradients(instructionSet: InstructionSet) {
    for jobs in [1, 3] {
      let engine = Engine(instructionSet: instructionSet, jobs: jobs)
      #expect(engine.weightGradientPackedCount(DenseShape(inputs: 304, outputs: 256)) == 0)
      for shape in [(16, 528), (112, 512), (304, 512)].map({ DenseShape(inputs: $0, outputs: $1) }) {
        // Room for the largest batch, used for smaller ones too.
        let packed = GuardedFloats(count: 99 * engine.weightGradientPackedCount(shape))
        for batch in [99, 1, 31, 32, 33, 64] {
          let layer = Layer(
            shape, batch: batch, engine, input: randomFloats(batch * shape.inputs, seed: batch))
          let expected = layer.results(forwardTerms: nil, gradientTerms: nil)
          let actual = layer.results(forwardTerms: nil, gradientTerms: nil, packed: packed.floats)
          #expect(actual == expected, "\(shape.inputs) → \(shape.outputs), batch \(batch), \(jobs) jobs")
        }
        #expect(!packed.floats.allSatisfy(\.isNaN) && packed.isIntact, "\(shape.inputs) → \(shape.outputs)")
      }
    }
  }

  /// A dense layer with operands, and the bits of its results.
  private struct Layer {
    let shape: DenseShape
    let batch: Int
    let engine: Engine
    let input: [Float]

    init(_ shape: DenseShape, batch: Int, _ engine: Engine, input: [Float]) {
      self.shape = shape
      self.batch = batch
      self.engine = engine
      self.input = input
    }

    func results(
      forwardTerms: TermListMemory?, gradientTerms: TermListMemory?, packed: Floats? = nil
    ) -> [[UInt32]] {
      let input = GuardedFloats(self.input)
      let weights = GuardedFloats(randomFloats(shape.weightCount, seed: 2))
      let bias = GuardedFloats(randomFloats(shape.outputs, seed: 3))
      let gradient = GuardedFloats(randomFloats(batch * shape.outputs, seed: 4))
      let output = GuardedFloats(count: batch * shape.outputs)
      let weightGradient = GuardedFloats(count: shape.weightCount)
      let biasGradient = GuardedFloats(count: shape.outputs)
      let inputRows = Rows(input.floats, stride: shape.inputs)
      engine.denseForward(
        shape, batch: batch, input: inputRows, weights: weights.floats, bias: bias.floats,
        output: Rows(output.floats, stride: shape.outputs), rectifies: true, terms: forwardTerms)
      engine.denseWeightGradients(
        [
          DenseWeightGradient(
            shape, input: inputRows, outputGradient: Rows(gradient.floats, stride: shape.outputs),
            weightGradient: weightGradient.floats, biasGradient: biasGradient.floats, terms: gradientTerms,
            packed: packed)
        ], batch: batch)
      expectUntouched(input, weights, bias, gradient, what: "operands")
      return [output, weightGradient, biasGradient].map { $0.values.map(\.bitPattern) }
    }
  }
}
