// The safetensors container: files of the official package, the element types, and hostile headers.

import ByteIO
import MemoryStreams
import ModelFiles
import Testing

private func read(_ bytes: [UInt8]) throws -> Safetensors {
  try Safetensors(reading: MemorySource(bytes, name: "memory"))
}

// MARK: - Files of the official package

@Test func anOfficialFloat32FileIsRead() throws {
  let file = try read(fixture("python-float32.safetensors"))
  #expect(file.metadata == ["format": "pt", "größe": "a \"b\" \\ \n c"])
  #expect(Set(file.tensors.map(\.name)) == ["matrix", "scalar", "empty", "kernel", "Größe \"\\\n"])
  for (name, shape) in [("matrix", [3, 4]), ("scalar", []), ("empty", [0, 3]), ("kernel", [2, 1, 3, 3])] {
    #expect(file[name]?.shape == shape)
    #expect(file[name]?.values == fixtureValues(shape.reduce(1, *)))
  }
}

@Test func otherFloatTypesInAnOfficialFileAreReadAsFloat() throws {
  let file = try read(fixture("python-mixed.safetensors"))
  for (name, shape) in [("half", [5]), ("brain", [2, 3]), ("double", [4]), ("single", [3])] {
    #expect(file[name]?.shape == shape)
    #expect(file[name]?.values == fixtureValues(shape.reduce(1, *)))
  }
}

@Test func integersAreRefusedByName() throws {
  let error = #expect(throws: ModelFileError.self) { try read(fixture("python-integers.safetensors")) }
  #expect(error?.description == "memory: tensor 'steps': holds I64, expected F32, F16, BF16 or F64")
}

@Test func theHeaderOfIntegersIsReadAndTheirBytesAreSkipped() throws {
  let reader = SafetensorsReader(
    MemorySource(try fixture("python-integers.safetensors"), name: "memory", step: 5))
  let header = try reader.readHeader()
  #expect(Set(header.tensors.map(\.name)) == ["weight", "steps"])
  for tensor in header.tensors { try reader.skipValues(tensor) }
  try reader.expectEnd()
  #expect(header.tensors.first { $0.name == "steps" }?.elementCount == 3)
}

@Test func contentIsReadBackAsItWasWritten() throws {
  let content = Safetensors(
    tensors: [
      .init(name: "a", shape: [2, 0], values: []),
      .init(name: "b", shape: [2, 2], values: [1, -0.0, .greatestFiniteMagnitude, .leastNonzeroMagnitude]),
      .init(name: "c\u{7f}\u{1F600}\"", shape: [], values: [-1.5]),
    ], metadata: ["": "", "k\n": "\u{0}"])
  for metadata in [content.metadata, [:]] {
    let sink = MemorySink()
    try Safetensors(tensors: content.tensors.reversed(), metadata: metadata).write(to: sink)
    #expect(try read(sink.bytes) == Safetensors(tensors: content.tensors, metadata: metadata))
    #expect(sink.bytes[0] % 8 == 0)
  }
}

@Test func anEmptyContainerIsAccepted() throws {
  #expect(try read(safetensors(header: "{}")) == Safetensors(tensors: [], metadata: [:]))
  #expect(try read(safetensors(header: "{}      ")) == Safetensors(tensors: [], metadata: [:]))
  #expect(try read(safetensors(header: #"{"__metadata__":{}}"#)) == Safetensors(tensors: [], metadata: [:]))
}

#if !(os(macOS) && arch(x86_64))
  @Test func everyHalfIsReadAsTheFloatOfTheSameValue() throws {
    let halves = (0...UInt16.max).flatMap { [UInt8($0 & 0xff), UInt8($0 >> 8)] }
    let header = #"{"h":{"dtype":"F16","shape":[65536],"data_offsets":[0,131072]}}"#
    let values = try #require(read(safetensors(header: header) + halves)["h"]?.values)
    #expect(values.count == 65_536)
    let wrong = (0...UInt16.max).filter { bits in
      let expected = Float(Float16(bitPattern: bits))
      let value = values[Int(bits)]
      return !(value.bitPattern == expected.bitPattern || value.isNaN && expected.isNaN)
    }
    #expect(wrong.isEmpty)
  }
#endif

// MARK: - Hostile headers

