import ByteIO
import TensorStream
import Testing

@Suite struct ClassNamesTests {
  private func read(_ bytes: [UInt8]) throws -> [String] { try ClassNames.read(Names(bytes)) }

  @Test(arguments: ["cat\ndog\n", "cat\ndog", "cat\r\ndog\r\n", "\u{FEFF}cat\ndog\n"])
  func eachLineIsAName(text: String) throws {
    #expect(try read(Array(text.utf8)) == ["cat", "dog"])
  }

  @Test func namesInUTF16AreRead() throws {
    let units = Array("caf\u{E9}\r\ndog\r\n".utf16)
    let little = units.flatMap { [UInt8($0 & 255), UInt8($0 >> 8)] }
    let big = units.flatMap { [UInt8($0 >> 8), UInt8($0 & 255)] }
    for bytes in [[0xFF, 0xFE] + little, [0xFE, 0xFF] + big, little, big] {
      #expect(try read(bytes) == ["caf\u{E9}", "dog"])
    }
  }

  @Test func namesMayHaveSpacesAndLettersOfAnyScript() throws {
    #expect(try read(Array("T-shirt/top\nAnkle boot\n靴\n".utf8)) == ["T-shirt/top", "Ankle boot", "靴"])
  }

  @Test func namesAreEscapedAsInTables() throws {
    let text = #"a\tb"# + "\n" + #"back\\slash"# + "\n" + #"C:\dir"# + "\n" + #"\x1b[1m"# + "\n"
    #expect(try read(Array(text.utf8)) == ["a\tb", "back\\slash", "C:\\dir", "\u{1B}[1m"])
    #expect(throws: ClassNamesError.self) { try read(Array(("a" + #"\x00"# + "\nb\n").utf8)) }
  }

  @Test func twoTo256NamesAreRead() throws {
    for count in [2, 256] {
      let names = (0..<count).map(String.init)
      #expect(try read(Array(names.joined(separator: "\n").utf8)) == names)
    }
    for count in [0, 1, 257] {
      #expect(throws: ClassNamesError.count(name: "names", count: count)) {
        try read(Array((0..<count).map { "\($0)\n" }.joined().utf8))
      }
    }
  }

  @Test(
    arguments: [
      (Array("a\n\nb\n".utf8), "names: line 2: expected a class name, found an empty line"),
      (Array("a\nb\n\n".utf8), "names: line 3: expected a class name, found an empty line"),
      (Array("a\nb\r\n\r\n".utf8), "names: line 3: expected a class name, found an empty line"),
      (
        Array("a\nb\na".utf8),
        "names: line 3: expected a class name that differs from the others, found 'a' as in line 1"
      ),
      ([0x61, 0x0A, 0xFF], "names: line 2: expected a class name, found bytes that are not UTF-8"),
      (
        Array("a\tb\nc".utf8),
        "names: line 1: expected a class name, found a control character or a byte-order mark in it; write a tab"
          + #" as \t"#
      ),
      (
        Array("a\n\u{FEFF}c".utf8),
        "names: line 2: expected a class name, found a control character or a byte-order mark in it; write a tab"
          + #" as \t"#
      ),
      (
        Array("caf\u{E9}\ncafe\u{301}\n".utf8),
        "names: line 2: expected a class name that differs from the others, found 'cafe\u{301}', which differs only in its Unicode"
          + " form from that in line 1"
      ),
    ] as [([UInt8], String)])
  func malformedListsAreRefusedWithTheirLine(bytes: [UInt8], message: String) throws {
    let error = try #require(throws: ClassNamesError.self) { try read(bytes) }
    #expect(error.description == message)
    #expect(error.kind == .badData)
  }

  @Test func wellKnownDataSetsNeedNoFile() throws {
    #expect(ClassNames.dataSets["fashion-mnist"]?[9] == "Ankle boot")
    #expect(ClassNames.dataSets["mnist"] == ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"])
  }
}

/// A list of names in memory.
private final class Names: ByteSource {
  let name = "names"
  private var rest: ArraySlice<UInt8>

  init(_ bytes: [UInt8]) { rest = bytes[...] }

  func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
    let bytes = rest.prefix(buffer.count)
    rest = rest.dropFirst(bytes.count)
    buffer.copyBytes(from: bytes)
    return bytes.count
  }
}
