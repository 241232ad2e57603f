// The convolution by Winograd's minimal filtering, F(2×2, 3×3): Lavin & Gray, "Fast Algorithms for Convolutional Neural
// Networks" (2016), section 4.1.
//
// An output tile of 2 × 2 needs a patch d of 4 × 4 of the input. With constant matrices A, B and G,
//
//     Y = Aᵀ [ (G g Gᵀ) ⊙ (Bᵀ d B) ] A
//
// and since ⊙ works on each of the 16 *components* alone, the sum over input channels makes of each component a product
// of matrices, [tiles, input channels] · [input channels, output channels]: 16 multiplications for what takes 36.

/// Some rows of tiles of one image.
public struct WinogradTiles: Equatable, Sendable {
  /// Components of a transformed tile.
  public static let componentCount = 16
  /// Rows and columns of an output tile, and of the input patch it needs.
  public static let outputSize = 2
  public static let patchSize = 4

  /// Both multiples of ``Lane/width``.
  public var inputChannels: Int
  public var outputChannels: Int
  /// Rows and columns of the padded input, from the first patch on. Patches that reach beyond are filled with zeros.
  public var inputHeight: Int
  public var inputWidth: Int
  /// Floats from one row of the input to the next.
  public var inputRowStride: Int
  /// The rows of tiles, and the tiles of a row.
  public var tileRows: Range<Int>
  public var tileColumns: Int
  /// Floats of the transformed input from one tile to the next, and from one component to the next.
  public var tileStride: Int
  public var componentStride: Int

  /// Transformed tiles follow each other.
  public init(
    inputChannels: Int, outputChannels: Int, inputHeight: Int, inputWidth: Int, inputRowStride: Int,
    tileRows: Range<Int>, tileColumns: Int
  ) {
    self.inputChannels = inputChannels
    self.outputChannels = outputChannels
    self.inputHeight = inputHeight
    self.inputWidth = inputWidth
    self.inputRowStride = inputRowStride
    self.tileRows = tileRows
    self.tileColumns = tileColumns
    tileStride = inputChannels
    componentStride = tileRows.count * tileColumns * inputChannels
  }

  public var tileCount: Int { tileRows.count * tileColumns }
}

/// Where the outputs of some tiles go, and what is done to them on the way.
public struct WinogradOutput {
  /// A value for each output channel; `nil` where results have no bias.
  public var bias: UnsafePointer<Float>?
  /// Whether results are added to what is there. None of these is rectified or pooled.
  public var accumulates = false
  /// Whether negative results become 0.
  public var rectifies: Bool
  /// Whether the largest value of each tile is the result: max-pooling of 2 × 2 with stride 2.
  public var pools: Bool
  /// Rows and columns of the result; what tiles have beyond is dropped.
  public var height: Int
  public var width: Int
  /// The first value of row 0 of the result, and floats from one row to the next.
  public var values: UnsafeMutablePointer<Float>
  public var rowStride: Int
  /// [height, width, outputChannels]: where in its tile each maximum was.
  public var places: UnsafeMutablePointer<UInt8>?

  public init(
    bias: UnsafePointer<Float>?, rectifies: Bool, pools: Bool, height: Int, width: Int,
    values: UnsafeMutablePointer<Float>, rowStride: Int, places: UnsafeMutablePointer<UInt8>?
  ) {
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

/// The output gradient of a convolution, of which a tile of 2 × 2 is transformed to 4 × 4 components, A y′ Aᵀ.
public struct WinogradGradient {
  /// Rows, columns and channels of the gradient; what tiles have beyond reads as 0.
  public var height: Int
  public var width: Int
  public var channels: Int
  /// The first value of row 0, and floats from one row to the next; pixels follow each other.
  public var values: UnsafePointer<Float>
  public var rowStride: Int
  /// The rows of tiles; each row has as many as cover it.
  public var tileRows: Range<Int>
  /// Floats of the transformed gradient from one tile to the next, and from one component to the next.
  public var tileStride: Int
  public var componentStride: Int

  public init(
    height: Int, width: Int, channels: Int, values: UnsafePointer<Float>, rowStride: Int,
    tileRows: Range<Int>, tileStride: Int, componentStride: Int
  ) {
    self.height = height
    self.width = width
    self.channels = channels
    self.values = values
    self.rowStride = rowStride
    self.tileRows = tileRows
    self.tileStride = tileStride
    self.componentStride = componentStride
  }
}
