// Colours, as options and recipes write them, and their brightness.
import ByteIO

/// A colour of one byte each for red, green and blue.
public struct RGBColor: Equatable, Hashable, Sendable {
  public var red: UInt8
  public var green: UInt8
  public var blue: UInt8

  public init(red: UInt8, green: UInt8, blue: UInt8) {
    self.red = red
    self.green = green
    self.blue = blue
  }

  public init(grey value: UInt8) { self.init(red: value, green: value, blue: value) }

  public var isGrey: Bool { red == green && green == blue }

  public static let black = RGBColor(grey: 0)
  public static let white = RGBColor(grey: 255)

  /// Reads a grey value, `0` to `255`, or `#rrggbb`, hexadecimal digits of either case, or `black` or `white`.
  public init?(_ text: String) {
    if let named = ["black": RGBColor.black, "white": .white][text] {
      self = named
    } else if text.hasPrefix("#") {
      let digits = Array(text.utf8.dropFirst())
      let isHexadecimal = digits.allSatisfy { byte in
        switch byte {
        case 0x30...0x39, 0x41...0x46, 0x61...0x66: true
        default: false
        }
      }
      guard digits.count == 6, isHexadecimal, let value = UInt32(text.dropFirst(), radix: 16) else {
        return nil
      }
      self.init(
        red: UInt8(value >> 16), green: UInt8(value >> 8 & 255), blue: UInt8(value & 255))
    } else {
      guard let value = wholeNumber(text).flatMap(UInt8.init(exactly:)) else { return nil }
      self.init(grey: value)
    }
  }

  /// The colour as ``init(_:)`` reads it: a number such as `255` for a grey, else `#ff8000`.
  public var text: String {
    if isGrey { return "\(red)" }
    let digits = [red, green, blue].map { value -> String in
      (value < 16 ? "0" : "") + String(value, radix: 16)
    }
    return "#" + digits.joined()
  }

  /// Returns the colour as `channels` values: its brightness if that is 1, else red, green and blue.
  public func values(channels: Int) -> [UInt8] {
    channels == 1 ? [brightness(red: red, green: green, blue: blue)] : [red, green, blue]
  }
}

/// Returns the brightness of a colour with the weights of ITU-R BT.601, 0.299, 0.587 and 0.114, which PNG viewers, JPEG
/// and Pillow's `convert("L")` use. Rounded to units of 2⁻¹⁶, the weights add up to 1, so white stays white. Halves are
/// rounded up.
func brightness(red: UInt8, green: UInt8, blue: UInt8) -> UInt8 {
  var sum: UInt32 = 0x8000
  sum += 19_595 * UInt32(red)
  sum += 38_470 * UInt32(green)
  sum += 7_471 * UInt32(blue)
  return UInt8(sum >> 16)
}
