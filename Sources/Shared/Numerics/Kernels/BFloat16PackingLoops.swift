// Turns floats into operands of bfloat16 products. KernelInterface/BFloat16Packing.swift has the layouts.

import CVectorMath
import KernelInterface

extension KernelTable {
  public static func round(_ problem: RoundedMap) {
    let map = problem.map
    for y in 0..<map.height {
      for x in 0..<map.width {
        let source = map.start + (y &* map.rowStride &+ x &* map.pixelStride)
        let target = problem.rounded + (y &* problem.rowStride &+ x &* problem.pixelStride)
        for channel in vectorStarts(map.channels) {
          store(roundedHalves(load(source + channel)), target + channel)
        }
      }
    }
  }

  /// Transposes a square as wide as a vector at a time, in registers.
  public static func roundTransposed(_ problem: TransposedRows) {
    for row in stride(from: 0, to: problem.rowCount, by: vectorWidth) {
      let count = min(vectorWidth, problem.rowCount &- row)
      for column in vectorStarts(problem.columnCount) {
        let source = problem.rows + (row &* problem.rowStride &+ column)
        let target = problem.transposed + (column &* problem.transposedStride &+ row)
        if count == vectorWidth {
          roundSquare(source, problem.rowStride, target, problem.transposedStride)
        } else {
          for line in 0..<count {
            for element in 0..<vectorWidth {
              target[element &* problem.transposedStride &+ line] =
                BFloat16(source[line &* problem.rowStride &+ element])
            }
          }
        }
      }
    }
  }

  public static func pairRows(_ problem: PairedRows) {
    for row in stride(from: 0, to: problem.rowCount, by: 2) {
      let first = problem.rows + row &* problem.rowStride
      let target = problem.pairs + row &* problem.columnCount
      for column in vectorStarts(problem.columnCount) {
        store(
          loadWords(first + column), loadWords(first + (problem.rowStride &+ column)), target + 2 &* column)
      }
    }
  }

  public static func pairWeights(_ problem: PairedWeights) {
    let rowCount = problem.tapCount &* problem.channels
    let depth = BFloat16Tile.paddedDepth(problem.channels)
    for panel in problem.panels {
      let start = panel &* BFloat16Tile.panelWidth
      let width = min(BFloat16Tile.panelWidth, problem.columnCount &- start)
      for column in vectorStarts(width) {
        // The panel of floats that holds the vector.
        let packedStart = (start &+ column) / panelWidth &* panelWidth
        let packedWidth = min(panelWidth, problem.columnCount &- packedStart)
        let source = problem.packed + (packedStart &* rowCount &+ (start &+ column &- packedStart))
        for tap in 0..<problem.tapCount {
          let first = source + tap &* problem.channels &* packedWidth
          let target = problem.pairs + ((start &* problem.tapCount &+ tap &* width) &* depth &+ 2 &* column)
          for channel in stride(from: 0, to: problem.channels, by: 2) {
            let pair = first + channel &* packedWidth
            store(
              vectorWords(roundedHalves(load(pair))), vectorWords(roundedHalves(load(pair + packedWidth))),
              target + channel &* width)
          }
        }
      }
    }
  }
}

@inline(__always)
private func roundSquare(
  _ source: UnsafePointer<Float>, _ sourceStride: Int, _ target: UnsafeMutablePointer<BFloat16>,
  _ targetStride: Int
) {
  withTransposedSquare(source, sourceStride) { lines in
    for line in 0..<vectorWidth { store(roundedHalves(lines[line]), target + line &* targetStride) }
  }
}

#if AVX512
  private typealias Halves = SIMD16<UInt16>
#elseif AVX2
  private typealias Halves = SIMD8<UInt16>
#else
  private typealias Halves = SIMD4<UInt16>
#endif

/// Rounds each element to the nearest bfloat16.
@inline(__always)
private func roundedHalves(_ vector: Vector) -> Halves {
  #if AVX512
    vector_math_round_16(vector)
  #elseif AVX2
    vector_math_round_8(vector)
  #else
    vector_math_round_4(vector)
  #endif
}

/// Widens each half to a 32-bit word.
@inline(__always)
private func vectorWords(_ halves: Halves) -> IntegerVector {
  #if AVX512
    vector_math_words_of_halves_16(halves)
  #elseif AVX2
    vector_math_words_of_halves_8(halves)
  #else
    vector_math_words_of_halves_4(halves)
  #endif
}

@inline(__always)
private func loadWords(_ source: UnsafePointer<BFloat16>) -> IntegerVector {
  vectorWords(UnsafeRawPointer(source).loadUnaligned(as: Halves.self))
}

@inline(__always)
private func store(_ halves: Halves, _ target: UnsafeMutablePointer<BFloat16>) {
  UnsafeMutableRawPointer(target).storeBytes(of: halves, as: Halves.self)
}

/// Stores pairs of a first and a second term.
@inline(__always)
private func store(
  _ first: IntegerVector, _ second: IntegerVector, _ target: UnsafeMutablePointer<BFloat16>
) {
  UnsafeMutableRawPointer(target).storeBytes(of: first | second &<< 16, as: IntegerVector.self)
}
