// Tar archives built byte by byte from POSIX's description of ustar, independently of the library that reads them.

/// A tar archive.
struct SmallTar {
  struct Member {
    var name: [UInt8]
    var content: [UInt8] = []
    /// The type flag: `0` is a file, `1` and `2` are links, `3` is a device, `5` a folder, `x` a pax header.
    var type: Character = "0"
    var target = ""
    /// The size in the header, if it differs from the content's.
    var claimedByteCount: Int?
  }
  var members: [Member]

  init(_ members: [Member]) { self.members = members }

  init(_ files: [(name: String, content: [UInt8])]) {
    members = files.map { Member(name: Array($0.name.utf8), content: $0.content) }
  }

  /// The archive, with the two blocks of zeros that end it.
  var bytes: [UInt8] { members.flatMap(\.bytes) + [UInt8](repeating: 0, count: 1024) }

  /// A pax header with a name of any bytes and length, and the member that has this name.
  static func pax(name: [UInt8], content: [UInt8]) -> [Member] {
    let field = Array(" path=".utf8) + name + [0x0A]
    var count = field.count + 1
    while String(count).utf8.count + field.count != count { count += 1 }
    return [
      Member(name: Array("pax".utf8), content: Array("\(count)".utf8) + field, type: "x"),
      Member(name: Array("short".utf8), content: content),
    ]
  }
}

extension SmallTar.Member {
  init(_ name: String, _ content: [UInt8]) { self.init(name: Array(name.utf8), content: content) }

  /// The header, and the content padded to blocks of 512 bytes.
  var bytes: [UInt8] {
    func octal(_ number: Int, _ digits: Int) -> [UInt8] {
      let text = String(number, radix: 8)
      return Array((String(repeating: "0", count: digits - text.utf8.count) + text + "\0").utf8)
    }
    func padded(_ bytes: [UInt8], _ count: Int) -> [UInt8] {
      bytes + [UInt8](repeating: 0, count: count - bytes.count)
    }
    var header = padded(name, 100) + octal(0o644, 7) + octal(0, 7) + octal(0, 7)
    header += octal(claimedByteCount ?? content.count, 11) + octal(0, 11)
    // The checksum is computed with blanks in its own field.
    header += Array("        ".utf8) + [type.asciiValue!] + padded(Array(target.utf8), 100)
    header = padded(header + Array("ustar\u{0}00".utf8), 512)
    let sum = header.reduce(0) { $0 + Int($1) }
    header.replaceSubrange(148..<156, with: octal(sum, 6) + [0x20])
    return header + padded(content, (content.count + 511) / 512 * 512)
  }
}
