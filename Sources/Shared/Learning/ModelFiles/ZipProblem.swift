import TensorStream

/// The problems of a zip archive. Offsets are offsets in the file.
public enum ZipProblem: Error, Equatable, Sendable {
  case noEndRecord(byteCount: Int)
  case comment(byteCount: Int)
  case severalDisks
  case zip64Misplaced(locator: Int)
  case zip64Contradicts(offset: Int)
  case directoryMisplaced(offset: UInt64, byteCount: UInt64, end: Int)
  case noDirectoryEntry(offset: Int)
  case entryCount(found: Int, expected: Int)
  case tooManyEntries(limit: Int)
  case badName(offset: Int, name: String)
  case duplicate(entry: String)
  case entryComment(entry: String)
  case encrypted(entry: String)
  case compressed(entry: String, method: UInt16)
  case unknownFlags(entry: String, flags: UInt16)
  case sizesDiffer(entry: String, stored: UInt64, original: UInt64)
  case extraField(entry: String, offset: Int)
  case zip64Field(entry: String)
  case outside(entry: String, offset: UInt64, byteCount: UInt64, limit: Int)
  case noHeader(entry: String, offset: Int)
  case nameDiffers(entry: String, offset: Int)
  case overlap(entry: String, other: String)
  case checksum(entry: String, expected: UInt32, found: UInt32)
}

extension ZipProblem: CustomStringConvertible {
  /// One line that names the entry or the offset.
  public var description: String {
    switch self {
    case .noEndRecord(let byteCount):
      "the file ends at byte \(byteCount) without the end record of a zip archive; it is truncated, or bytes were"
        + " added"
    case .comment(let byteCount):
      "the zip archive claims a comment of \(byteCount) bytes after its end; PyTorch writes none"
    case .severalDisks: "the zip archive claims to be one of several parts, or has two different entry counts"
    case .zip64Misplaced(let locator):
      "byte \(locator): the zip64 locator does not point to a zip64 record directly before it"
    case .zip64Contradicts(let offset):
      "byte \(offset): the zip64 record contradicts the end record of the zip archive"
    case .directoryMisplaced(let offset, let byteCount, let end):
      "the zip directory claims \(byteCount) bytes from byte \(offset); expected it to end at byte \(end)"
    case .noDirectoryEntry(let offset): "byte \(offset): expected a whole entry of the zip directory"
    case .entryCount(let found, let expected):
      "the zip directory has \(found) entries, but its end record counts \(expected)"
    case .tooManyEntries(let limit): "the zip archive has more than \(limit) entries"
    case .badName(let offset, let name):
      "byte \(offset): \(quoted(name)) is not a valid entry name; expected parts between single slashes, without '..'"
    case .duplicate(let entry): "\(place(entry)): appears twice"
    case .entryComment(let entry): "\(place(entry)): has a comment; PyTorch writes none"
    case .encrypted(let entry): "\(place(entry)): is encrypted"
    case .compressed(let entry, let method):
      "\(place(entry)): is compressed (method \(method)), but PyTorch stores; unpack the archive, and load and save"
        + " the model with PyTorch"
    case .unknownFlags(let entry, let flags):
      "\(place(entry)): has flags 0x\(String(flags, radix: 16)), which PyTorch does not write"
    case .sizesDiffer(let entry, let stored, let original):
      "\(place(entry)): is stored uncompressed, but claims \(original) bytes in \(stored)"
    case .extraField(let entry, let offset):
      "\(place(entry)): byte \(offset): its extra field is cut off"
    case .zip64Field(let entry):
      "\(place(entry)): its zip64 field does not have exactly the sizes that are missing elsewhere"
    case .outside(let entry, let offset, let byteCount, let limit):
      "\(place(entry)): claims \(byteCount) bytes at byte \(offset), but the zip directory begins at byte"
        + " \(limit)"
    case .noHeader(let entry, let offset):
      "\(place(entry)): byte \(offset): expected the entry's header"
    case .nameDiffers(let entry, let offset):
      "\(place(entry)): byte \(offset): the header there has another name"
    case .overlap(let entry, let other):
      "\(place(entry)): overlaps with entry \(quoted(other))"
    case .checksum(let entry, let expected, let found):
      "\(place(entry)): its CRC-32 is \(checksumText(found)), expected \(checksumText(expected)); the file is"
        + " damaged, or was saved with torch.serialization.set_crc32_options(False)"
    }
  }

  private func place(_ entry: String) -> String { "entry \(quoted(entry))" }
}
