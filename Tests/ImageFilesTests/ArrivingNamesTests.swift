// Names as they arrive: none is waited for that is there, and none is lost.
import ByteIO
import MemoryStreams
import TensorStream
import Testing

@testable import ImageFiles

private func names(
  _ bytes: [UInt8], _ separator: NameList.Separator = .newline, step: Int = .max
) throws -> [ArrivingNames.Name] {
  let names = ArrivingNames(MemoryStreams.MemorySource(bytes, step: step), separator: separator)
  var found: [ArrivingNames.Name] = []
  while try names.waitForName() {
    #expect(names.holdsName)
    while let name = names.next() { found.append(name) }
  }
  #expect(try !names.waitForName())
  #expect(names.next() == nil)
  return found
}

private func name(_ text: String) -> ArrivingNames.Name { ArrivingNames.Name(bytes: Array(text.utf8)) }

@Suite struct ArrivingNamesTests {
  @Test(arguments: [1, 2, 3, 7, 1000])
  func everyPartIsAName(step: Int) throws {
    func found(_ text: String, _ separator: NameList.Separator = .newline) throws -> [ArrivingNames.Name] {
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
    #expect(try found("a\r\n") == [name("a\r")])
  }

  /// What is too long is cut, and the next name is whole.
  @Test(arguments: [1000, 4096, 65_536, 100_000])
  func aNameWithoutAnEndDoesNotFillTheMemory(step: Int) throws {
    for byteCount in [4095, 4096, 4097, 70_000, 300_000] {
      for ending in ["\nnext\n", "\nnext", ""] {
        let found = try names(Array((String(repeating: "x", count: byteCount) + ending).utf8), step: step)
        #expect(found.count == (ending.isEmpty ? 1 : 2))
        #expect(found.first?.bytes.count == min(byteCount, 4096))
        #expect(found.first?.isCut == (byteCount > 4096), "\(byteCount) bytes")
        if !ending.isEmpty { #expect(found.last == name("next")) }
      }
    }
  }

  @Test func namesThatAreThereAreGivenOutWithoutReading() throws {
    let source = MemoryStreams.MemorySource("a\nb\nc", step: 3)
    let names = ArrivingNames(source, separator: .newline)
    #expect(!names.holdsName && names.next() == nil && source.readCount == 0)
    #expect(try names.waitForName())
    #expect(source.readCount == 1)
    #expect(names.next() == name("a"))
    #expect(!names.holdsName && names.next() == nil)
    #expect(source.readCount == 1)
    #expect(try names.waitForName())
    #expect(names.next() == name("b"))
    #expect(try names.waitForName())
    #expect(names.next() == name("c"))
  }

  @Test func argumentsAreNamesToo() throws {
    let names = ArrivingNames([Array("a\nb".utf8), [], [0xFF]])
    var found: [[UInt8]] = []
    while try names.waitForName() { while let name = names.next() { found.append(name.bytes) } }
    #expect(found == [Array("a\nb".utf8), [], [0xFF]])
    #expect(try !ArrivingNames([]).waitForName())
  }
}
