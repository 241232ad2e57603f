// Zip archives that no PyTorch writes. Each is sound but for one fault, and is refused in one line that tells it.

import ModelFiles
import Testing

/// A change that breaks a sound archive, with the text in its refusal.
private struct Fault: Sendable {
  let change: @Sendable (inout ZipBuilder) -> Void
  let text: String

  init(_ change: @escaping @Sendable (inout ZipBuilder) -> Void, _ text: String) {
    self.change = change
    self.text = text
  }
}

private let sound = archive(pickle([PickledTensor()]))
/// Where the directory of `sound` begins, and where it ends.
private let directory: Range<Int> = {
  let size = sound.bytes.count - 22
  return size - sound.entries.reduce(0) { $0 + 46 + $1.name.utf8.count }..<size
}()

/// A zip64 extra field of those numbers.
private func zip64Field(_ numbers: UInt64..., id: UInt16 = 1, byteCount: Int? = nil) -> [UInt8] {
  littleEndian(id) + littleEndian(UInt16(byteCount ?? numbers.count * 8)) + numbers.flatMap(littleEndian)
}

private let fields = list(of: Fault.self) {
  // The end record.
  Fault({ $0.comment = Array("hello".utf8) }, "without the end record of a zip archive")
  Fault({ $0.commentByteCount = 1 }, "claims a comment of 1 bytes behind its end")
  Fault({ $0.commentByteCount = .max }, "claims a comment of 65535 bytes")
  Fault({ $0.comment = Array(sound.bytes.suffix(22)) }, "expected it to end at byte")
  Fault({ $0.disk = 1 }, "one of several parts")
  Fault({ $0.disk = .max }, "one of several parts")
  Fault({ $0.countHere = 2 }, "counts its entries in two ways")
  Fault({ $0.count = 2 }, "the zip directory has 3 entries, its end record counts 2")
  Fault({ $0.count = 4 }, "the zip directory has 3 entries, its end record counts 4")
  Fault({ $0.count = 0 }, "the zip directory has 3 entries, its end record counts 0")
  Fault({ $0.count = .max }, "the zip directory has 3 entries, its end record counts 65535")
  Fault({ $0.directoryOffset = 0 }, "bytes from byte 0; expected it to end at byte \(directory.upperBound)")
  Fault({ $0.directoryOffset = .max }, "bytes from byte 4294967295; expected it to end at")
  Fault({ $0.directoryOffset = UInt32(directory.lowerBound) + 1 }, "expected it to end at")
  Fault({ $0.directoryByteCount = 0 }, "is said to have 0 bytes")
  Fault({ $0.directoryByteCount = .max }, "is said to have 4294967295 bytes")
  Fault(
    {
      $0.directoryOffset = UInt32(directory.lowerBound) - 1
      $0.directoryByteCount = UInt32(directory.count) + 1
    }, "byte \(directory.lowerBound - 1): expected a whole entry of the zip directory"
  )
  Fault(
    {
      $0.directoryOffset = UInt32(directory.lowerBound) + 46
      $0.directoryByteCount = UInt32(directory.count) - 46
    }, "expected a whole entry of the zip directory"
  )
  Fault(
    {
      $0.directoryOffset = UInt32(directory.upperBound)
      $0.directoryByteCount = 0
    }, "the zip directory has 0 entries, its end record counts 3"
  )
  Fault(
    {
      $0.directoryOffset = UInt32(directory.upperBound) - 45
      $0.directoryByteCount = 45
    }, "byte \(directory.upperBound - 45): expected a whole entry"
  )

  // Zip64.
  Fault({ $0.zip64 = { $0.signature = 0 } }, "the zip64 locator names no zip64 record right before it")
  Fault({ $0.zip64 = { $0.byteCount = 45 } }, "the zip64 locator names no zip64 record")
  Fault({ $0.zip64 = { $0.byteCount = .max } }, "the zip64 locator names no zip64 record")
  Fault({ $0.zip64 = { $0.place += 1 } }, "the zip64 locator names no zip64 record")
  Fault({ $0.zip64 = { $0.place = .max } }, "the zip64 locator names no zip64 record")
  Fault({ $0.zip64 = { $0.place = 0 } }, "the zip64 locator names no zip64 record")
  Fault({ $0.zip64 = { $0.disk = 1 } }, "one of several parts")
  Fault({ $0.zip64 = { $0.countHere = 2 } }, "counts its entries in two ways")
  Fault(
    {
      $0.zip64 = {
        $0.count = 2
        $0.countHere = 2
      }
    }, "the zip64 record contradicts the end record"
  )
  Fault({ $0.zip64 = { $0.directoryOffset -= 1 } }, "the zip64 record contradicts the end record")
  Fault({ $0.zip64 = { $0.directoryByteCount = .max } }, "the zip64 record contradicts the end record")
  Fault(
    {
      $0.directoryOffset = .max
      $0.zip64 = { $0.directoryOffset = .max }
    }, "from byte 18446744073709551615; expected it to end at"
  )
  Fault(
    {
      $0.directoryByteCount = .max
      $0.zip64 = { $0.directoryByteCount = .max }
    }, "is said to have 18446744073709551615 bytes"
  )
  Fault(
    {
      $0.directoryOffset = .max
      $0.directoryByteCount = .max
      $0.zip64 = {
        $0.directoryOffset = 1 << 63
        $0.directoryByteCount = 1 << 63
      }
    }, "is said to have 9223372036854775808 bytes from byte 9223372036854775808"
  )
  Fault(
    {
      $0.count = .max
      $0.zip64 = {
        $0.count = .max
        $0.countHere = .max
      }
    }, "has more than 65535 entries"
  )

  // An entry's place in the directory.
  Fault({ $0.entries[1].signature = 0 }, "expected a whole entry of the zip directory")
  Fault({ $0.entries[1].method = 8 }, "entry 'archive/data/0': is compressed (method 8), PyTorch stores")
  Fault({ $0.entries[1].method = 93 }, "entry 'archive/data/0': is compressed (method 93)")
  Fault({ $0.entries[0].method = 8 }, "entry 'archive/data.pkl': is compressed (method 8)")
  Fault({ $0.entries[1].flags = 1 }, "entry 'archive/data/0': is encrypted")
  Fault({ $0.entries[1].flags = 0x0809 }, "entry 'archive/data/0': is encrypted")
  Fault({ $0.entries[1].flags = 0x2000 }, "entry 'archive/data/0': has flags 0x2000")
  Fault({ $0.entries[1].flags = 0x0020 }, "entry 'archive/data/0': has flags 0x20")
  Fault({ $0.entries[1].disk = 1 }, "one of several parts")
  Fault({ $0.entries[1].comment = [0x61] }, "entry 'archive/data/0': has a comment")
  Fault({ $0.entries[2].comment = Array(sound.bytes.suffix(22)) }, "entry 'archive/version': has a comment")
  Fault({ $0.entries[1].checksum = 0 }, "entry 'archive/data/0': its CRC-32 is")
  Fault({ $0.entries[0].checksum = 0x1234_5678 }, "expected 12345678; the file is damaged")
  Fault({ $0.entries[1].originalByteCount = 17 }, "is stored, yet 17 bytes are to be kept in 16")
  Fault({ $0.entries[1].originalByteCount = 0 }, "is stored, yet 0 bytes are to be kept in 16")
  Fault({ $0.entries[1].byteCount = 1 << 31 }, "is said to have 2147483648 bytes at byte")
  Fault({ $0.entries[2].byteCount = 3 }, "entry 'archive/version': is said to have 3 bytes")
  Fault({ $0.entries[1].byteCount = 17 }, "entry 'archive/version': overlaps with entry 'archive/data/0'")
  Fault({ $0.entries[1].byteCount = 15 }, "entry 'archive/data/0': its CRC-32 is")
  Fault({ $0.entries[1].headerOffset = 0 }, "entry 'archive/data/0': byte 0: the header there bears another name")
  Fault({ $0.entries[1].headerOffset = 1 }, "entry 'archive/data/0': byte 1: expected the entry's header")
  Fault({ $0.entries[1].headerOffset = 1 << 31 }, "at byte 2147483648; the zip directory begins at byte")
  Fault({ $0.entries[1].headerOffset = UInt32(directory.lowerBound) }, "the zip directory begins at byte")
  Fault({ $0.entries[1].headerOffset = UInt32(directory.lowerBound) - 29 }, "the zip directory begins at byte")

  // Extra fields.
  Fault({ $0.entries[1].extra = [1] }, "entry 'archive/data/0': byte")
  Fault({ $0.entries[1].extra = [1, 0, 8] }, "its extra field is cut off")
  Fault({ $0.entries[1].extra = zip64Field(16, byteCount: 9) }, "its extra field is cut off")
  Fault({ $0.entries[1].extra = zip64Field(byteCount: 0xffff) }, "its extra field is cut off")
  Fault({ $0.entries[1].extra = zip64Field(16) }, "its zip64 field does not have just the sizes that are missing")
  Fault({ $0.entries[1].byteCount = .max }, "its zip64 field does not have just the sizes")
  Fault(
    {
      $0.entries[1].byteCount = .max
      $0.entries[1].extra = zip64Field(16)
    }, "its zip64 field does not have just the sizes"
  )
  Fault(
    {
      $0.entries[1].byteCount = .max
      $0.entries[1].extra = zip64Field(16, 16, 0)
    }, "its zip64 field does not have just the sizes"
  )
  Fault(
    {
      $0.entries[1].byteCount = .max
      $0.entries[1].extra = zip64Field(16, 16, 0, 0)
    }, "its zip64 field does not have just the sizes"
  )
  Fault(
    {
      $0.entries[1].byteCount = .max
      $0.entries[1].extra = zip64Field(16) + zip64Field(16)
    }, "its zip64 field does not have just the sizes"
  )
  Fault(
    {
      $0.entries[1].byteCount = .max
      $0.entries[1].extra = zip64Field(16, 16, id: 2)
    }, "its zip64 field does not have just the sizes"
  )
  Fault(
    {
      $0.entries[1].byteCount = .max
      $0.entries[1].extra = zip64Field(16, 17)
    }, "is stored, yet 16 bytes are to be kept in 17"
  )
  Fault(
    {
      $0.entries[1].byteCount = .max
      $0.entries[1].extra = zip64Field(.max, .max)
    }, "is said to have 18446744073709551615 bytes"
  )
  Fault(
    {
      $0.entries[1].headerOffset = .max
      $0.entries[1].extra = zip64Field(.max)
    }, "at byte 18446744073709551615; the zip directory begins"
  )
  Fault(
    {
      $0.entries[1].headerOffset = .max
      $0.entries[1].extra = zip64Field(1 << 63)
    }, "at byte 9223372036854775808; the zip directory begins"
  )

  // An entry's own header.
  Fault({ $0.entries[1].localSignature = 0x0201_4b50 }, "expected the entry's header")
  Fault({ $0.entries[1].localMethod = 8 }, "expected the entry's header")
  Fault({ $0.entries[1].localName = "archive/data/1" }, "the header there bears another name")
  Fault({ $0.entries[1].localName = "archive/data/01" }, "the header there bears another name")
  Fault({ $0.entries[1].localName = "" }, "the header there bears another name")
  Fault({ $0.entries[2].localExtraCount = .max }, "entry 'archive/version': is said to have 2 bytes at byte")
  Fault({ $0.entries[1].localExtraCount = 1 }, "overlaps with entry 'archive/data/0'")

  // Names.
  Fault({ $0.entries[2].name = "archive/data/0" }, "entry 'archive/data/0': is there twice")
  Fault({ $0.entries.append($0.entries[0]) }, "entry 'archive/data.pkl': is there twice")
  Fault({ $0.entries[2].name = "" }, "'' is no name of an entry")
  Fault({ $0.entries[2].name = "/etc/passwd" }, "'/etc/passwd' is no name of an entry")
  Fault({ $0.entries[2].name = "../version" }, "'../version' is no name of an entry")
  Fault({ $0.entries[2].name = "archive/../version" }, "is no name of an entry")
  Fault({ $0.entries[2].name = "archive/./version" }, "is no name of an entry")
  Fault({ $0.entries[2].name = "archive//version" }, "is no name of an entry")
  Fault({ $0.entries[2].name = "archive/" }, "'archive/' is no name of an entry")
  Fault({ $0.entries[2].name = "archive\\version" }, "is no name of an entry")
  Fault({ $0.entries[2].name = "archive/a\u{0}b" }, "is no name of an entry")
  Fault({ $0.entries[2].name = "archive/a\nb" }, #"'archive/a\nb' is no name of an entry"#)
  Fault({ $0.entries[2].name = "other/version" }, "has entries in 2 folders, PyTorch's have one: 'archive', 'other'")
  Fault({ $0.entries[2].name = "version" }, "has entries in 2 folders")

  // What PyTorch has in it.
  Fault({ $0.entries[1].name = "archive/data/2" }, "the archive has no entry 'archive/data/0'")
  Fault({ $0.entries.remove(at: 1) }, "the archive has no entry 'archive/data/0'")
  Fault({ $0.entries = [ZipEntry("archive/version", [])] }, "the archive has no entry 'archive/data.pkl'")
  Fault(
    { $0.entries.append(ZipEntry("archive/constants.pkl", [])) }, "this is a TorchScript archive"
  )
  Fault({ $0.entries.append(ZipEntry("archive/code/__torch__.py", [])) }, "this is a TorchScript archive")
  Fault({ $0.entries.append(ZipEntry("archive/byteorder", Array("big".utf8))) }, "of the other byte order")
  Fault({ $0.entries.append(ZipEntry("archive/byteorder", [])) }, "of the other byte order")
  Fault({ $0.entries[0].data = [] }, "archive/data.pkl, byte 0: the pickle ends within an operation")
  Fault(
    { $0.entries[0].data = [UInt8](repeating: 0x80, count: (1 << 24) + 1) },
    "data.pkl has 16777217 bytes; at most 16777216 are read"
  )
  Fault({ $0.entries[1].data = [] }, "of 4 elements, yet its record has 0 bytes")
  Fault({ $0.entries[1].data += [0] }, "of 4 elements, yet its record has 17 bytes")
  Fault({ $0.entries[1].data.removeLast() }, "of 4 elements, yet its record has 15 bytes")
}

private func expectRefusal(of bytes: [UInt8], _ text: String, _ comment: String = "") {
  let error = #expect(throws: ModelFileError.self) { try stateDictionary(bytes) }
  let description = error?.description ?? "no error"
  #expect(description.contains(text), "\(comment)\(description)")
  #expect(description.hasPrefix("memory: "), "\(description)")
  #expect(!description.contains("\n"))
  #expect(description.utf8.count < 500)
  #expect(error?.kind == .badData)
}

@Test func soundArchiveIsRead() throws {
  #expect(try stateDictionary(sound.bytes)["w"]?.values == [1, 2, 3, 4])
}

@Test(arguments: fields.indices) func hostileFieldOfAnArchiveIsRefused(index: Int) {
  var archive = sound
  fields[index].change(&archive)
  expectRefusal(of: archive.bytes, fields[index].text)
}

@Test func archiveCutAnywhereIsRefused() {
  let whole = sound.bytes
  // The first bytes tell the kind; below that many, the file is none of PyTorch's.
  for count in 46..<whole.count {
    expectRefusal(of: Array(whole[..<count]), "without the end record", "\(count): ")
  }
}

@Test func bytesBehindAnArchiveAreRefused() {
  expectRefusal(of: sound.bytes + [0], "without the end record")
  expectRefusal(of: sound.bytes + [UInt8](repeating: 0, count: 70_000), "without the end record")
  // The directory of the second archive counts from its own beginning.
  expectRefusal(of: sound.bytes + sound.bytes, "expected it to end at byte")
}

@Test func directoryCutWithItsCountsCorrectedIsRefused() {
  let whole = sound.bytes
  for removed in 1..<directory.count {
    let cut = Array(whole[..<(directory.upperBound - removed)])
    let size = littleEndian(UInt32(directory.count - removed))
    let end = whole[directory.upperBound...].prefix(12) + size + whole.suffix(6)
    let error = #expect(throws: ModelFileError.self) { try stateDictionary(cut + end) }
    #expect(error?.kind == .badData)
  }
}

@Test func archiveWithAnyByteChangedNeverTraps() throws {
  let whole = sound.bytes
  for index in whole.indices {
    for value: UInt8 in [0, 1, 8, 0x50, 0x7f, 0x80, 0xff] {
      var changed = whole
      changed[index] = value
      do {
        // What is not believed may change: times, versions, the sizes in the entries' own headers.
        #expect(try stateDictionary(changed)["w"]?.values == [1, 2, 3, 4])
      } catch let error as ModelFileError {
        #expect(error.description.hasPrefix("memory: "))
      }
    }
  }
}
