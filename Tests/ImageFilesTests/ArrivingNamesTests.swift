// Names are given out as they arrive, without waiting for more input, and none is lost.
import ByteIO
import Foundation
import MemoryStreams
import TensorStream
import Testing

@testable import ImageFiles

private func names(
  _ bytes: [UInt8], _ separator: NameList.Separator = .newline, step: Int = .max
) throws -> [[UInt8]] {
  let names = ArrivingNames(MemoryStreams.MemorySource(bytes, step: step), separator: separator)
  var found: [[UInt8]] = []
  while try names.waitForName() {
    #expect(names.holdsName)
    while let name = try names.next() { found.append(name) }
  }
  #expect(try !names.waitForName())
  #expect(try names.next() == nil)
  return found
}

private func name(_ text: String) -> [UInt8] { Array(text.utf8) }

@Suite struct ArrivingNamesTests {
  @Test(arguments: [1, 2, 3, 7, 1000])
  func everyPartBetweenSeparatorsIsAName(step: Int) throws {
    func found(_ text: String, _ separator: NameList.Separator = .newline) throws -> [[UInt8]] {
      try names(Array(text.utf8), separator, step: step)
    }
    #expect(try found("") == [])
    #expect(try found("a") == [name("a")])
    #expect(try found("a\n") == [name("a")])
    #expect(try found("\n") == [name("")])
    #expect(try found("a\n\nb c\nd") == [name("a"), name(""), name("b c"), name("d")])
    #expect(try found("a\nb\0", .nul) == [name("a\nb")])
    #expect(try found("\0\0c", .nul) == [name(""), name(""), name("c")])
    #expect(try found("a\0b\n") == [name("a\0b")])
  }

  /// Windows adds these to lists. A return at the end of an existing file's name stays.
  @Test func returnsAndAByteOrderMarkAreNotPartOfNames() throws {
    let text = "\u{FEFF}a\r\nb\r\nc\r\r\nd\n\r\n\u{FEFF}e\n"
    for step in [1, 2, 1000] {
      let list = ArrivingNames(MemoryStreams.MemorySource(Array(text.utf8), step: step), separator: .newline)
      var found: [[UInt8]] = []
      while try list.waitForName() { while let name = try list.next() { found.append(name) } }
      #expect(found == ["a", "b", "c\r", "d", "", "\u{FEFF}e"].map(name))
      #expect(list.leftovers.returnCount == 4)
      #expect(list.leftovers.remark?.contains("4 lines end with a carriage return") == true)
    }
    let path = FileManager.default.temporaryDirectory.path + "/returns-\(UUID().uuidString)\r"
    #expect(FileManager.default.createFile(atPath: path, contents: nil))
    defer { try? FileManager.default.removeItem(atPath: path) }
    #expect(try names(Array("\(path)\n".utf8)) == [name(path)])
    // Lists whose names end with NUL never come from Windows.
    #expect(try names(Array("\u{FEFF}a\r\0".utf8), .nul) == [name("\u{FEFF}a\r")])
  }

  @Test(arguments: [[0xFF, 0xFE, 0x61, 0, 0x0A, 0], [0xFE, 0xFF, 0, 0x61, 0, 0x0A]] as [[UInt8]])
  func aListInUTF16IsRefused(bytes: [UInt8]) {
    #expect(throws: NameListError.utf16(name: "stdin")) { try names(bytes) }
  }

  /// Of a name that is too long, one byte more than a name can have shows that it is, and the next name is intact.
  @Test(arguments: [1000, 4096, 65_536, 100_000])
  func aNameWithoutAnEndDoesNotFillTheMemory(step: Int) throws {
    for byteCount in [4095, 4096, 4097, 70_000, 300_000] {
      for ending in ["\nnext\n", "\nnext", ""] {
        let found = try names(Array((String(repeating: "x", count: byteCount) + ending).utf8), step: step)
        #expect(found.count == (ending.isEmpty ? 1 : 2))
        #expect(found.first?.count == min(byteCount, 4097), "\(byteCount) bytes")
        if !ending.isEmpty { #expect(found.last == name("next")) }
      }
    }
  }

  /// What Windows adds to a name does not make it too long, and does not hide that it is.
  @Test(arguments: [1, 1000, 100_000])
  func aByteOrderMarkAndAReturnDoNotCountAsBytesOfAName(step: Int) throws {
    func lengths(_ byteCount: Int) throws -> [Int] {
      let text = "\u{FEFF}" + String(repeating: "x", count: byteCount) + "\r\nnext\r\n"
      return try names(Array(text.utf8), step: step).map(\.count)
    }
    #expect(try lengths(4095) == [4095, 4])
    #expect(try lengths(4096) == [4096, 4])
    for byteCount in [4097, 4098, 4099, 4100, 4101, 9000] {
      #expect(try lengths(byteCount) == [4097, 4], "\(byteCount) bytes")
    }
    // The return is inside the name, not at its end.
    let inner = String(repeating: "x", count: 4096) + "\rx\n"
    #expect(try names(Array(inner.utf8), step: step).map(\.count) == [4097])
  }

  @Test func namesInTheBufferAreGivenOutWithoutReading() throws {
    let source = MemoryStreams.MemorySource("a\nb\nc", step: 3)
    let names = ArrivingNames(source, separator: .newline)
    #expect(try !names.holdsName && names.next() == nil && source.readCount == 0)
    #expect(try names.waitForName())
    #expect(source.readCount == 1)
    #expect(try names.next() == name("a"))
    #expect(try !names.holdsName && names.next() == nil)
    #expect(source.readCount == 1)
    #expect(try names.waitForName())
    #expect(try names.next() == name("b"))
    #expect(try names.waitForName())
    #expect(try names.next() == name("c"))
  }

  @Test func namesMayBeGivenAsArguments() throws {
    let names = ArrivingNames([Array("a\nb".utf8), [], [0xFF]])
    var found: [[UInt8]] = []
    while try names.waitForName() { while let name = try names.next() { found.append(name) } }
    #expect(found == [Array("a\nb".utf8), [], [0xFF]])
    #expect(try !ArrivingNames([]).waitForName())
  }
}
