// The limits on a tree, whether it was read from a text or built by code: its length, its depth, no empty blocks.

extension Specification {
  /// The most layers, far more than networks for small images have, and few enough to be planned quickly. A sum or a
  /// concatenation counts as a layer.
  static let maximumLayers = 4000
  /// The deepest nesting of blocks and repetitions. It bounds the depth of recursive functions over the tree.
  public static let maximumDepth = 32

  /// Throws an ``ArchitectureError`` if the tree cannot be a network for any image.
  ///
  /// - Complexity: O(number of elements).
  func checkStructure() throws(ArchitectureError) {
    var check = StructureCheck(positions: positions)
    let count = try check.count(elements, depth: 0)
    guard count <= Self.maximumLayers else { throw .tooLong(count) }
  }
}

/// Visits each element of a tree once, however often it is repeated.
private struct StructureCheck {
  let positions: [TextPosition]
  /// The number of elements visited.
  var index = 0

  /// Returns the number of layers with repetitions unrolled, or `Int.max` if it overflows.
  mutating func count(_ elements: [Specification.Element], depth: Int) throws(ArchitectureError) -> Int {
    var count = 0
    for element in elements {
      count = saturated(count.addingReportingOverflow(try self.count(element, depth)))
    }
    return count
  }

  private mutating func count(
    _ element: Specification.Element, _ depth: Int
  ) throws(ArchitectureError) -> Int {
    let position = index < positions.count ? positions[index] : nil
    index += 1
    if case .layer(let operation) = element {
      guard operation.isWritten else {
        throw .malformedBlock(position, reason: "'\(operation.text)' is not a layer of a specification")
      }
      return 1
    }
    guard depth < Specification.maximumDepth else { throw .tooDeep(position) }
    if let reason = element.problem { throw .malformedBlock(position, reason: reason) }
    switch element {
    case .layer: return 1
    case .residual(let main, let shortcut):
      return try count(branches: [main, shortcut], depth: depth + 1)
    case .concatenation(let branches): return try count(branches: branches, depth: depth + 1)
    case .repetition(let times, let body):
      return saturated(times.multipliedReportingOverflow(by: try count(body, depth: depth + 1)))
    }
  }

  /// Counts the layers of all branches, and the node in which they meet.
  private mutating func count(
    branches: [[Specification.Element]], depth: Int
  ) throws(ArchitectureError) -> Int {
    var sum = 1
    for branch in branches { sum = saturated(sum.addingReportingOverflow(try count(branch, depth: depth))) }
    return sum
  }

  private func saturated(_ result: (partialValue: Int, overflow: Bool)) -> Int {
    result.overflow ? .max : result.partialValue
  }
}

extension Specification.Element {
  /// The problem with a block itself, whatever its contents; `nil` if there is none.
  fileprivate var problem: String? {
    switch self {
    case .layer: return nil
    case .residual(let main, let shortcut):
      guard main.isEmpty else { return nil }
      return shortcut.isEmpty
        ? "'residual( … )' is empty"
        : "'residual( | … )' has only a shortcut; write its layers before the '|'"
    case .concatenation(let branches):
      let emptyCount = branches.count(where: \.isEmpty)
      if emptyCount == branches.count { return "'concat( … )' is empty" }
      if branches.count < 2 {
        return "'concat( … )' needs two or more branches, with '|' between them;"
          + " an empty one is the input itself: concat( | … )"
      }
      return emptyCount > 1 ? "'concat( … )' has several empty branches; each is the input itself" : nil
    case .repetition(let count, let body):
      if count < 1 { return "'\(count)*( … )' repeats nothing; the number must be at least 1" }
      return body.isEmpty ? "'\(count)*( … )' is empty" : nil
    }
  }
}
