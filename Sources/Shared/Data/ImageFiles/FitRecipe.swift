// Makes any picture fit: scales it, fills or crops the sides, and inverts it if it is dark on light.

import TensorStream

/// The settings of the recipe that makes a picture fit.
public struct FitRecipe: Equatable, Sendable {
  /// The treatment of pictures with another aspect ratio.
  public enum Placement: String, CaseIterable, Sendable {
    /// Show the whole picture in the middle, with background beside it.
    case contain
    /// Fill the image, and crop both overhanging sides equally.
    case cover
    /// Distort the picture.
    case stretch
  }

  /// The colour beside a picture, and under its transparent pixels.
  public enum Background: Equatable, Sendable {
    /// The median colour of the picture's border beside it, and white under transparent pixels.
    case auto
    case color(RGBColor)

    /// Reads `auto`, or a colour as ``RGBColor`` does.
    public init?(_ text: String) {
      if text == "auto" {
        self = .auto
      } else {
        guard let color = RGBColor(text) else { return nil }
        self = .color(color)
      }
    }

    public var text: String {
      switch self {
      case .auto: "auto"
      case .color(let color): color.text
      }
    }
  }

  /// Whether to exchange light and dark.
  public enum Inversion: String, CaseIterable, Sendable {
    /// Invert the picture if its background is light: the median brightness of its border is above 127.5.
    case auto
    case yes
    case no
  }

  public var filter: ResamplingFilter
  public var placement: Placement
  public var background: Background
  public var inversion: Inversion

  public init(
    filter: ResamplingFilter = .area, placement: Placement = .contain, background: Background = .auto,
    inversion: Inversion = .auto
  ) {
    self.filter = filter
    self.placement = placement
    self.background = background
    self.inversion = inversion
  }

  var ground: RGBColor {
    switch background {
    case .auto: .white
    case .color(let color): color
    }
  }

  /// Runs the steps in this order: colour, scaling, background, inversion. So the background is a colour of the original
  /// picture and is inverted with it.
  ///
  /// - Complexity: O(p + q) for p pixels of the picture and q of the image, and the cost of the scaling.
  func apply(to picture: Bitmap, shape: ImageShape) -> Bitmap {
    let picture = picture.converted(toChannels: shape.channels)
    let border = PictureBorder(of: picture)
    let scaled = scaled(picture, height: shape.height, width: shape.width)
    let color =
      switch background {
      case .auto: border.medianColor
      case .color(let color): color
      }
    let image = scaled.centered(height: shape.height, width: shape.width, on: color)
    let isTurned =
      switch inversion {
      case .auto: border.isLight
      case .yes: true
      case .no: false
      }
    return isTurned ? image.invertingLightness() : image
  }

  private func scaled(_ picture: Bitmap, height: Int, width: Int) -> Bitmap {
    switch placement {
    case .stretch: return resampled(picture, height: height, width: width, by: filter)
    case .contain:
      let size = fittingSize(of: picture, height: height, width: width)
      return resampled(picture, height: size.height, width: size.width, by: filter)
    case .cover:
      return resampled(
        covering(picture, height: height, width: width), height: height, width: width, by: filter)
    }
  }
}

/// Returns the largest part in the middle of a picture with the proportion of `height` to `width`, to the nearest whole
/// pixel, halves up.
func covering(_ picture: Bitmap, height: Int, width: Int) -> Bitmap {
  // One side stays whole, and the other is scaled from it, as in `fittingSize` with picture and target exchanged.
  var (rows, columns) = (picture.height, picture.width)
  if picture.width * height >= picture.height * width {
    columns = min(columns, scaledSide(picture.height, by: width, over: height))
  } else {
    rows = min(rows, scaledSide(picture.width, by: height, over: width))
  }
  let (top, left) = ((picture.height - rows) / 2, (picture.width - columns) / 2)
  return picture.cropped(rows: top..<top + rows, columns: left..<left + columns)
}

/// The outermost pixels of a picture, each once. They show what its background looks like.
struct PictureBorder {
  /// The number of occurrences of each value, [channels, 256].
  private var counts: [[Int]]
  /// The number of occurrences of each brightness.
  private var brightnessCounts = [Int](repeating: 0, count: 256)
  private var count = 0

  init(of picture: Bitmap) {
    counts = Array(repeating: [Int](repeating: 0, count: 256), count: picture.channels)
    for row in 0..<picture.height {
      let isWhole = row == 0 || row == picture.height - 1
      for column in stride(from: 0, to: picture.width, by: isWhole ? 1 : max(1, picture.width - 1)) {
        add(picture, (row * picture.width + column) * picture.channels)
      }
    }
  }

  private mutating func add(_ picture: Bitmap, _ offset: Int) {
    count += 1
    for channel in 0..<picture.channels { counts[channel][Int(picture.pixels[offset + channel])] += 1 }
    let value =
      picture.channels == 1
      ? picture.pixels[offset]
      : brightness(
        red: picture.pixels[offset], green: picture.pixels[offset + 1], blue: picture.pixels[offset + 2])
    brightnessCounts[Int(value)] += 1
  }

  /// Whether the median brightness is above 127.5. For an even number of pixels, that is the mean of the middle two.
  var isLight: Bool {
    Int(value(brightnessCounts, (count - 1) / 2)) + Int(value(brightnessCounts, count / 2)) > 255
  }

  /// The median of each channel. For an even number of pixels, it is the lower of the middle two.
  var medianColor: RGBColor {
    let medians = counts.map { value($0, (count - 1) / 2) }
    return medians.count == 1
      ? RGBColor(grey: medians[0]) : RGBColor(red: medians[0], green: medians[1], blue: medians[2])
  }

  /// Returns the value at `place` in sorted order.
  private func value(_ counts: [Int], _ place: Int) -> UInt8 {
    var below = 0
    for (value, count) in counts.enumerated() {
      below += count
      if below > place { return UInt8(value) }
    }
    preconditionFailure("place \(place) of \(below) values")
  }
}
