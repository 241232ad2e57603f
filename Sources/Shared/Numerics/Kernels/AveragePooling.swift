// Average pooling over maps with the channels innermost, and its gradient.
//
//     out[y, x, c] = Σ over r, q < size of in[y · stride + r, x · stride + q, c] / size²
//
// The zeros of a map's margin count: padding is part of each window's mean, as in PyTorch by default.

import KernelInterface

extension KernelTable {
  public static func averagePoolForward(
    input: UnsafePointer<Float>, window: PoolingWindow, rowCount: Int, output: UnsafeMutablePointer<Float>
  ) {
    let divisor = Float(window.size &* window.size)
    for y in 0..<rowCount {
      for x in 0..<window.outWidth {
        let source = input + window.inputOffset(y, x)
        let target = output + window.outputOffset(y, x)
        for channel in vectorStarts(window.channels) {
          var sum = Vector.zero
          for row in 0..<window.size {
            var pixel = source + (row &* window.inputRowStride &+ channel)
            for _ in 0..<window.size {
              sum += load(pixel)
              pixel += window.inputPixelStride
            }
          }
          store(sum / divisor, target + channel)
        }
      }
    }
  }

  public static func averagePoolBackward(
    outputGradient: UnsafePointer<Float>, window: PoolingWindow, rowCount: Int,
    inputGradient: UnsafeMutablePointer<Float>
  ) {
    let divisor = Float(window.size &* window.size)
    for y in 0..<rowCount {
      for x in 0..<window.outWidth {
        let gradients = outputGradient + window.outputOffset(y, x)
        let target = inputGradient + window.inputOffset(y, x)
        for channel in vectorStarts(window.channels) {
          let share = load(gradients + channel) / divisor
          for row in 0..<window.size {
            var pixel = target + (row &* window.inputRowStride &+ channel)
            for _ in 0..<window.size {
              store(load(pixel) + share, pixel)
              pixel += window.inputPixelStride
            }
          }
        }
      }
    }
  }
}

extension PoolingWindow {
  /// The offset of a pooled pixel's window.
  @inline(__always)
  fileprivate func inputOffset(_ y: Int, _ x: Int) -> Int {
    stride &* (y &* inputRowStride &+ x &* inputPixelStride)
  }

  /// The offset of a pooled pixel.
  @inline(__always)
  fileprivate func outputOffset(_ y: Int, _ x: Int) -> Int { y &* outputRowStride &+ x &* channels }
}
