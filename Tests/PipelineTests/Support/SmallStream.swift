// Tensor streams built byte by byte from docs/stream-format.md, independently of the module that writes them.

/// A stream of one segment with one chunk.
struct SmallStream {
  /// The fields as NumPy's dtype spells them, such as `('label', '|u1')`.
  var fields: [String]
  /// The bytes of each record.
  var records: [[UInt8]]
  var classes: [String]?
  var history: [String] = ["test"]
  var recipe: String?

  init(fields: [String], records: [[UInt8]], classes: [String]?, history: [String]) {
    (self.fields, self.records, self.classes, self.history) = (fields, records, classes, history)
  }

  /// Labelled images.
  init(_ images: SmallImages, classes: [String]? = nil) {
    fields = ["('image', '|u1', (\(images.height), \(images.width)))", "('label', '|u1')"]
    records = (0..<images.count).map { images.image($0) + [images.labels[$0]] }
    self.classes = classes
  }

  /// Labelled images with names, which are padded with NUL to the longest.
  init(_ images: SmallImages, names: [[UInt8]], classes: [String]? = nil) {
    self.init(images, classes: classes)
    let width = names.map(\.count).max() ?? 1
    fields.append("('name', '|S\(width)')")
    for (index, name) in names.enumerated() {
      records[index] += name + [UInt8](repeating: 0, count: width - name.count)
    }
  }

  var bytes: [UInt8] { chunk + end }

  /// The array of the records.
  var chunk: [UInt8] {
    // NumPy leaves room for a first axis of 21 digits, so that it can be rewritten in place when an array grows.
    let count = "\(records.count)"
    let room = String(repeating: " ", count: 21 - count.count)
    let header =
      "{'descr': [\(fields.joined(separator: ", "))], 'fortran_order': False, 'shape': (\(count),), }\(room)"
    return npy(header) + records.joined()
  }

  /// The end of the stream, which shows that it is whole.
  var end: [UInt8] {
    var members: [String] = []
    if let classes { members.append("\"classes\":[\(classes.map { "\"\($0)\"" }.joined(separator: ","))]") }
    let sum = String(crc32(records.joined()), radix: 16)
    members.append("\"crc32\":\"\(String(repeating: "0", count: 8 - sum.count) + sum)\"")
    members.append("\"history\":[\(history.map { "\"\($0)\"" }.joined(separator: ","))]")
    if let recipe { members.append("\"recipe\":\"\(recipe)\"") }
    members.append("\"records\":\(records.count)")
    let json = "{\(members.joined(separator: ","))}"
    return npy("{'descr': '|S\(json.utf8.count)', 'fortran_order': False, 'shape': (), }") + json.utf8
  }
}

/// A header of the .npy format, version 1.0: padded so that the data begins at a multiple of 64 bytes.
private func npy(_ header: String) -> [UInt8] {
  let unpadded = 10 + header.utf8.count + 1
  let padding = 64 - unpadded % 64
  let length = header.utf8.count + padding + 1
  return [0x93] + Array("NUMPY".utf8) + [1, 0, UInt8(length & 0xff), UInt8(length >> 8)] + header.utf8
    + [UInt8](repeating: 0x20, count: padding) + [0x0a]
}

/// The CRC-32 of gzip and PNG, bit by bit.
func crc32(_ bytes: some Sequence<UInt8>) -> UInt32 {
  ~bytes.reduce(~0) { sum, byte in
    (0..<8).reduce(sum ^ UInt32(byte)) { sum, _ in sum & 1 == 1 ? sum >> 1 ^ 0xedb8_8320 : sum >> 1 }
  }
}
