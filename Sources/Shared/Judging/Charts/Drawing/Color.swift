// Colours that colour-blind readers can distinguish, and scales on which equal steps look equal.
#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// A colour in sRGB, with components from 0 to 1.
public struct Color: Equatable, Sendable {
  public var red: Double
  public var green: Double
  public var blue: Double

  public init(red: Double, green: Double, blue: Double) {
    (self.red, self.green, self.blue) = (red, green, blue)
  }

  /// Creates a colour from its code, `0xRRGGBB`.
  public init(_ code: Int) {
    func component(_ shift: Int) -> Double { Double(code >> shift & 0xFF) / 255 }
    self.init(red: component(16), green: component(8), blue: component(0))
  }

  public static let white = Color(0xFFFFFF)
  public static let black = Color(0x000000)
  /// Text, and marks that are as important.
  static let ink = Color(0x1A1A1A)
  /// Explanatory text, with a contrast of 6.3 : 1 on white.
  static let note = Color(0x606060)
  /// Frames and axes.
  static let rule = Color(0xB8B8B8)
  /// Grid lines.
  static let faint = Color(0xE6E6E6)

  /// Right predictions: blue, which every kind of colour vision distinguishes from vermilion. Green and red would look
  /// alike to one man in twelve.
  static let right = Color(0x0072B2)
  /// Wrong predictions: the vermilion of ``palette``, but darker, so that it is readable as text on white.
  static let wrong = Color(0xC24E00)

  /// The colours of lines, in order of use: those of M. Okabe and K. Ito, "Color universal design", 2008, without their
  /// yellow, which is too faint for lines on white.
  static let palette = [0x0072B2, 0xD55E00, 0x009E73, 0xCC79A7, 0x56B4E9, 0xE69F00, 0x000000].map {
    Color($0)
  }

  /// The relative luminance, from 0 to 1 (WCAG 2.1, https://www.w3.org/TR/WCAG21/#dfn-relative-luminance).
  var luminance: Double {
    0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue)
  }

  /// Returns the contrast ratio of two colours, from 1 to 21. Text on a background needs 4.5 (WCAG 2.1).
  public func contrast(with other: Color) -> Double {
    let (one, two) = (luminance, other.luminance)
    return (max(one, two) + 0.05) / (min(one, two) + 0.05)
  }

  /// The colour in CSS notation, such as `#0072b2`.
  public var code: String {
    let bytes = [red, green, blue].map { UInt8(($0 * 255).rounded()) }
    return "#" + bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
  }

  /// Black or white, whichever has more contrast on this colour. The two contrasts multiply to 21, so the higher one is
  /// at least √21 = 4.58 : 1.
  public var textColor: Color {
    contrast(with: .white) >= contrast(with: .black) ? .white : .black
  }
}

/// A scale from light to dark.
public struct ColorScale: Sendable {
  /// The colours at equal distances from 0 to 1.
  let stops: [Color]

  /// Creates a scale through two or more colours.
  public init(stops: [Color]) {
    precondition(stops.count > 1, "\(stops.count) stops")
    self.stops = stops
  }

  /// The scale of right predictions, from white to dark blue through Okabe and Ito's blues.
  public static let right = ColorScale(
    stops: [0xFFFFFF, 0xA9D5F0, 0x56A5DB, 0x0072B2, 0x00466E].map { Color($0) })
  /// The scale of mistakes, from white to dark brown through Okabe and Ito's orange and vermilion. Every kind of colour
  /// vision distinguishes blue and orange, and each scale darkens evenly, so that it is readable in grey too.
  public static let mistakes = ColorScale(
    stops: [0xFFFFFF, 0xFBDDA8, 0xF0A63C, 0xD55E00, 0x7F3300].map { Color($0) })

  /// The colour of a share, which is clamped to 0...1.
  public subscript(share: Double) -> Color {
    let place = min(max(share, 0), 1) * Double(stops.count - 1)
    let index = min(Int(place), stops.count - 2)
    // A stop is returned exactly: the conversion to Oklab and back would darken white a little.
    if place == Double(index) { return stops[index] }
    return mixed(stops[index], stops[index + 1], place - Double(index))
  }
}

/// Returns a mixture with the given share of `other`, computed in Oklab, where equal steps look equal.
/// B. Ottosson, "A perceptual color space for image processing", 2020, https://bottosson.github.io/posts/oklab/.
private func mixed(_ one: Color, _ other: Color, _ share: Double) -> Color {
  let (first, second) = (oklab(one), oklab(other))
  return color(oklab: first + (second - first) * share)
}

/// Returns a colour's coordinates in Oklab: its lightness, and the two axes of colour.
private func oklab(_ color: Color) -> SIMD3<Double> {
  let (red, green, blue) = (linear(color.red), linear(color.green), linear(color.blue))
  let long = cbrt(0.4122214708 * red + 0.5363325363 * green + 0.0514459929 * blue)
  let medium = cbrt(0.2119034982 * red + 0.6806995451 * green + 0.1073969566 * blue)
  let short = cbrt(0.0883024619 * red + 0.2817188376 * green + 0.6299787005 * blue)
  return SIMD3(
    0.2104542553 * long + 0.7936177850 * medium - 0.0040720468 * short,
    1.9779984951 * long - 2.4285922050 * medium + 0.4505937099 * short,
    0.0259040371 * long + 0.7827717662 * medium - 0.8086757660 * short)
}

private func color(oklab lab: SIMD3<Double>) -> Color {
  func cubed(_ value: Double) -> Double { value * value * value }
  let long = cubed(lab.x + 0.3963377774 * lab.y + 0.2158037573 * lab.z)
  let medium = cubed(lab.x - 0.1055613458 * lab.y - 0.0638541728 * lab.z)
  let short = cubed(lab.x - 0.0894841775 * lab.y - 1.2914855480 * lab.z)
  return Color(
    red: encoded(4.0767416621 * long - 3.3077115913 * medium + 0.2309699292 * short),
    green: encoded(-1.2684380046 * long + 2.6097574011 * medium - 0.3413193965 * short),
    blue: encoded(-0.0041960863 * long - 0.7034186147 * medium + 1.7076147010 * short))
}

/// Converts a stored component to linear light with sRGB's transfer function (IEC 61966-2-1).
private func linear(_ component: Double) -> Double {
  component <= 0.04045 ? component / 12.92 : pow((component + 0.055) / 1.055, 2.4)
}

/// Converts linear light, clamped to 0...1, to a stored component: the inverse of ``linear(_:)``.
private func encoded(_ light: Double) -> Double {
  let light = min(max(light, 0), 1)
  return light <= 0.0031308 ? 12.92 * light : 1.055 * pow(light, 1 / 2.4) - 0.055
}
