/// The kernel with which an output gradient is convolved to give the input gradient: taps in reverse order, input and
/// output channels exchanged.
///
///     packed  [outputPanel][tap, inputChannel][width]  →  flipped [inputPanel][tapCount − 1 − tap, outputChannel][width]
public struct KernelFlip {
  public var tapCount: Int
  /// Both counts are multiples of ``Lane/width``.
  public var inputChannels: Int
  public var outputChannels: Int
  /// The input panels to write.
  public var panels: Range<Int>
  public var packed: UnsafePointer<Float>
  public var flipped: UnsafeMutablePointer<Float>

  public init(
    tapCount: Int, inputChannels: Int, outputChannels: Int, panels: Range<Int>,
    packed: UnsafePointer<Float>, flipped: UnsafeMutablePointer<Float>
  ) {
    self.tapCount = tapCount
    self.inputChannels = inputChannels
    self.outputChannels = outputChannels
    self.panels = panels
    self.packed = packed
    self.flipped = flipped
  }
}
