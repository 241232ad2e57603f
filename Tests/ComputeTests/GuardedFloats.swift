// Memory for a test's inputs and results that reveals reads and writes beside the values.

import Compute

/// Values in a layout. All other floats, between the values and around them, hold a particular NaN. If one is read, it
/// shows in the result. If one is written, it is no longer that NaN.
final class GuardedFloats {
  let floats: Floats
  private let layout: Layout
  private let memory: UnsafeMutableBufferPointer<Float>
  private let initial: [UInt32]

  /// The number of floats before and after. It is odd, so that no kernel can rely on an alignment.
  private static let guardCount = 67
  /// A quiet NaN with a payload that no arithmetic produces.
  static let guardValue = Float(bitPattern: 0x7FC0_DEAD)

  /// Without values, memory for a result, all NaN. `filler` is the number between the values (0 in a map's margin).
  init(_ layout: Layout, _ values: [Float]? = nil, filler: Float = guardValue) {
    precondition(values.map { $0.count == layout.offsets.count } ?? true, "a value for each offset")
    self.layout = layout
    memory = .allocate(capacity: layout.capacity + 2 * Self.guardCount)
    memory.initialize(repeating: Self.guardValue)
    let end = Self.guardCount + layout.capacity
    floats = Floats(rebasing: memory[Self.guardCount..<end])
    floats.update(repeating: filler)
    for (index, offset) in layout.offsets.enumerated() { floats[offset] = values?[index] ?? Self.guardValue }
    initial = memory.map(\.bitPattern)
  }

  /// A run of values.
  convenience init(_ values: [Float]) { self.init(.run(values.count), values) }

  /// A run for a result.
  convenience init(count: Int) { self.init(.run(count)) }

  deinit { memory.deallocate() }

  /// The values in plain order.
  var values: [Float] { layout.offsets.map { floats[$0] } }

  /// All floats of the layout's memory, in order of address.
  var contents: [Float] { Array(floats) }

  /// Whether nothing but the values was written.
  var isIntact: Bool {
    var isValue = [Bool](repeating: false, count: memory.count)
    for offset in layout.offsets { isValue[Self.guardCount + offset] = true }
    return memory.indices.allSatisfy { isValue[$0] || memory[$0].bitPattern == initial[$0] }
  }

  /// Whether nothing was written at all.
  var isUntouched: Bool { memory.indices.allSatisfy { memory[$0].bitPattern == initial[$0] } }
}

/// Bytes for places and labels, with guards of 0xEE around them.
final class GuardedBytes {
  let bytes: UnsafeMutableBufferPointer<UInt8>
  private let memory: UnsafeMutableBufferPointer<UInt8>
  private static let guardCount = 67
  private static let guardValue: UInt8 = 0xEE

  init(_ values: [UInt8]) {
    memory = .allocate(capacity: values.count + 2 * Self.guardCount)
    memory.initialize(repeating: Self.guardValue)
    bytes = UnsafeMutableBufferPointer(rebasing: memory[Self.guardCount..<Self.guardCount + values.count])
    for (index, value) in values.enumerated() { bytes[index] = value }
  }

  convenience init(count: Int) { self.init([UInt8](repeating: Self.guardValue, count: count)) }

  deinit { memory.deallocate() }

  var values: [UInt8] { Array(bytes) }

  var isIntact: Bool {
    memory.prefix(Self.guardCount).allSatisfy { $0 == Self.guardValue }
      && memory.suffix(Self.guardCount).allSatisfy { $0 == Self.guardValue }
  }
}
