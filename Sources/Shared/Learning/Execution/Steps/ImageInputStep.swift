// The image itself. Bytes become floats, in the layout that the first layers need.

import Compute

struct ImageInputStep: ImageStep {
  let value: ValuePlan

  var name: String { value.name }
  var output: ValuePlan? { value }
  var goesBackward: Bool { false }

  /// The factor that scales pixels to 0…1.
  static let pixelScale: Float = 1 / 255

  /// The number of images by which bytes are prefetched. Converting two images takes about as long as memory needs.
  private static let imagesAhead = 2

  func forward(_ place: ImagePlace, _ network: Network) {
    // The images of a training batch are anywhere in the data set. Without prefetching, each would cost a wait.
    network.prefetchPixels(place.position + Self.imagesAhead)
    let (pixels, output) = (network.pixels(place.position), network.image(value, place))
    if let table = network.pixelTable {
      fill(pixels, output, by: table)
    } else {
      fill(pixels, output, network.engine)
    }
  }

  func backward(_ place: ImagePlace, _ network: Network) {}

  /// Looks up the scaled value of each byte. Margins stay 0, since PyTorch pads after normalising.
  private func fill(_ pixels: UnsafeBufferPointer<UInt8>, _ output: Floats, by table: [Float]) {
    let (layout, channels) = (value.layout, value.layout.channels)
    table.withUnsafeBufferPointer { table in
      var next = 0
      for y in 0..<layout.height {
        for x in 0..<layout.width {
          let offset = layout.offset(channel: 0, y: y, x: x)
          for channel in 0..<channels {
            output[offset + channel] = table[channel << 8 | Int(pixels[next])]
            next += 1
          }
        }
      }
    }
  }

  private func fill(_ pixels: UnsafeBufferPointer<UInt8>, _ output: Floats, _ engine: Engine) {
    let layout = value.layout
    if layout.hasPixelBlocks {
      return engine.scalePixelBlocks(
        pixels, height: layout.height, width: layout.width, channels: layout.channels,
        scale: Self.pixelScale, to: output)
    }
    // Each call converts a run without gaps on either side: the whole image, a row, or the channels of a pixel.
    let runCount =
      layout.hasPaddedChannels
      ? layout.channels : layout.width * layout.channels * (layout.margin > 0 ? 1 : layout.height)
    for start in stride(from: 0, to: pixels.count, by: runCount) {
      let pixel = start / layout.channels
      let offset = layout.offset(channel: 0, y: pixel / layout.width, x: pixel % layout.width)
      engine.scaleBytes(
        UnsafeBufferPointer(rebasing: pixels[start..<start + runCount]), scale: Self.pixelScale,
        to: output.from(offset))
    }
  }
}
