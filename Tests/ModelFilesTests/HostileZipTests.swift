// Zip archives that no PyTorch writes. Each is sound except for one fault, and is refused in one line that names the
// fault.

import ModelFiles
import Testing

private let endRecords = list(of: ZipFault.self) {
  // The end record.
  ZipFault({ $0.comment = Array("hello".utf8) }, "without the end record of a zip archive")
  ZipFault({ $0.commentByteCount = 1 }, "claims a comment of 1 bytes after its end")
  ZipFault({ $0.commentByteCount = .max }, "claims a comment of 65535 bytes")
  ZipFault({ $0.comment = Array(soundArchive.bytes.suffix(22)) }, "expected it to end at byte")
  ZipFault({ $0.disk = 1 }, "one of several parts")
  ZipFault({ $0.disk = .max }, "one of several parts")
  ZipFault({ $0.countHere = 2 }, "has two different entry counts")
  ZipFault({ $0.count = 2 }, "the zip directory has 3 entries, but its end record counts 2")
  ZipFault({ $0.count = 4 }, "the zip directory has 3 entries, but its end record counts 4")
  ZipFault({ $0.count = 0 }, "the zip directory has 3 entries, but its end record counts 0")
  ZipFault({ $0.count = .max }, "the zip directory has 3 entries, but its end record counts 65535")
  ZipFault(
    { $0.directoryOffset = 0 }, "bytes from byte 0; expected it to end at byte \(soundDirectory.upperBound)")
  ZipFault({ $0.directoryOffset = .max }, "bytes from byte 4294967295; expected it to end at")
  ZipFault({ $0.directoryOffset = UInt32(soundDirectory.lowerBound) + 1 }, "expected it to end at")
  ZipFault({ $0.directoryByteCount = 0 }, "claims 0 bytes")
  ZipFault({ $0.directoryByteCount = .max }, "claims 4294967295 bytes")
  ZipFault(
    {
      $0.directoryOffset = UInt32(soundDirectory.lowerBound) - 1
      $0.directoryByteCount = UInt32(soundDirectory.count) + 1
    }, "byte \(soundDirectory.lowerBound - 1): expected a whole entry of the zip directory"
  )
  ZipFault(
    {
      $0.directoryOffset = UInt32(soundDirectory.lowerBound) + 46
      $0.directoryByteCount = UInt32(soundDirectory.count) - 46
    }, "expected a whole entry of the zip directory"
  )
  ZipFault(
    {
      $0.directoryOffset = UInt32(soundDirectory.upperBound)
      $0.directoryByteCount = 0
    }, "the zip directory has 0 entries, but its end record counts 3"
  )
  ZipFault(
    {
      $0.directoryOffset = UInt32(soundDirectory.upperBound) - 45
      $0.directoryByteCount = 45
    }, "byte \(soundDirectory.upperBound - 45): expected a whole entry"
  )

  // Zip64.
  ZipFault(
    { $0.zip64 = { $0.signature = 0 } },
    "the zip64 locator does not point to a zip64 record directly before it")
  ZipFault({ $0.zip64 = { $0.byteCount = 45 } }, "the zip64 locator does not point to a zip64 record")
  ZipFault({ $0.zip64 = { $0.byteCount = .max } }, "the zip64 locator does not point to a zip64 record")
  ZipFault({ $0.zip64 = { $0.place += 1 } }, "the zip64 locator does not point to a zip64 record")
  ZipFault({ $0.zip64 = { $0.place = .max } }, "the zip64 locator does not point to a zip64 record")
  ZipFault({ $0.zip64 = { $0.place = 0 } }, "the zip64 locator does not point to a zip64 record")
  ZipFault({ $0.zip64 = { $0.disk = 1 } }, "one of several parts")
  ZipFault({ $0.zip64 = { $0.countHere = 2 } }, "has two different entry counts")
  ZipFault(
    {
      $0.zip64 = {
        $0.count = 2
        $0.countHere = 2
      }
    }, "the zip64 record contradicts the end record"
  )
  ZipFault({ $0.zip64 = { $0.directoryOffset -= 1 } }, "the zip64 record contradicts the end record")
  ZipFault({ $0.zip64 = { $0.directoryByteCount = .max } }, "the zip64 record contradicts the end record")
  ZipFault(
    {
      $0.directoryOffset = .max
      $0.zip64 = { $0.directoryOffset = .max }
    }, "from byte 18446744073709551615; expected it to end at"
  )
  ZipFault(
    {
      $0.directoryByteCount = .max
      $0.zip64 = { $0.directoryByteCount = .max }
    }, "claims 18446744073709551615 bytes"
  )
  ZipFault(
    {
      $0.directoryOffset = .max
      $0.directoryByteCount = .max
      $0.zip64 = {
        $0.directoryOffset = 1 << 63
        $0.directoryByteCount = 1 << 63
      }
    }, "claims 9223372036854775808 bytes from byte 9223372036854775808"
  )
  ZipFault(
    {
      $0.count = .max
      $0.zip64 = {
        $0.count = .max
        $0.countHere = .max
      }
    }, "has more than 65535 entries"
  )
}

@Test func aSoundArchiveIsRead() throws {
  #expect(try stateDictionary(soundArchive.bytes)["w"]?.values == [1, 2, 3, 4])
}

@Test(arguments: endRecords.indices) func hostileEndsOfArchivesAreRefused(index: Int) {
  var archive = soundArchive
  endRecords[index].change(&archive)
  expectRefusal(of: archive.bytes, endRecords[index].text)
}

@Test func anArchiveTruncatedAnywhereIsRefused() {
  let whole = soundArchive.bytes
  // The first bytes identify the kind. A file with fewer of them is not taken for PyTorch's.
  for count in 46..<whole.count {
    expectRefusal(of: Array(whole[..<count]), "without the end record", "\(count): ")
  }
}

@Test func bytesAfterAnArchiveAreRefused() {
  expectRefusal(of: soundArchive.bytes + [0], "without the end record")
  expectRefusal(of: soundArchive.bytes + [UInt8](repeating: 0, count: 70_000), "without the end record")
  // The offsets of the second archive count from its own beginning.
  expectRefusal(of: soundArchive.bytes + soundArchive.bytes, "expected it to end at byte")
}

@Test func aTruncatedDirectoryWithACorrectedSizeIsRefused() {
  let whole = soundArchive.bytes
  for removed in 1..<soundDirectory.count {
    let cut = Array(whole[..<(soundDirectory.upperBound - removed)])
    let size = littleEndian(UInt32(soundDirectory.count - removed))
    let end = whole[soundDirectory.upperBound...].prefix(12) + size + whole.suffix(6)
    let error = #expect(throws: ModelFileError.self) { try stateDictionary(cut + end) }
    #expect(error?.kind == .badData)
  }
}

@Test func anArchiveWithAnyByteChangedNeverTraps() throws {
  let whole = soundArchive.bytes
  for index in whole.indices {
    for value: UInt8 in [0, 1, 8, 0x50, 0x7f, 0x80, 0xff] {
      var changed = whole
      changed[index] = value
      do {
        // The change may hit a field that is ignored: a time, a version, or a size in an entry's local header.
        #expect(try stateDictionary(changed)["w"]?.values == [1, 2, 3, 4])
      } catch let error as ModelFileError {
        #expect(error.description.hasPrefix("memory: "))
      }
    }
  }
}
