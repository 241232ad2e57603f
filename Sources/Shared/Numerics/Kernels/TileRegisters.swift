// Tile registers: those of the processor, and a model of them.

import CVectorMath
import KernelInterface

/// Eight registers: two tiles of A, 16 rows of 32 terms; two of B, 16 rows of 16 pairs of terms; and four of sums, one
/// for each pair of an A and a B, 16 × 16 floats. Strides are in bytes.
protocol TileRegisters {
  /// Sets a sum to 0. Sums are numbered `2 · (tile of A) + (tile of B)`.
  func zero(sum: Int)
  func load(sum: Int, _ rows: UnsafePointer<Float>, stride: Int)
  func store(sum: Int, _ rows: UnsafeMutablePointer<Float>, stride: Int)
  func loadA(_ tile: Int, _ rows: UnsafePointer<BFloat16>, stride: Int)
  func loadB(_ tile: Int, _ rows: UnsafePointer<BFloat16>, stride: Int)
  /// Multiplies the tiles of A and B that belong to a sum, and adds the product to it.
  func multiplyAdd(sum: Int)

  /// Configures the registers, calls `body` with them, and releases them.
  static func with(_ body: (Self) -> Void)
}

#if AMX
  /// The processor's tile registers. Callers pass constant numbers, so that the compiler picks each instruction.
  struct ProcessorTiles: TileRegisters {
    @inline(__always)
    func zero(sum: Int) {
      switch sum {
      case 0: tile_zero_sum_0()
      case 1: tile_zero_sum_1()
      case 2: tile_zero_sum_2()
      default: tile_zero_sum_3()
      }
    }

    @inline(__always)
    func load(sum: Int, _ rows: UnsafePointer<Float>, stride: Int) {
      switch sum {
      case 0: tile_load_sum_0(rows, stride)
      case 1: tile_load_sum_1(rows, stride)
      case 2: tile_load_sum_2(rows, stride)
      default: tile_load_sum_3(rows, stride)
      }
    }

    @inline(__always)
    func store(sum: Int, _ rows: UnsafeMutablePointer<Float>, stride: Int) {
      switch sum {
      case 0: tile_store_sum_0(rows, stride)
      case 1: tile_store_sum_1(rows, stride)
      case 2: tile_store_sum_2(rows, stride)
      default: tile_store_sum_3(rows, stride)
      }
    }

    @inline(__always)
    func loadA(_ tile: Int, _ rows: UnsafePointer<BFloat16>, stride: Int) {
      if tile == 0 { tile_load_a_0(rows, stride) } else { tile_load_a_1(rows, stride) }
    }

    @inline(__always)
    func loadB(_ tile: Int, _ rows: UnsafePointer<BFloat16>, stride: Int) {
      if tile == 0 { tile_load_b_0(rows, stride) } else { tile_load_b_1(rows, stride) }
    }

    @inline(__always)
    func multiplyAdd(sum: Int) {
      switch sum {
      case 0: tile_multiply_add_0()
      case 1: tile_multiply_add_1()
      case 2: tile_multiply_add_2()
      default: tile_multiply_add_3()
      }
    }

    @inline(__always)
    static func with(_ body: (ProcessorTiles) -> Void) {
      tile_configure()
      body(ProcessorTiles())
      tile_release()
    }
  }
#endif

/// A model of the instructions for any processor, after Intel's manual, volume 2, TILELOADD and TDPBF16PS. The
/// products of a tile of A and one of B have two running sums, one for the first and one for the second terms of
/// pairs. The two are added, and their sum is added to C. Each addition rounds once, to nearest. Subnormal numbers are
/// 0, which is the mode that workers run in (Compute/WorkerPool.swift).
struct ModelTiles: TileRegisters {
  /// [4][16][16]
  private let sums: UnsafeMutablePointer<Float>
  /// [2][16][16] pairs of A, and as many of B.
  private let a: UnsafeMutablePointer<UInt32>
  private let b: UnsafeMutablePointer<UInt32>

  private static let tileCount = 256

  static func with(_ body: (ModelTiles) -> Void) {
    withUnsafeTemporaryAllocation(of: Float.self, capacity: 1024) { sums in
      withUnsafeTemporaryAllocation(of: UInt32.self, capacity: 1024) { pairs in
        let pairs = pairs.baseAddress!
        body(ModelTiles(sums: sums.baseAddress!, a: pairs, b: pairs + 2 * tileCount))
      }
    }
  }

  func zero(sum: Int) { (sums + sum * Self.tileCount).update(repeating: 0, count: Self.tileCount) }

  func load(sum: Int, _ rows: UnsafePointer<Float>, stride: Int) {
    copy(rows, stride, sums + sum * Self.tileCount, 64)
  }

  func store(sum: Int, _ rows: UnsafeMutablePointer<Float>, stride: Int) {
    copy(sums + sum * Self.tileCount, 64, rows, stride)
  }

  func loadA(_ tile: Int, _ rows: UnsafePointer<BFloat16>, stride: Int) {
    copy(rows, stride, a + tile * Self.tileCount, 64)
  }

  func loadB(_ tile: Int, _ rows: UnsafePointer<BFloat16>, stride: Int) {
    copy(rows, stride, b + tile * Self.tileCount, 64)
  }

  /// Copies 16 rows of 64 bytes.
  private func copy(
    _ source: UnsafeRawPointer, _ sourceStride: Int, _ target: UnsafeMutableRawPointer, _ targetStride: Int
  ) {
    for row in 0..<BFloat16Tile.rows {
      (target + row * targetStride).copyMemory(from: source + row * sourceStride, byteCount: 64)
    }
  }

  func multiplyAdd(sum: Int) {
    let (a, b) = (a + sum / 2 * Self.tileCount, b + sum % 2 * Self.tileCount)
    let rows = sums + sum * Self.tileCount
    for row in 0..<BFloat16Tile.rows {
      for column in vectorStarts(BFloat16Tile.columns) {
        addPairs(a + row * 16, b + column, to: rows + (row * BFloat16Tile.columns + column))
      }
    }
  }
}

/// Adds to a vector of sums in one row of a model's tile.
@inline(__always)
private func addPairs(
  _ a: UnsafePointer<UInt32>, _ b: UnsafePointer<UInt32>, to sums: UnsafeMutablePointer<Float>
) {
  var (first, second) = (Vector.zero, Vector.zero)
  for pair in 0..<BFloat16Tile.depth / 2 {
    let terms = UnsafeRawPointer(b + pair * BFloat16Tile.columns).loadUnaligned(as: IntegerVector.self)
    let factors = IntegerVector(repeating: a[pair])
    first = first.adding(lowerHalves(factors), times: lowerHalves(terms))
    second = second.adding(upperHalves(factors), times: upperHalves(terms))
  }
  store(load(sums) + (first + second), sums)
}

/// Returns the first terms of pairs as floats.
@inline(__always)
func lowerHalves(_ pairs: IntegerVector) -> Vector { unsafeBitCast(pairs &<< 16, to: Vector.self) }

/// Returns the second terms of pairs as floats.
@inline(__always)
func upperHalves(_ pairs: IntegerVector) -> Vector {
  unsafeBitCast(pairs & IntegerVector(repeating: 0xFFFF_0000), to: Vector.self)
}
