// Memory for floats: aligned to a cache line, zeroed, allocated once, cut into slices that know their length.

/// A slice of floats that kernels read and write; checked against shapes at every entry point.
public typealias Floats = UnsafeMutableBufferPointer<Float>

/// Floats that live as long as this object; 64-byte aligned, 0 at first.
public final class FloatBuffer: @unchecked Sendable {
  public let floats: Floats

  /// A buffer of `count` floats.
  public init(count: Int) {
    precondition(count >= 0, "a buffer of \(count) floats")
    let memory = UnsafeMutableRawPointer.allocate(
      byteCount: max(count, 1) * MemoryLayout<Float>.stride, alignment: 64)
    let start = memory.bindMemory(to: Float.self, capacity: max(count, 1))
    start.initialize(repeating: 0, count: count)
    floats = Floats(start: start, count: count)
  }

  deinit { UnsafeMutableRawPointer(floats.baseAddress!).deallocate() }

  public var count: Int { floats.count }

  /// The floats `range`, which must lie inside.
  public subscript(range: Range<Int>) -> Floats { Floats(rebasing: floats[range]) }

  /// Sets every float to 0.
  public func clear() { floats.update(repeating: 0) }
}

extension Floats {
  /// The floats from `offset` to the end.
  public func from(_ offset: Int) -> Floats { Floats(rebasing: self[offset...]) }

  /// The start, after a check that `needed` floats follow.
  @inline(__always)
  func checked(_ needed: Int, _ what: StaticString) -> UnsafeMutablePointer<Float> {
    precondition(needed >= 0 && needed <= count, "\(what): \(needed) floats wanted of \(count)")
    return baseAddress!
  }
}
