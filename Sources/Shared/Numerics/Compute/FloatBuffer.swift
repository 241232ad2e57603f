// Memory for floats: aligned to a cache line, zeroed, allocated once, cut into slices that know their length.

import CSystem

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// A slice of floats that kernels read and write; checked against shapes at every entry point.
public typealias Floats = UnsafeMutableBufferPointer<Float>

/// Floats that live as long as this object; 64-byte aligned, 0 at first.
public final class FloatBuffer: @unchecked Sendable {
  public let floats: Floats
  /// What was allocated, with room for the alignment.
  private let memory: UnsafeMutableRawPointer

  private static let alignment = 64

  /// A buffer of `count` floats.
  ///
  /// Large blocks of calloc come from the system, which hands out zeroed pages as they are touched. To write zeros here
  /// would touch all of them: room for a batch of 256 images, say, of which there is but one.
  public init(count: Int) {
    precondition(count >= 0, "a buffer of \(count) floats")
    let memory = calloc(count + Self.alignment / MemoryLayout<Float>.stride, MemoryLayout<Float>.stride)
    guard let memory else { csystem_end_without_memory(count * MemoryLayout<Float>.stride) }
    self.memory = memory
    let start = memory.alignedUp(toMultipleOf: Self.alignment)
    floats = Floats(start: start.bindMemory(to: Float.self, capacity: count), count: count)
  }

  deinit { free(memory) }

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
