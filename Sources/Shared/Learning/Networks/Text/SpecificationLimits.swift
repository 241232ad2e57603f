// What a tree may be, whether it was read from a text or put together: how long, how deep, with nothing empty.

extension Specification {
  /// Far more than networks have that people train on small images, and few enough to plan at once. A sum or a
  /// concatenation counts as a layer.
  public static let maximumLayers = 4000
  /// How many blocks and repetitions may stand inside each other. Functions that call themselves go through the tree.
  public static let maximumDepth = 32

  /// Throws an ``ArchitectureError`` where the tree is no network whatever the image.
  func checkStructure() throws(ArchitectureError) {
    var check = StructureCheck(positions: positions)
    let count = try check.count(elements, depth: 0)
    guard count <= Self.maximumLayers else { throw .tooLong(count) }
  }
}

/// Goes through a tree once, however often its parts are repeated.
private struct StructureCheck {
  let positions: [TextPosition]
  /// The number of elements met.
  var index = 0

  /// The number of layers, repetitions unrolled; `Int.max` where that is more than fits.
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
        throw .malformedBlock(position, reason: "'\(operation.text)' is no layer of a specification")
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

  /// All branches, and the node where they meet.
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
  /// What is wrong with a block, apart from what is inside it.
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
        return "'concat( … )' joins two branches or more, with '|' between them;"
          + " an empty one is the input itself: concat( | … )"
      }
      return emptyCount > 1 ? "'concat( … )' has more than one empty branch, which is the input itself" : nil
    case .repetition(let count, let body):
      if count < 1 { return "'\(count)*( … )' leaves nothing; a repetition is at least 1" }
      return body.isEmpty ? "'\(count)*( … )' is empty" : nil
    }
  }
}
