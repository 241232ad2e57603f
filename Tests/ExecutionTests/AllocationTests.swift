// A network allocates what its list of arrays counts. The memory limit looks only at that list.

import Compute
import KernelInterface
import NetworkSamples
import Networks
import TensorStream
import Testing

@testable import Execution
@testable import Training

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

@Suite struct AllocationTests {
  static let specifications =
    Architecture.presets.map(\.name) + [
      "relu", "linear:40,bias=no norm gelu layernorm dropout:0.2",
      "conv:8 relu pool conv:70,kernel=5,stride=2 relu conv:32 pool:3,stride=1,padding=1 linear:9",
      "conv:16,bias=no norm relu 2*( residual( conv:16,bias=no norm relu conv:16,bias=no norm ) relu ) pool:average,global",
      "concat( | conv:3 relu | pool:average,size=3,stride=1,padding=1 ) conv:12,groups=3 norm silu"
        + " residual( conv:12,kernel=1 | conv:12,bias=no norm ) pool:global scale:0.5 linear:20 norm",
    ]

  @Test(arguments: specifications, Precision.allCases)
  func allocatedBytesMatchTheList(_ specification: String, _ precision: Precision) throws {
    for forTraining in [false, true] {
      try checkAllocatedBytes(specification, precision, forTraining: forTraining)
    }
  }

  private func checkAllocatedBytes(
    _ specification: String, _ precision: Precision, forTraining: Bool
  ) throws {
    let architecture = try Architecture(
      specification: specification, input: ImageShape(height: 20, width: 17, channels: 3), classCount: 10)
    for (batch, jobs) in [(1, 1), (19, 3)] {
      let engine = Engine(instructionSet: .best, jobs: jobs)
      let network = Network(
        architecture, batchCapacity: batch, forTraining: forTraining, engine: engine, precision: precision)
      var allocated = AllocatedMemory()
      allocated.add(network)
      if forTraining {
        allocated.add(KeptWeights(of: network))
        allocated.add(Optimizer(OptimizerSettings(method: .adam), network: network))
      }
      let counted = network.plan.byteCount(batch: batch, forTraining: forTraining, engine: engine)
      #expect(Double(allocated.byteCount) >= counted, "\(counted) counted")
      #expect(
        Double(allocated.byteCount - allocated.slack) <= counted, "\(allocated.byteCount) for \(counted)")
      #expect(allocated.allocationCount >= 6)
    }
  }

  /// `AllocatedMemory` itself finds every kind of buffer.
  @Test func allocatedMemoryFindsEachKindOfBuffer() throws {
    var allocated = AllocatedMemory()
    allocated.add(FloatBuffer(count: 1000))
    #expect(allocated.allocationCount == 1 && (4000...4200).contains(allocated.byteCount))
    allocated.add(SparseGradientMemory(channels: 16, windows: 99))
    #expect(allocated.allocationCount == 4 && (16_800...17_200).contains(allocated.byteCount))
    allocated.add(ResultMemory(batch: 800))
    #expect(allocated.allocationCount == 6 && (24_000...24_500).contains(allocated.byteCount))
  }
}

/// The heap memory of objects that hold numbers, found by reflection, so that no array can be forgotten.
private struct AllocatedMemory {
  private(set) var byteCount = 0
  private(set) var allocationCount = 0
  /// The most bytes that blocks of the heap have beyond the counted size: 64 for an array's alignment, a header, and
  /// rounding up to 16. Large blocks are whole pages.
  private(set) var slack = 0
  private var seen = Set<ObjectIdentifier>()
  /// The objects met so far, kept alive so that no other object gets their address.
  private var kept: [AnyObject] = []

  /// Adds `value` and everything it refers to. An object that is met twice counts once.
  mutating func add(_ value: Any) {
    if value is Architecture || value is ArrayList || value is Engine { return }
    let mirror = Mirror(reflecting: value)
    if mirror.displayStyle == .class {
      guard seen.insert(ObjectIdentifier(value as AnyObject)).inserted else { return }
      kept.append(value as AnyObject)
    }
    let ownsPointers =
      value is FloatBuffer || value is SparseGradientMemory || value is TermListMemory
      || value is ResultMemory
    for child in mirror.children {
      if ownsPointers { addPointers(child.value, isInBuffer: value is FloatBuffer) } else { add(child.value) }
    }
  }

  /// Adds the allocations that an object owns. A FloatBuffer's floats are part of its memory, and do not count again.
  private mutating func addPointers(_ value: Any, isInBuffer: Bool) {
    switch value {
    case let buffer as FloatBuffer: add(buffer)
    case let pointer as UnsafeMutableRawPointer: count(pointer)
    case is UnsafeMutableBufferPointer<Float> where isInBuffer: break
    case let buffer as any PointerHolder: buffer.start.map { count($0) }
    default: Mirror(reflecting: value).children.forEach { addPointers($0.value, isInBuffer: isInBuffer) }
    }
  }

  private mutating func count(_ start: UnsafeMutableRawPointer) {
    let size = Self.sizeOf(start)
    byteCount += size
    slack += size < Self.leastPagedSize ? 96 : 96 + Self.pageSize
    allocationCount += 1
  }

  private static let leastPagedSize = 1 << 17
  private static let pageSize = 1 << 12

  /// Returns the size of a heap block. Swift's Glibc module lacks malloc.h, so the function is looked up by its name.
  private static let sizeOf: @convention(c) (UnsafeMutableRawPointer) -> Int = {
    #if canImport(Glibc)
      let name = "malloc_usable_size"
    #else
      let name = "malloc_size"
    #endif
    return unsafeBitCast(
      dlsym(dlopen(nil, RTLD_NOW), name)!, to: (@convention(c) (UnsafeMutableRawPointer) -> Int).self)
  }()
}

private protocol PointerHolder {
  var start: UnsafeMutableRawPointer? { get }
}

extension UnsafeMutableBufferPointer: PointerHolder {
  fileprivate var start: UnsafeMutableRawPointer? { baseAddress.map { UnsafeMutableRawPointer($0) } }
}

extension UnsafeMutablePointer: PointerHolder {
  fileprivate var start: UnsafeMutableRawPointer? { UnsafeMutableRawPointer(self) }
}
