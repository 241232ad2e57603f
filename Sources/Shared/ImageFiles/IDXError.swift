// What can be wrong with IDX files, and how it reads.
import ByteIO

/// Why IDX files are refused. Offsets and counts are those of the decompressed bytes.
public enum IDXError: Failure, Equatable {
  /// `start` are the first bytes, as many as were at hand.
  case notIDX(name: String, start: [UInt8])
  case otherContent(name: String, role: IDXRole, type: UInt8, rank: Int)
  case imageSize(name: String, height: Int, width: Int)
  case empty(name: String, role: IDXRole)
  case tooShort(name: String, expected: String, byteCount: Int)
  case trailingBytes(name: String, offset: Int)
  case countsDiffer(images: String, imageCount: Int, labels: String, labelCount: Int)
  case label(name: String, record: Int, label: UInt8, classCount: Int)
  case nothingLeft(name: String, count: Int, skipped: Int)

  public var kind: FailureKind {
    if case .nothingLeft = self { .usage } else { .badData }
  }

  public var description: String {
    switch self {
    case .notIDX(let name, let start):
      "\(name): byte 0: expected an IDX header (00 00 08 …), found \(FileKind.found(start))"
    case .otherContent(let name, let role, let type, let rank):
      "\(name): byte 2: expected \(role == .images ? "images" : "labels") (unsigned byte, rank \(role.rank)), "
        + "found \(typeName(type)), rank \(rank)\(swapped(role, type, rank))"
    case .imageSize(let name, let height, let width):
      "\(name): byte 8: expected images of 1 to \(IDXContent.largestSide) rows and columns, "
        + "found \(height) by \(width)"
    case .empty(let name, let role):
      "\(name): byte 4: expected at least one \(role == .images ? "image" : "label"), found a count of 0"
    case .tooShort(let name, let expected, let byteCount):
      "\(name): expected \(expected), the data end after \(byteCount)"
    case .trailingBytes(let name, let offset):
      "\(name): byte \(offset): expected the end of the data, found more"
    case .countsDiffer(let images, let imageCount, let labels, let labelCount):
      "\(labels): expected \(imageCount) labels, one an image of \(images), found \(labelCount); "
        + "are the two files of the same set?"
    case .label(let name, let record, let label, let classCount):
      "\(name): record \(record), byte \(8 + record): expected a label below \(classCount), "
        + "the number of classes, found \(label)"
    case .nothingLeft(let name, let count, let skipped):
      "\(name): --skip \(skipped) leaves nothing of \(count) images"
    }
  }
}

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

private func swapped(_ role: IDXRole, _ type: UInt8, _ rank: Int) -> String {
  let other: IDXRole = role == .images ? .labels : .images
  return type == 0x08 && rank == other.rank ? "; the images go first, the labels second" : ""
}
