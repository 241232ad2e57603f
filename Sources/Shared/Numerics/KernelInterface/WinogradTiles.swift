// Convolution with Winograd's minimal filtering, F(m×m, 3×3): Lavin & Gray, "Fast Algorithms for Convolutional Neural
// Networks" (2016), section 4.
//
// An output tile Y of m × m needs an input tile d of n × n, n = m + 2. With constant matrices A, B and G,
//
//     Y = Aᵀ [ (G g Gᵀ) ⊙ (Bᵀ d B) ] A
//
// Since ⊙ works on each of the n² *components* separately, the sum over input channels turns each component
// into a product of matrices, [tiles, input channels] · [input channels, output channels]: n² multiplications
// instead of 9 m².
//
// The gradients follow by the chain rule. With the transformed gradient e = A y′ Aᵀ of a tile,
//
//     input gradient    d′ = B [ (G g Gᵀ) ⊙ e ] Bᵀ      input tiles overlap by two pixels, where they are added
//     weight gradient   g′ = Gᵀ [ Σ (Bᵀ d B) ⊙ e ] G    the sum is over all tiles
//
// Both are again products of matrices, one for each component.

/// The size m of an output tile. Larger tiles save more multiplications, but round more. A tile that the map does not
/// fill saves fewer.
public enum WinogradSize: Int, CaseIterable, Sendable {
  /// 16 multiplications instead of 36.
  case two = 2
  /// 25 multiplications instead of 81.
  case three
  /// 36 multiplications instead of 144.
  case four

  /// Rows and columns of an output tile, and of the input tile it needs.
  public var outputSize: Int { rawValue }
  public var inputSize: Int { rawValue + 2 }
  /// Components of a transformed tile.
  public var componentCount: Int { inputSize * inputSize }
}

/// Some rows of tiles of one image, and some of their channels.
public struct WinogradTiles: Equatable, Sendable {
  public var size: WinogradSize
  /// Channels to transform, a multiple of ``Lane/width``, and floats from one pixel of the input to the next.
  public var channels: Int
  public var pixelStride: Int
  /// Rows and columns of the padded input, from the first input tile on. A tile reads 0 beyond them.
  public var inputHeight: Int
  public var inputWidth: Int
  /// Floats from one row of the input to the next.
  public var inputRowStride: Int
  /// The rows of tiles, and the number of tiles in a row.
  public var tileRows: Range<Int>
  public var tileColumns: Int
  /// Floats of the transformed input from one tile to the next, and from one component to the next.
  public var tileStride: Int
  public var componentStride: Int

  public init(
    size: WinogradSize, channels: Int, pixelStride: Int, inputHeight: Int, inputWidth: Int,
    inputRowStride: Int, tileRows: Range<Int>, tileColumns: Int, tileStride: Int, componentStride: Int
  ) {
    self.size = size
    self.channels = channels
    self.pixelStride = pixelStride
    self.inputHeight = inputHeight
    self.inputWidth = inputWidth
    self.inputRowStride = inputRowStride
    self.tileRows = tileRows
    self.tileColumns = tileColumns
    self.tileStride = tileStride
    self.componentStride = componentStride
  }
}

/// Says where the outputs of some rows of tiles of one image go, and what is applied to them on the way.
public struct WinogradOutput {
  public var size: WinogradSize
  /// The rows of tiles, and the number of tiles in a row.
  public var tileRows: Range<Int>
  public var tileColumns: Int
  /// Floats of the products from one tile to the next, and from one component to the next.
  public var tileStride: Int
  public var componentStride: Int
  /// Channels to transform, a multiple of ``Lane/width``, and floats from one pixel of the result to the next.
  public var channels: Int
  public var pixelStride: Int
  /// A value for each channel; `nil` if results have no bias.
  public var bias: UnsafePointer<Float>?
  /// Whether negative results become 0.
  public var rectifies: Bool
  /// Whether the results are the largest values of 2 × 2 pixels each: max-pooling with stride 2. Not for
  /// tiles of three.
  public var pools: Bool
  /// Rows and columns of the result. Pixels of tiles beyond them are dropped.
  public var height: Int
  public var width: Int
  /// The first value of row 0 of the result, and floats from one row to the next.
  public var values: UnsafeMutablePointer<Float>
  public var rowStride: Int
  /// [height, width, pixelStride]: the place of each maximum in its window.
  public var places: UnsafeMutablePointer<UInt8>?

