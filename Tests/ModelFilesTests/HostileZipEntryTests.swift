// Entries of zip archives that no PyTorch writes. Each is sound except for one fault, and is refused in one line that
// names the fault.

import Testing

/// Returns a zip64 extra field with the given numbers.
private func zip64Field(_ numbers: UInt64..., id: UInt16 = 1, byteCount: Int? = nil) -> [UInt8] {
  littleEndian(id) + littleEndian(UInt16(byteCount ?? numbers.count * 8)) + numbers.flatMap(littleEndian)
}

private let entries = list(of: ZipFault.self) {
  // An entry of the directory.
  ZipFault({ $0.entries[1].signature = 0 }, "expected a whole entry of the zip directory")
  ZipFault(
    { $0.entries[1].method = 8 }, "entry 'archive/data/0': is compressed (method 8), but PyTorch stores")
  ZipFault({ $0.entries[1].method = 93 }, "entry 'archive/data/0': is compressed (method 93)")
  ZipFault({ $0.entries[0].method = 8 }, "entry 'archive/data.pkl': is compressed (method 8)")
  ZipFault({ $0.entries[1].flags = 1 }, "entry 'archive/data/0': is encrypted")
  ZipFault({ $0.entries[1].flags = 0x0809 }, "entry 'archive/data/0': is encrypted")
  ZipFault({ $0.entries[1].flags = 0x2000 }, "entry 'archive/data/0': has flags 0x2000")
  ZipFault({ $0.entries[1].flags = 0x0020 }, "entry 'archive/data/0': has flags 0x20")
  ZipFault({ $0.entries[1].disk = 1 }, "one of several parts")
  ZipFault({ $0.entries[1].comment = [0x61] }, "entry 'archive/data/0': has a comment")
  ZipFault(
    { $0.entries[2].comment = Array(soundArchive.bytes.suffix(22)) }, "entry 'archive/version': has a comment"
  )
  ZipFault({ $0.entries[1].checksum = 0 }, "entry 'archive/data/0': its CRC-32 is")
  ZipFault({ $0.entries[0].checksum = 0x1234_5678 }, "expected 12345678; the file is damaged")
  ZipFault({ $0.entries[1].originalByteCount = 17 }, "is stored uncompressed, but claims 17 bytes in 16")
  ZipFault({ $0.entries[1].originalByteCount = 0 }, "is stored uncompressed, but claims 0 bytes in 16")
  ZipFault({ $0.entries[1].byteCount = 1 << 31 }, "claims 2147483648 bytes at byte")
  ZipFault({ $0.entries[2].byteCount = 3 }, "entry 'archive/version': claims 3 bytes")
  ZipFault({ $0.entries[1].byteCount = 17 }, "entry 'archive/version': overlaps with entry 'archive/data/0'")
  ZipFault({ $0.entries[1].byteCount = 15 }, "entry 'archive/data/0': its CRC-32 is")
  ZipFault(
    { $0.entries[1].headerOffset = 0 }, "entry 'archive/data/0': byte 0: the header there has another name")
  ZipFault({ $0.entries[1].headerOffset = 1 }, "entry 'archive/data/0': byte 1: expected the entry's header")
  ZipFault(
    { $0.entries[1].headerOffset = 1 << 31 }, "at byte 2147483648, but the zip directory begins at byte")
  ZipFault(
    { $0.entries[1].headerOffset = UInt32(soundDirectory.lowerBound) }, "the zip directory begins at byte")
  ZipFault(
    { $0.entries[1].headerOffset = UInt32(soundDirectory.lowerBound) - 29 },
    "the zip directory begins at byte")

  // Extra fields.
  ZipFault({ $0.entries[1].extra = [1] }, "entry 'archive/data/0': byte")
  ZipFault({ $0.entries[1].extra = [1, 0, 8] }, "its extra field is cut off")
  ZipFault({ $0.entries[1].extra = zip64Field(16, byteCount: 9) }, "its extra field is cut off")
  ZipFault({ $0.entries[1].extra = zip64Field(byteCount: 0xffff) }, "its extra field is cut off")
  ZipFault(
    { $0.entries[1].extra = zip64Field(16) },
    "its zip64 field does not have exactly the sizes that are missing")
  ZipFault({ $0.entries[1].byteCount = .max }, "its zip64 field does not have exactly the sizes")
  ZipFault(
    {
      $0.entries[1].byteCount = .max
      $0.entries[1].extra = zip64Field(16)
    }, "its zip64 field does not have exactly the sizes"
  )
  ZipFault(
    {
      $0.entries[1].byteCount = .max
      $0.entries[1].extra = zip64Field(16, 16, 0)
    }, "its zip64 field does not have exactly the sizes"
  )
  ZipFault(
    {
      $0.entries[1].byteCount = .max
      $0.entries[1].extra = zip64Field(16, 16, 0, 0)
    }, "its zip64 field does not have exactly the sizes"
  )
  ZipFault(
    {
      $0.entries[1].byteCount = .max
      $0.entries[1].extra = zip64Field(16) + zip64Field(16)
    }, "its zip64 field does not have exactly the sizes"
  )
  ZipFault(
    {
      $0.entries[1].byteCount = .max
      $0.entries[1].extra = zip64Field(16, 16, id: 2)
    }, "its zip64 field does not have exactly the sizes"
  )
  ZipFault(
    {
      $0.entries[1].byteCount = .max
      $0.entries[1].extra = zip64Field(16, 17)
    }, "is stored uncompressed, but claims 16 bytes in 17"
  )
  ZipFault(
    {
      $0.entries[1].byteCount = .max
      $0.entries[1].extra = zip64Field(.max, .max)
    }, "claims 18446744073709551615 bytes"
  )
  ZipFault(
    {
      $0.entries[1].headerOffset = .max
      $0.entries[1].extra = zip64Field(.max)
    }, "at byte 18446744073709551615, but the zip directory begins"
  )
  ZipFault(
    {
      $0.entries[1].headerOffset = .max
      $0.entries[1].extra = zip64Field(1 << 63)
    }, "at byte 9223372036854775808, but the zip directory begins"
  )

  // An entry's local header.
  ZipFault({ $0.entries[1].localSignature = 0x0201_4b50 }, "expected the entry's header")
  ZipFault({ $0.entries[1].localMethod = 8 }, "expected the entry's header")
  ZipFault({ $0.entries[1].localName = "archive/data/1" }, "the header there has another name")
  ZipFault({ $0.entries[1].localName = "archive/data/01" }, "the header there has another name")
  ZipFault({ $0.entries[1].localName = "" }, "the header there has another name")
  ZipFault(
    { $0.entries[2].localExtraCount = .max }, "entry 'archive/version': claims 2 bytes at byte")
  ZipFault({ $0.entries[1].localExtraCount = 1 }, "overlaps with entry 'archive/data/0'")

  // Names.
  ZipFault({ $0.entries[2].name = "archive/data/0" }, "entry 'archive/data/0': appears twice")
  ZipFault({ $0.entries.append($0.entries[0]) }, "entry 'archive/data.pkl': appears twice")
  ZipFault({ $0.entries[2].name = "" }, "'' is not a valid entry name")
  ZipFault({ $0.entries[2].name = "/etc/passwd" }, "'/etc/passwd' is not a valid entry name")
  ZipFault({ $0.entries[2].name = "../version" }, "'../version' is not a valid entry name")
  ZipFault({ $0.entries[2].name = "archive/../version" }, "is not a valid entry name")
  ZipFault({ $0.entries[2].name = "archive/./version" }, "is not a valid entry name")
  ZipFault({ $0.entries[2].name = "archive//version" }, "is not a valid entry name")
  ZipFault({ $0.entries[2].name = "archive/" }, "'archive/' is not a valid entry name")
  ZipFault({ $0.entries[2].name = "archive\\version" }, "is not a valid entry name")
  ZipFault({ $0.entries[2].name = "archive/a\u{0}b" }, "is not a valid entry name")
  ZipFault({ $0.entries[2].name = "archive/a\nb" }, #"'archive/a\nb' is not a valid entry name"#)
  ZipFault(
    { $0.entries[2].name = "other/version" },
    "has entries in 2 folders, but PyTorch writes one: 'archive', 'other'")
  ZipFault({ $0.entries[2].name = "version" }, "has entries in 2 folders")

  // The entries that PyTorch writes.
  ZipFault({ $0.entries[1].name = "archive/data/2" }, "the archive has no entry 'archive/data/0'")
  ZipFault({ $0.entries.remove(at: 1) }, "the archive has no entry 'archive/data/0'")
  ZipFault({ $0.entries = [ZipEntry("archive/version", [])] }, "the archive has no entry 'archive/data.pkl'")
  ZipFault(
    { $0.entries.append(ZipEntry("archive/constants.pkl", [])) }, "this is a TorchScript archive"
  )
  ZipFault({ $0.entries.append(ZipEntry("archive/code/__torch__.py", [])) }, "this is a TorchScript archive")
  ZipFault(
    { $0.entries.append(ZipEntry("archive/byteorder", Array("big".utf8))) }, "with the other byte order")
  ZipFault({ $0.entries.append(ZipEntry("archive/byteorder", [])) }, "with the other byte order")
  ZipFault({ $0.entries[0].data = [] }, "archive/data.pkl, byte 0: the pickle ends within an operation")
  ZipFault(
    { $0.entries[0].data = [UInt8](repeating: 0x80, count: (1 << 24) + 1) },
    "data.pkl has 16777217 bytes; at most 16777216 are read"
  )
  ZipFault({ $0.entries[1].data = [] }, "of 4 elements, but its record has 0 bytes")
  ZipFault({ $0.entries[1].data += [0] }, "of 4 elements, but its record has 17 bytes")
  ZipFault({ $0.entries[1].data.removeLast() }, "of 4 elements, but its record has 15 bytes")
}

@Test(arguments: entries.indices) func hostileEntriesOfArchivesAreRefused(index: Int) {
  var archive = soundArchive
  entries[index].change(&archive)
  expectRefusal(of: archive.bytes, entries[index].text)
}
