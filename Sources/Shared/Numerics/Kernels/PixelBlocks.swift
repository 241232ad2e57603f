// The conversion of pixels, block by block, and their prefetching.

import CVectorMath
import KernelInterface

extension KernelTable {
  /// result[offset of a pixel] ← pixel · scale. Values beyond the image stay as they are.
  public static func scalePixelBlocks(
    _ image: PixelBlocks, scale: Float, to result: UnsafeMutablePointer<Float>
  ) {
    let side = PixelBlocks.side
    var block = result
    for x in stride(from: 0, to: image.width, by: side) {
      for y in stride(from: 0, to: image.height, by: side) {
        if image.channels == 1, x &+ side <= image.width, y &+ side <= image.height {
          scaleGreyBlock(image.pixels + (y &* image.width &+ x), image.width, scale, block)
        } else {
          scaleBlock(image, scale, block, y: y, x: x)
        }
        block += side &* side &* image.channels
      }
    }
  }
}

extension KernelTable {
  public static func prefetch(_ bytes: UnsafeRawBufferPointer) {
    guard let start = bytes.baseAddress else { return }
    for offset in stride(from: 0, to: bytes.count, by: cacheLine) { vector_math_prefetch(start + offset) }
  }
}

/// The bytes that come from memory together.
private let cacheLine = 64

/// Converts four rows of four bytes.
@inline(__always)
private func scaleGreyBlock(
  _ pixels: UnsafePointer<UInt8>, _ rowStride: Int, _ scale: Float, _ block: UnsafeMutablePointer<Float>
) {
  let start = UnsafeRawPointer(pixels)
  let bytes = unsafeBitCast(
    SIMD4<UInt32>(
      start.loadUnaligned(as: UInt32.self),
      start.loadUnaligned(fromByteOffset: rowStride, as: UInt32.self),
      start.loadUnaligned(fromByteOffset: 2 &* rowStride, as: UInt32.self),
      start.loadUnaligned(fromByteOffset: 3 &* rowStride, as: UInt32.self)), to: SIMD16<UInt8>.self)
  #if AVX512
    store(numbers(bytes) * scale, block)
  #elseif AVX2
    store(numbers(bytes.lowHalf) * scale, block)
    store(numbers(bytes.highHalf) * scale, block + 8)
  #else
    store(numbers(bytes.lowHalf.lowHalf) * scale, block)
    store(numbers(bytes.lowHalf.highHalf) * scale, block + 4)
    store(numbers(bytes.highHalf.lowHalf) * scale, block + 8)
    store(numbers(bytes.highHalf.highHalf) * scale, block + 12)
  #endif
}

/// Converts the part of any block that is inside the image.
@inline(__always)
private func scaleBlock(
  _ image: PixelBlocks, _ scale: Float, _ block: UnsafeMutablePointer<Float>, y: Int, x: Int
) {
  let side = PixelBlocks.side
  let runCount = min(side, image.width &- x) &* image.channels
  for row in 0..<min(side, image.height &- y) {
    let pixels = image.pixels + ((y &+ row) &* image.width &+ x) &* image.channels
    let values = block + row &* side &* image.channels
    for index in 0..<runCount { values[index] = Float(pixels[index]) * scale }
  }
}
