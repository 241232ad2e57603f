// Memory for floats: aligned to cache lines, zeroed, allocated once, and cut into slices that know their length.

import CSystem

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// A slice of floats that kernels read and write. Every entry point checks it against shapes.
public typealias Floats = UnsafeMutableBufferPointer<Float>

/// Floats that live as long as this object. They are 64-byte aligned and initially 0.
public final class FloatBuffer: @unchecked Sendable {
  public let floats: Floats
  /// The allocated memory, with room for the alignment.
  private let memory: UnsafeMutableRawPointer

  private static let alignment = 64

  /// Creates a buffer of `count` floats.
  ///
  /// Large blocks of calloc come from the system, which hands out zeroed pages as they are touched. Writing zeros here
  /// would touch all of them, for example the memory for a batch of 256 images if there is only one image.
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

  /// The floats in `range`, which must be inside the buffer.
  public subscript(range: Range<Int>) -> Floats { Floats(rebasing: floats[range]) }

  /// Sets every float to 0.
  public func clear() { floats.update(repeating: 0) }
}

extension Floats {
  /// Returns the floats from `offset` to the end.
  public func from(_ offset: Int) -> Floats { Floats(rebasing: self[offset...]) }

  /// Returns the start, after a check that `needed` floats follow.
  @inline(__always)
  func checked(_ needed: Int, _ what: StaticString) -> UnsafeMutablePointer<Float> {
    precondition(needed >= 0 && needed <= count, "\(what): expected \(needed) floats, got \(count)")
    return baseAddress!
  }
}
