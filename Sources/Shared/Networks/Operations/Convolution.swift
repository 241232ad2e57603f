// A two-dimensional convolution (cross-correlation, as PyTorch's Conv2d computes it) with padding by zeros.

/// Rows and columns: of a kernel, or of padding on each side.
public struct Extent: Equatable, Sendable {
  public var height: Int
  public var width: Int

  public init(_ height: Int, _ width: Int) {
    self.height = height
    self.width = width
  }

  /// The same in both directions.
  public init(_ length: Int) { self.init(length, length) }
}

/// `conv:CHANNELS[,kernel=3|3x5][,stride=1][,padding=1|1x2][,groups=1][,dilation=1][,bias=yes]`
public struct Convolution: Equatable, Sendable {
  public var channels: Int
  public var kernel: Extent
  public var stride: Int
  /// Rows and columns of zeros on each side.
  public var padding: Extent
  /// Inputs and outputs are cut into this many groups, each output reading the inputs of its own group.
  public var groups: Int
  /// From one tap of the kernel to the next, in pixels.
  public var dilation: Int
  public var hasBias: Bool

  /// `padding` nil is half the kernel's span, rounded down.
  public init(
    channels: Int, kernel: Extent = Extent(3), stride: Int = 1, padding: Extent? = nil, groups: Int = 1,
    dilation: Int = 1, hasBias: Bool = true
  ) {
    self.channels = channels
    self.kernel = kernel
    self.stride = stride
    self.groups = groups
    self.dilation = dilation
    self.hasBias = hasBias
    self.padding = padding ?? Self.defaultPadding(kernel, dilation: dilation)
  }

  static func defaultPadding(_ kernel: Extent, dilation: Int) -> Extent {
    Extent(dilation * max(0, kernel.height - 1) / 2, dilation * max(0, kernel.width - 1) / 2)
  }
}
