import ByteIO
import Testing

@testable import TensorStream

private let images = RecordFormat(
  content: .image(ImageShape(height: 2, width: 3, channels: 1)), hasLabels: true, hasNames: true)
private let predictions = RecordFormat(
  content: .prediction(classCount: 3), hasLabels: true, hasNames: true)

/// Class names that suit the samples.
private func classes(of format: RecordFormat) -> [String] {
  (0..<(format.classCount ?? 10)).map { "class \($0)" }
}

/// The reader's error message for these bytes, or "accepted".
private func message(_ bytes: [UInt8]) -> String {
  do {
    _ = try Content(bytes)
    return "accepted"
  } catch {
    return "\(error)"
  }
}

@Suite struct RefusalTests {
  @Test(arguments: [images, predictions])
  func everyTruncationIsNoticed(_ format: RecordFormat) throws {
    let bytes = try stream(sampleBatch(format, count: 3), classes: classes(of: format))
    #expect(throws: Never.self) { try Content(bytes) }
    for count in 0..<bytes.count {
      #expect(throws: StreamError.self, "the first \(count) bytes") {
        try Content(Array(bytes.prefix(count)))
      }
      #expect(throws: StreamError.self, "the first \(count) bytes") {
        try Content(Array(bytes.prefix(count)), step: 1)
      }
    }
  }

  @Test func truncationsHaveDifferentMessages() throws {
    let bytes = try stream(sampleBatch(sampleFormats[0], count: 3))
    let by = "the command that wrote it failed or was stopped"
    #expect(
      message([])
        == "stdin: expected a tensor stream, found no bytes at all; did the command that writes it fail?")
    #expect(
      message(Array(bytes.prefix(3))) == "stdin: chunk 1, byte 0: the input ends inside a header; \(by)")
    #expect(
      message(Array(bytes.prefix(100))) == "stdin: chunk 1, byte 0: the input ends inside a header; \(by)")
    #expect(
      message(Array(bytes.prefix(128 + 10)))
        == "stdin: chunk 1, byte 138: the input ends, but the header promises 8 more bytes; \(by)")
    #expect(
      message(Array(bytes.prefix(128 + 18)))
        == "stdin: chunk 2, byte 146: expected another chunk or the stream's end, found the end of the input; \(by)"
    )
    #expect(
      message(Array(bytes.dropLast(4)))
        == "stdin: end, byte 274: expected 51 bytes of JSON, found 47 and the end of the input; \(by)")
  }

  @Test(arguments: [images, predictions], [0x01, 0x20, 0x80, 0xFF] as [UInt8])
  func everyDamagedByteBeforeTheEndsTextIsNoticed(_ format: RecordFormat, _ bits: UInt8) throws {
    let bytes = try stream(sampleBatch(format, count: 3), classes: classes(of: format))
    let endStart = try #require(bytes.lastIndex(of: UInt8(ascii: "{")))
    for index in bytes.indices {
      var damaged = bytes
      damaged[index] ^= bits
      // No checksum covers the texts of the end (class names, history), so damage there may pass. It never traps.
      let result = Result { try Content(damaged) }
      if case .success(let content) = result {
        #expect(index > endStart, "byte \(index)")
        #expect(try content.records == Content(bytes).records)
      }
    }
  }

  @Test(arguments: [
    ("\u{1F}\u{8B}", "a gzip file; unpack it"), ("\0\0\u{8}\u{3}", "an IDX file"),
    ("PK\u{3}\u{4}", "a zip archive; unpack it"),
    ("label,pixel1,pixel2\n", "text: 'label,pixel1,pix'"), ("\0", "zeros"),
    ("\u{1}\0\u{2}", "bytes 01 00 02"), ("farbfeld", "a farbfeld picture"),
    ("\u{98}\u{7}\0\0\0\0\0\0{\"", "a safetensors file"),
  ])
  func otherFilesAreNamed(_ start: String, _ expected: String) {
    let bytes = start.unicodeScalars.map { UInt8($0.value) }
    let text = message(bytes)
    #expect(text.hasPrefix("stdin: byte 0: expected a tensor stream, found \(expected)"), "\(text)")
  }

  @Test func bytesAfterTheEndAreRefused() throws {
    let bytes = try stream(sampleBatch(sampleFormats[0], count: 3))
    #expect(
      message(bytes + [10])
        == "stdin: chunk 2, byte \(bytes.count): expected another array (\"\\x93NUMPY\"), found bytes 0a")
    #expect(message(bytes + bytes.prefix(60)).contains("the input ends inside a header"))
  }

  @Test func aStreamWithoutRecordsIsRefused() {
    let empty = end(#"{"crc32":"00000000","history":[],"records":0}"#)
    #expect(
      message(empty) == "stdin: expected at least one record, found a stream that ends properly without any")
    #expect(message(empty + empty).contains("without any"))
  }

  @Test func aLabelBeyondTheClassesIsRefusedWithItsPlace() throws {
    var batch = sampleBatch(images, count: 2000)
    batch.names = batch.names.map { _ in [65] }
    batch.labels[1500] = 37
    batch.labels[1700] = 37
    let bytes = try stream(batch)
    let tail = end(try endText(of: bytes, classes: ClassNames.fashionMNIST))
    let body = bytes.prefix(bytes.count - endByteCount(of: bytes))
    // Two headers have 192 bytes each. A label follows its image of 6 bytes.
    let offset = 2 * 192 + 1500 * 8 + 6
    #expect(message(body + tail) == "stdin: chunk 2, byte \(offset): expected label below 10, got 37")
    #expect(throws: Never.self) { try Content(bytes) }
  }

  @Test func valuesOfPredictionsAreChecked() throws {
    let header =
      "{'descr': [('label', '|u1'), ('predicted', '|u1'), ('probability', '<f4', (2,))], "
      + "'fortran_order': False, 'shape': (1,), }"
    func message(_ label: UInt8, _ predicted: UInt8, _ probability: Float) -> String {
      let bits = probability.bitPattern
      let record = [label, predicted] + [0, 8, 16, 24].map { UInt8(bits >> $0 & 0xFF) } + [0, 0, 0, 0]
      return TensorStreamTests.message(array(header, record))
    }
    let start = array(header).count
    #expect(message(2, 0, 1) == "stdin: chunk 1, byte \(start): expected label below 2, got 2")
    #expect(
      message(0, 255, 1) == "stdin: chunk 1, byte \(start + 1): expected predicted class below 2, got 255")
    for value in [-0.5, 1.5, .infinity, -.infinity, .nan] as [Float] {
      #expect(
        message(0, 0, value)
          == "stdin: chunk 1, byte \(start + 2): expected probability from 0 to 1, got \(value)")
    }
    #expect(message(0, 0, 1.000001).contains("end of the input"))
  }

  @Test func aNULInsideANameIsRefused() {
    let header =
      "{'descr': [('image', '|u1', (1, 1)), ('name', '|S4')], 'fortran_order': False, 'shape': (2,), }"
    let bytes = array(header, Array("xab\0\0ya\0b\0".utf8))
    let offset = array(header).count + 5 + 2
    #expect(
      message(bytes) == "stdin: chunk 1, byte \(offset): expected a name without NUL, found a NUL inside")
  }
}

/// The number of bytes of a stream's end: its header and its text.
private func endByteCount(of bytes: [UInt8]) -> Int {
  bytes.count - (bytes.lastIndex(of: 0x93) ?? 0)
}

/// The text of a stream's end, with the given class names.
private func endText(of bytes: [UInt8], classes: [String]) throws -> String {
  var end = try StreamEnd(parsing: bytes[(bytes.lastIndex(of: UInt8(ascii: "\n")) ?? 0)...])
  end.classes = classes
  return end.text
}
