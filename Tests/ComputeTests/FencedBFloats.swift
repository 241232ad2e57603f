// Memory for operands of bfloat16 that reveals reads and writes beyond them.

import Compute
import KernelInterface

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// Numbers that end at an inaccessible page, so that a read or write past the end crashes. Guards precede them.
final class FencedBFloats {
  let numbers: BFloats
  private let pages: UnsafeMutableRawPointer
  private let pageCount: Int
  private let initial: [UInt16]

  private static let pageSize = Int(sysconf(Int32(_SC_PAGESIZE)))
  private static let guardCount = 33
  /// A quiet NaN that no rounding produces.
  static let guardValue = BFloat16(bits: 0x7FDE)

  init(_ values: [BFloat16]) {
    let byteCount = 2 * (values.count + Self.guardCount)
    pageCount = (byteCount + Self.pageSize - 1) / Self.pageSize + 1
    let length = pageCount * Self.pageSize
    pages = mmap(nil, length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANON, -1, 0)
    precondition(pages != MAP_FAILED, "no memory for a test")
    let end = pages + (length - Self.pageSize)
    precondition(mprotect(end, Self.pageSize, PROT_NONE) == 0)
    let start = (end - 2 * values.count).bindMemory(to: BFloat16.self, capacity: values.count)
    (start - Self.guardCount).initialize(repeating: Self.guardValue, count: Self.guardCount)
    numbers = BFloats(start: start, count: values.count)
    _ = numbers.initialize(from: values)
    initial = values.map(\.bits)
  }

  /// `count` equal numbers.
  convenience init(count: Int, filler: BFloat16 = guardValue) {
    self.init([BFloat16](repeating: filler, count: count))
  }

  /// Zeros, like the memory of a new network.
  static func zeros(_ count: Int) -> FencedBFloats { FencedBFloats(count: count, filler: BFloat16(bits: 0)) }

  deinit { munmap(pages, pageCount * Self.pageSize) }

  var start: UnsafeMutablePointer<BFloat16> { numbers.baseAddress! }
  var bits: [UInt16] { numbers.map(\.bits) }

  /// Whether nothing before the numbers was written.
  var isIntact: Bool {
    (1...Self.guardCount).allSatisfy { (start - $0).pointee == Self.guardValue }
  }

  /// Whether nothing was written at all.
  var isUntouched: Bool { isIntact && bits == initial }
}
