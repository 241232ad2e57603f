// The kernel of a convolution's input gradient; see KernelInterface/KernelFlip.swift. Each pair of panels of a tap is
// transposed as a block. For a few thousand values, there is nothing more to gain.

import KernelInterface

extension KernelTable {
  public static func flipKernel(_ flip: KernelFlip) {
    let packedRows = flip.tapCount &* flip.inputChannels
    let flippedRows = flip.tapCount &* flip.outputChannels
    for panel in flip.panels {
      let inputStart = panel &* panelWidth
      let inputWidth = min(panelWidth, flip.inputChannels - inputStart)
      for outputStart in stride(from: 0, to: flip.outputChannels, by: panelWidth) {
        let outputWidth = min(panelWidth, flip.outputChannels - outputStart)
        for tap in 0..<flip.tapCount {
          let source =
            flip.packed
            + (outputStart &* packedRows &+ (tap &* flip.inputChannels &+ inputStart) &* outputWidth)
          let flippedTap = flip.tapCount - 1 - tap
          let target =
            flip.flipped
            + (inputStart &* flippedRows &+ (flippedTap &* flip.outputChannels &+ outputStart) &* inputWidth)
          transposeBlock(source, outputWidth, rows: inputWidth, columns: outputWidth, target, inputWidth)
        }
      }
    }
  }
}