  public init(
    size: WinogradSize, tileRows: Range<Int>, tileColumns: Int, tileStride: Int, componentStride: Int,
    channels: Int, pixelStride: Int, bias: UnsafePointer<Float>?, rectifies: Bool, pools: Bool, height: Int,
    width: Int, values: UnsafeMutablePointer<Float>, rowStride: Int, places: UnsafeMutablePointer<UInt8>?
  ) {
    self.size = size
    self.tileRows = tileRows
    self.tileColumns = tileColumns
    self.tileStride = tileStride
    self.componentStride = componentStride
    self.channels = channels
    self.pixelStride = pixelStride
    self.bias = bias
    self.rectifies = rectifies
    self.pools = pools
    self.height = height
    self.width = width
    self.values = values
    self.rowStride = rowStride
    self.places = places
  }
}

/// The output gradient of a convolution, whose tiles are transformed to their components, A y′ Aᵀ.
public struct WinogradGradient {
  public var size: WinogradSize
  /// Rows and columns of the gradient. Tiles read 0 beyond them.
  public var height: Int
  public var width: Int
  /// Channels to transform, a multiple of ``Lane/width``, and floats from one pixel to the next.
  public var channels: Int
  public var pixelStride: Int
  /// The first value of row 0, and floats from one row to the next.
  public var values: UnsafePointer<Float>
  public var rowStride: Int
  /// The rows of tiles, and the number of tiles in a row.
  public var tileRows: Range<Int>
  public var tileColumns: Int
  /// Floats of the transformed gradient from one tile to the next, and from one component to the next.
  public var tileStride: Int
  public var componentStride: Int
  /// [height, width, pixelStride]: the pixel of its window that each value belongs to, if the gradient is that of a
  /// max-pooling of 2 × 2 with stride 2. Height, width and values are then those of the pooled map.
  public var places: UnsafePointer<UInt8>?

  public init(
    size: WinogradSize, height: Int, width: Int, channels: Int, pixelStride: Int,
    values: UnsafePointer<Float>, rowStride: Int, tileRows: Range<Int>, tileColumns: Int, tileStride: Int,
    componentStride: Int,
    places: UnsafePointer<UInt8>? = nil
  ) {
    self.size = size
    self.height = height
    self.width = width
    self.channels = channels
    self.pixelStride = pixelStride
    self.values = values
    self.rowStride = rowStride
    self.tileRows = tileRows
    self.tileColumns = tileColumns
    self.tileStride = tileStride
    self.componentStride = componentStride
    self.places = places
  }
}

/// Says where the input gradient of some rows of tiles of one image goes: input tiles B m Bᵀ, whose pixels on the
/// padding are dropped. Rows of tiles must come in order, from the first on, since each adds to the results of
/// those before it.
public struct WinogradInputGradient {
  public var size: WinogradSize
  /// Rows and columns of the input, without padding.
  public var height: Int
  public var width: Int
  /// Rows of padding above the input, and columns left of it.
  public var paddingHeight: Int
  public var paddingWidth: Int
  /// Channels to transform, a multiple of ``Lane/width``, and floats from one pixel to the next.
  public var channels: Int
  public var pixelStride: Int
  /// The first value of row 0, and floats from one row to the next.
  public var values: UnsafeMutablePointer<Float>
  public var rowStride: Int
  /// The rows of tiles, and the number of tiles in a row.
  public var tileRows: Range<Int>
  public var tileColumns: Int
  /// Floats of the products from one tile to the next, and from one component to the next.
  public var tileStride: Int
  public var componentStride: Int
  /// Whether results are added to the values that are already there.
  public var accumulates: Bool

  public init(
    size: WinogradSize, height: Int, width: Int, paddingHeight: Int, paddingWidth: Int, channels: Int,
    pixelStride: Int, values: UnsafeMutablePointer<Float>, rowStride: Int, tileRows: Range<Int>,
    tileColumns: Int, tileStride: Int, componentStride: Int, accumulates: Bool
  ) {
    self.size = size
    self.height = height
    self.width = width
    self.paddingHeight = paddingHeight
    self.paddingWidth = paddingWidth
    self.channels = channels
    self.pixelStride = pixelStride
    self.values = values
    self.rowStride = rowStride
    self.tileRows = tileRows
    self.tileColumns = tileColumns
    self.tileStride = tileStride
    self.componentStride = componentStride
    self.accumulates = accumulates
  }
}
