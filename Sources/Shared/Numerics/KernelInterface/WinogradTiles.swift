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

/// The place of an image's tiles in memory.
public struct WinogradTilePlace: Sendable {
  public var order: WinogradTileOrder
  /// The image's number among those of the order.
  public var image: Int
  /// Floats from one tile to the next, and from one component to the next.
  public var tileStride: Int
  public var componentStride: Int

  public init(_ order: WinogradTileOrder, image: Int, tileStride: Int, componentStride: Int) {
    self.order = order
    self.image = image
    self.tileStride = tileStride
    self.componentStride = componentStride
  }
}

/// Says where the input tiles of an image are read, and where their transforms go.
public struct WinogradInput: Sendable {
  public var tiles: WinogradTilePlace
  /// Channels to transform, a multiple of ``Lane/width``, and floats from one pixel of the input to the next.
  public var channels: Int
  public var pixelStride: Int
  /// Rows and columns of the padded input, from the first input tile on. A tile reads 0 beyond them.
  public var height: Int
  public var width: Int
  /// Floats from one row of the input to the next.
  public var rowStride: Int

  public init(
    _ tiles: WinogradTilePlace, channels: Int, pixelStride: Int, height: Int, width: Int, rowStride: Int
  ) {
    self.tiles = tiles
    self.channels = channels
    self.pixelStride = pixelStride
    self.height = height
    self.width = width
    self.rowStride = rowStride
  }
}

/// Says where the outputs of an image's tiles go, and what is applied to them on the way.
public struct WinogradOutput {
  /// The place of the products.
  public var tiles: WinogradTilePlace
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
    _ tiles: WinogradTilePlace, channels: Int, pixelStride: Int, bias: UnsafePointer<Float>?, rectifies: Bool,
    pools: Bool, height: Int, width: Int, values: UnsafeMutablePointer<Float>, rowStride: Int,
    places: UnsafeMutablePointer<UInt8>?
  ) {
    self.tiles = tiles
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
  /// The place of the transformed gradient.
  public var tiles: WinogradTilePlace
  /// Rows and columns of the gradient. Tiles read 0 beyond them.
  public var height: Int
  public var width: Int
  /// Channels to transform, a multiple of ``Lane/width``, and floats from one pixel to the next.
  public var channels: Int
  public var pixelStride: Int
  /// The first value of row 0, and floats from one row to the next.
  public var values: UnsafePointer<Float>
  public var rowStride: Int
  /// [height, width, pixelStride]: the pixel of its window that each value belongs to, if the gradient is that of a
  /// max-pooling of 2 × 2 with stride 2. Height, width and values are then those of the pooled map. Not for tiles of
  /// three.
  public var places: UnsafePointer<UInt8>?

  public init(
    _ tiles: WinogradTilePlace, height: Int, width: Int, channels: Int, pixelStride: Int,
    values: UnsafePointer<Float>, rowStride: Int, places: UnsafePointer<UInt8>? = nil
  ) {
    self.tiles = tiles
    self.height = height
    self.width = width
    self.channels = channels
    self.pixelStride = pixelStride
    self.values = values
    self.rowStride = rowStride
    self.places = places
  }
}

/// Says where the input gradient of an image's tiles goes: input tiles B m Bᵀ, whose pixels on the padding are
/// dropped. Rows of tiles must come in order, from the first on, since each adds to the results of those before it.
public struct WinogradInputGradient {
  /// The place of the products.
  public var tiles: WinogradTilePlace
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
  /// Whether results are added to the values that are already there.
  public var accumulates: Bool

  public init(
    _ tiles: WinogradTilePlace, height: Int, width: Int, paddingHeight: Int, paddingWidth: Int, channels: Int,
    pixelStride: Int, values: UnsafeMutablePointer<Float>, rowStride: Int, accumulates: Bool
  ) {
    self.tiles = tiles
    self.height = height
    self.width = width
    self.paddingHeight = paddingHeight
    self.paddingWidth = paddingWidth
    self.channels = channels
    self.pixelStride = pixelStride
    self.values = values
    self.rowStride = rowStride
    self.accumulates = accumulates
  }
}