private func tensor(
  _ name: String = "w", _ dtype: String = #""F32""#, _ shape: String = "[2]", _ offsets: String = "[0,8]"
) -> String { #""\#(name)":{"dtype":\#(dtype),"shape":\#(shape),"data_offsets":\#(offsets)}"# }

/// A header, and a text in the refusal of a file that has it and 8 bytes of data.
private let hostileHeaders: [(header: String, text: String)] = [
  ("", "byte 8: expected the '{'"),
  (" {}", "byte 8: expected the '{'"),
  ("[]", "byte 8: expected the '{'"),
  ("null", "byte 8: expected the '{'"),
  ("\u{feff}{}", "byte 8: expected the '{'"),
  ("{", "in the header"),
  ("{} x", "byte 11, in the header"),
  ("{}{}", "byte 10, in the header"),
  ("{}\u{0}", "byte 10, in the header"),
  (#"{"a":}"#, "byte 13, in the header"),
  (#"{'a':{}}"#, "byte 9, in the header"),
  ("{\(tensor()),}", "in the header"),
  ("{\(tensor()),\(tensor())}", "appears twice"),
  (#"{"w":{"dtype":"F32","dtype":"F32","shape":[2],"data_offsets":[0,8]}}"#, "appears twice"),
  (#"{"w":{"dtype":"F32","\u0064type":"F16","shape":[2],"data_offsets":[0,8]}}"#, "appears twice"),
  (#"{"__metadata__":{},"__metadata__":{}}"#, "appears twice"),
  (#"{"__metadata__":{"a":"1","a":"2"}}"#, "appears twice"),
  (#"{"__metadata__":[]}"#, "__metadata__ is not an object"),
  (#"{"__metadata__":null}"#, "__metadata__ is not an object"),
  (#"{"__metadata__":{"a":1}}"#, "__metadata__ has a value that is not a string: 'a'"),
  (#"{"__metadata__":{"b":{"c":"d"}}}"#, "__metadata__ has a value that is not a string: 'b'"),
  (#"{"w":[]}"#, "tensor 'w': expected an object"),
  (#"{"w":"F32"}"#, "tensor 'w': expected an object"),
  (#"{"w":{}}"#, "tensor 'w': the header has no dtype"),
  (#"{"w":{"dtype":"F32","data_offsets":[0,8]}}"#, "tensor 'w': the header has no shape"),
  (#"{"w":{"dtype":"F32","shape":[2]}}"#, "tensor 'w': the header has no data_offsets"),
  (#"{"w":{"dtype":"F32","shape":[2],"data_offsets":[0,8],"strides":[1]}}"#, "'w': unknown key 'strides'"),
  ("{\(tensor("w", "32"))}", "tensor 'w': dtype is not a string"),
  ("{\(tensor("w", "null"))}", "tensor 'w': dtype is not a string"),
  ("{\(tensor("w", #""f32""#))}", "tensor 'w': unknown dtype 'f32'"),
  ("{\(tensor("w", #""F128""#))}", "tensor 'w': unknown dtype 'F128'"),
  ("{\(tensor("w", #""F32""#, "2"))}", "tensor 'w': shape is not an array"),
  ("{\(tensor("w", #""F32""#, #"["2"]"#))}", "tensor 'w': shape is not an array"),
  ("{\(tensor("w", #""F32""#, "[-2]"))}", "tensor 'w': shape is not an array of whole numbers from 0"),
  ("{\(tensor("w", #""F32""#, "[2.0]"))}", "tensor 'w': shape is not an array"),
  ("{\(tensor("w", #""F32""#, "[2e0]"))}", "tensor 'w': shape is not an array"),
  ("{\(tensor("w", #""F32""#, "[[2]]"))}", "tensor 'w': shape is not an array"),
  ("{\(tensor("w", #""F32""#, "[02]"))}", "in the header"),
  ("{\(tensor("w", #""F32""#, "[9223372036854775808]"))}", "tensor 'w': shape is not an array"),
  (
    "{\(tensor("w", #""F32""#, "[4294967296,4294967296]"))}",
    "'w': shape [4294967296, 4294967296] is larger"
  ),
  ("{\(tensor("w", #""F32""#, "[9223372036854775807]"))}", "'w': shape [9223372036854775807] is larger"),
  ("{\(tensor("w", #""F32""#, "[4611686018427387904,4,0]"))}", "is larger than any file"),
  ("{\(tensor("w", #""F32""#, "[2]", "8"))}", "tensor 'w': data_offsets are not two"),
  ("{\(tensor("w", #""F32""#, "[2]", "[0]"))}", "tensor 'w': data_offsets are not two"),
  ("{\(tensor("w", #""F32""#, "[2]", "[0,8,8]"))}", "tensor 'w': data_offsets are not two"),
  ("{\(tensor("w", #""F32""#, "[2]", "[-8,0]"))}", "tensor 'w': data_offsets are not two"),
  ("{\(tensor("w", #""F32""#, "[2]", "[0,8.0]"))}", "tensor 'w': data_offsets are not two"),
  (
    "{\(tensor("w", #""F32""#, "[2]", "[8,0]"))}",
    "tensor 'w': data_offsets begin at 8, after their end at 0"
  ),
  (
    "{\(tensor("w", #""F32""#, "[2]", "[0,4]"))}",
    "F32 of shape [2] takes 8 bytes, but its data_offsets span 4"
  ),
  (
    "{\(tensor("w", #""F16""#, "[2]", "[0,8]"))}",
    "F16 of shape [2] takes 4 bytes, but its data_offsets span 8"
  ),
  (
    "{\(tensor("w", #""F64""#, "[2]", "[0,8]"))}",
    "F64 of shape [2] takes 16 bytes, but its data_offsets span 8"
  ),
  ("{\(tensor("w", #""F32""#, "[]", "[0,8]"))}", "F32 of shape [] takes 4 bytes"),
  ("{\(tensor("w", #""F32""#, "[0]", "[0,8]"))}", "F32 of shape [0] takes 0 bytes"),
  (
    "{\(tensor("w", #""F32""#, "[1]", "[4,8]"))}",
    "tensor 'w': begins at offset 4, but the data before it ends at 0"
  ),
  (
    "{\(tensor("v", #""F32""#, "[1]", "[0,4]")),\(tensor("w", #""F32""#, "[1]", "[5,9]"))}",
    "tensor 'w': begins at offset 5, but the data before it ends at 4"
  ),
  (
    "{\(tensor("v")),\(tensor("w"))}",
    "tensor 'w': begins at offset 0, within the tensor before it, which ends at 8"
  ),
  (
    "{\(tensor("w", #""F32""#, "[1]", "[4,8]")),\(tensor("v"))}",
    "tensor 'w': begins at offset 4, within the tensor before it, which ends at 8"
  ),
  ("{\(tensor("w", #""U8""#, "[8]", "[0,8]"))}", "tensor 'w': holds U8, expected F32, F16, BF16 or F64"),
  ("{\(tensor("w", #""BOOL""#, "[8]", "[0,8]"))}", "tensor 'w': holds BOOL"),
  ("{\(tensor("w", #""I64""#, "[1]", "[0,8]"))}", "tensor 'w': holds I64"),
  (
    "{\(tensor("w", #""F32""#, "[1073741825]", "[0,4294967300]"))}",
    "the tensors claim 4294967300 bytes; at most 4294967296 are read"
  ),
  (
    "{\(tensor("w", #""F32""#, "[1073741824]", "[0,4294967296]"))}",
    "tensor 'w': the file ends at byte 88, but the tensor at byte 4294967376; the file is truncated"
  ),
  ("{\(tensor("w", #""F32""#, "[3]", "[0,12]"))}", "tensor 'w': the file ends at byte"),
  ("{\(tensor("w", #""F32""#, "[1]", "[0,4]"))}", "expected the end of the file after the last tensor"),
  ("{}", "byte 10: expected the end of the file after the last tensor"),
]

@Test(arguments: hostileHeaders.indices)
func hostileHeadersAreRefused(index: Int) throws {
  let (header, text) = hostileHeaders[index]
  let error = #expect(throws: ModelFileError.self, "\(header)") {
    try read(safetensors(header: header, dataByteCount: 8))
  }
  let description = error?.description ?? "no error"
  #expect(description.contains(text), "\(header): \(description)")
  #expect(!description.contains("\n"))
  #expect(error?.kind == .badData)
}

@Test func headerBytesThatAreNotUTF8AreRefused() {
  var bytes = safetensors(header: #"{"__metadata__":{"a":"x"}}"#)
  bytes[8 + 22] = 0xff
  let error = #expect(throws: ModelFileError.self) { try read(bytes) }
  #expect(
    error?.description.hasPrefix("memory: byte 30, in the header: ") == true, "\(error?.description ?? "")")
}

@Test(arguments: [0, 1, 7]) func aFileThatEndsInTheHeaderLengthIsRefused(count: Int) {
  #expect(throws: ModelFileError.safetensors(file: "memory", .endsInHeaderLength(byteCount: count))) {
    try read([UInt8](repeating: 0, count: count))
  }
}

@Test(arguments: [100_000_001, UInt64(1) << 32, 1 << 63, .max])
func aHeaderLengthAboveTheFormatsLimitIsRefused(length: UInt64) {
  let bytes = (0..<8).map { UInt8(truncatingIfNeeded: length >> (8 * UInt64($0))) }
  let error = #expect(throws: ModelFileError.self) { try read(bytes + Array("{}".utf8)) }
  #expect(
    error?.description == "memory: the header claims \(length) bytes; safetensors allows at most 100000000")
}

@Test func aHeaderThatClaimsMoreThanArrivesIsRefused() {
  let error = #expect(throws: ModelFileError.self) {
    try read([0, 0xe1, 0xf5, 5, 0, 0, 0, 0] + Array("{}".utf8))
  }
  #expect(
    error?.description
      == "memory: the file ends at byte 10, within the header, which goes to byte 100000008; it is truncated")
}

@Test func endlessNestingIsRefused() {
  let error = #expect(throws: ModelFileError.self) {
    try read(safetensors(header: #"{"w":"# + String(repeating: "[", count: 1_000_000)))
  }
  #expect(error?.description.contains("in the header: ") == true)
}

@Test func longNamesAreShortenedInMessages() {
  let name = String(repeating: "x", count: 100_000)
  for header in ["{\"\(name)\":1}", "{\"\(name)\":{},\"\(name)\":{}}", "{\"__metadata__\":{\"\(name)\":1}}"] {
    let error = #expect(throws: ModelFileError.self) { try read(safetensors(header: header)) }
    #expect((error?.description.utf8.count ?? .max) < 300)
  }
}
