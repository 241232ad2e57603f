// The product kernel with all its strides, of which dense layers and convolutions each use some.

import Compute
import KernelInterface
import Testing

@Suite struct ProductKernelTests {
  /// Whole and half panels of 32 columns, and two with a half.
  static let columnCounts = [16, 32, 48, 80]
  private static let groupCount = 2
  private static let segmentCount = 2

  enum Start: CaseIterable, Sendable { case zero, accumulate, bias }

  /// The order of A in memory: its terms or its rows are consecutive.
  enum Order: CaseIterable, Sendable { case termsInner, rowsInner }

  @Test(arguments: InstructionSet.supported, Start.allCases)
  func matchesItsFormula(instructionSet: InstructionSet, start: Start) {
    for rowCount in rowCountsAroundTiles {
      for columnCount in Self.columnCounts {
        for (index, depth) in depths.enumerated() {
          let order = Order.allCases[(rowCount + index) % 2]
          check(
            instructionSet.kernels, rowCount: rowCount, columnCount: columnCount, depth: depth, start, order,
            isPacked: (rowCount + columnCount / 16 + index) % 2 == 0, rectifies: index % 2 == 0)
        }
      }
    }
  }

  private func check(
    _ kernels: any KernelSet.Type, rowCount: Int, columnCount: Int, depth: Int, _ start: Start,
    _ order: Order,
    isPacked: Bool,
    rectifies: Bool
  ) {
    let what = "\(rowCount) × \(columnCount), depth \(depth), \(order), \(isPacked ? "packed" : "rows")"
    let (aLayout, strides) = layout(of: order, rowCount: rowCount, depth: depth)
    let a = GuardedFloats(aLayout, randomFloats(aLayout.offsets.count, seed: 1))
    let bRows = Self.segmentCount * depth
    // In rows, a panel starts where the previous one ended. The gap after the last column is not read.
    let bLayout =
      isPacked
      ? Layout.panels(bRows, columnCount, width: kernels.panelWidth)
      : .rows(bRows, columnCount, stride: columnCount + 5)
    let b = GuardedFloats(bLayout, randomFloats(bRows * columnCount, seed: 2))
    let cRows = Self.groupCount * rowCount
    let cLayout =
      isPacked
      ? Layout.panels(cRows, columnCount, width: kernels.panelWidth)
      : .rows(cRows, columnCount, stride: columnCount + 7)
    let c = GuardedFloats(cLayout, start == .accumulate ? randomFloats(cRows * columnCount, seed: 3) : nil)
    let bias = GuardedFloats(randomFloats(columnCount, seed: 4))

    var product = MatrixProduct(
      rowCount: rowCount, columnCount: columnCount, depth: depth, a: a.floats.baseAddress!,
      aRowStride: strides.row,
      aDepthStride: strides.depth, b: b.floats.baseAddress!, bRowStride: isPacked ? 0 : columnCount + 5,
      bPanelStride: isPacked ? kernels.panelWidth * bRows : kernels.panelWidth, c: c.floats.baseAddress!,
      cRowStride: isPacked ? 0 : columnCount + 7,
      cPanelStride: isPacked ? kernels.panelWidth * cRows : kernels.panelWidth)
    product.groupCount = Self.groupCount
    product.segmentCount = Self.segmentCount
    product.aGroupStride = strides.group
    product.aSegmentStride = strides.segment
    product.bSegmentRows = depth
    product.cGroupRows = rowCount
    product.rectifies = rectifies
    switch start {
    case .zero: product.start = .zero
    case .accumulate: product.start = .accumulate
    case .bias: product.start = .bias(bias.floats.baseAddress!)
    }
    let expected = referenceProduct(product, panelWidth: kernels.panelWidth)
    kernels.multiply(product)
    expect(c, equals: expected, what)
    expectUntouched(a, b, bias, what: what)
  }

  private func layout(of order: Order, rowCount: Int, depth: Int) -> (
    Layout, (row: Int, depth: Int, segment: Int, group: Int)
  ) {
    let strides: (row: Int, depth: Int, segment: Int, group: Int)
    switch order {
    case .termsInner:
      let row = Self.segmentCount * depth + 1
      strides = (row, 1, depth, rowCount * row + 2)
    case .rowsInner:
      let term = rowCount + 1
      strides = (1, term, depth * term + 2, Self.segmentCount * (depth * term + 2) + 3)
    }
    var offsets: [Int] = []
    for group in 0..<Self.groupCount {
      for segment in 0..<Self.segmentCount {
        for term in 0..<depth {
          for row in 0..<rowCount {
            offsets.append(
              group * strides.group + segment * strides.segment + term * strides.depth + row * strides.row)
          }
        }
      }
    }
    return (Layout(offsets: offsets, capacity: (offsets.max() ?? -1) + 1), strides)
  }
}
