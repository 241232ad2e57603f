// The errors of IDX files and their texts.
import ByteIO

/// Why IDX files are refused. Offsets and counts refer to the decompressed bytes.
public enum IDXError: Failure, Equatable {
  /// The file does not begin as IDX does. `start` holds its first bytes.
  case notIDX(name: String, start: [UInt8])
  case otherContent(name: String, role: IDXRole, type: UInt8, rank: Int)
  case imageSize(name: String, height: Int, width: Int)
  case empty(name: String, role: IDXRole)
  case tooShort(name: String, expected: String, byteCount: Int)
  case trailingBytes(name: String, offset: Int)
  case countsDiffer(images: String, imageCount: Int, labels: String, labelCount: Int)
  case label(name: String, record: Int, byte: Int, label: UInt8, classCount: Int)
  case severalLabels(name: String, count: Int)
  case scaleMissing(name: String, type: UInt8)
  /// `sizes` are the sizes of one image.
  case channels(name: String, sizes: [Int])
  case channelsUnclear(name: String, sizes: [Int])
  case labelValue(name: String, record: Int, byte: Int, found: Double)
  /// A number is not from 0 to 255. `pixel` is its value after scaling, or `nil` if there is no scale.
  case pixelValue(name: String, PixelPlace, found: Double, pixel: Double?)
  case nothingLeft(name: String, count: Int, skipped: Int)

  /// The place of a number: its record, its row and column in the image as stored, and its byte in the file.
  public struct PixelPlace: Equatable, Sendable {
    public var record: Int
    public var row: Int
    public var column: Int
    public var byte: Int
  }

  public var kind: FailureKind {
    if case .nothingLeft = self { .usage } else { .badData }
  }

  public var description: String {
    switch self {
    case .notIDX(let name, let start):
      "\(name): byte 0: expected an IDX header (00 00 08 …), found \(FileKind.found(start))"
    case .otherContent(let name, let role, let type, let rank):
      "\(name): byte 2: expected \(role == .images ? "images (rank 3, or 4 in colour)" : "labels (rank 1)"), "
        + "found \(typeName(type)), rank \(rank)\(swapped(role, rank))"
    case .severalLabels(let name, let count):
      "\(name): byte 8: expected one label for each image, found \(grouped(count)) numbers; make a file of the column of classes"
    case .scaleMissing(let name, let type):
      "\(name): byte 2: expected integers, found \(typeName(type))"
    case .channels(let name, let sizes):
      "\(name): byte 8: expected images with 1 or 3 channels, before or after the rows and columns, found sizes of \(text(sizes))"
    case .channelsUnclear(let name, let sizes):
      "\(name): byte 8: found images of \(text(sizes)), with the channels either first or last"
    case .imageSize(let name, let height, let width):
      "\(name): byte 8: expected images of 1 to \(IDXContent.largestSide) rows and columns, "
        + "found \(height) by \(width)"
    case .empty(let name, let role):
      "\(name): byte 4: expected at least one \(role == .images ? "image" : "label"), found a count of 0"
    case .tooShort(let name, let expected, let byteCount):
      "\(name): expected \(expected), found the end of the data after \(byteCount)"
    case .trailingBytes(let name, let offset):
      "\(name): byte \(offset): expected the end of the data, found more"
    case .countsDiffer(let images, let imageCount, let labels, let labelCount):
      "\(labels): expected \(imageCount) label\(imageCount == 1 ? "" : "s"), one for each image of \(images), found \(labelCount); "
        + "do the two files belong together?"
    case .labelValue(let name, let record, let byte, let found):
      "\(name): record \(record), byte \(byte): expected a label from 0 to 255, found \(number(found))"
    case .pixelValue(let name, let place, let found, let pixel):
      "\(name): record \(place.record), row \(place.row), column \(place.column), byte \(place.byte): expected a pixel from 0 to"
        + " 255, found \(number(found))"
        + (pixel.map { found.isFinite ? ", which scale and offset turn into \(number($0))" : "" } ?? "")
    case .label(let name, let record, let byte, let label, let classCount):
      "\(name): record \(record), byte \(byte): expected a label below \(classCount), "
        + "the number of classes, found \(label)"
    case .nothingLeft(let name, let count, let skipped):
      "\(name): expected images after the first\(skipped == 1 ? ", which is" : " \(skipped), which are") skipped, found only"
        + " \(counted(count, "image"))"
    }
  }
}

private func text(_ sizes: [Int]) -> String { sizes.map(String.init).joined(separator: "x") }

/// Returns the text of a number, without `.0` if it is whole.
private func number(_ value: Double) -> String { Int(exactly: value).map(String.init) ?? "\(value)" }

private func typeName(_ type: UInt8) -> String {
  switch type {
  case 0x08: "unsigned byte"
  case 0x09: "signed byte"
  case 0x0B: "16-bit integers"
  case 0x0C: "32-bit integers"
  case 0x0D: "32-bit floating point"
  case 0x0E: "64-bit floating point"
  default: "the unknown type \(hexadecimal([type]))"
  }
}

private func swapped(_ role: IDXRole, _ rank: Int) -> String {
  let isOther = role == .images ? rank == 1 : rank == 3
  return isOther ? "; the images go first, the labels second" : ""
}
