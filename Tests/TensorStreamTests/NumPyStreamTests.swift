import Foundation
import TensorStream
import Testing

/// The records of Fixtures/streams.py.
private func records(_ kind: String) -> RecordBatch {
  let content =
    kind == "images"
    ? RecordFormat.Content.image(ImageShape(height: 2, width: 3, channels: 3)) : .prediction(classCount: 3)
  var batch = RecordBatch(format: RecordFormat(content: content, hasLabels: true, hasNames: true))
  batch.count = 1500
  for index in 0..<1500 {
    batch.labels.append(UInt8(index % 3))
    batch.names.append(Array("\(index).png".utf8))
    if kind == "images" {
      batch.images += (0..<18).map { UInt8((index + $0) % 256) }
    } else {
      batch.predicted.append(UInt8(index / 500))
      batch.probabilities += (0..<3).map { Float(index + $0) / 2048 }
    }
  }
  return batch
}

private let classes = ["ä", "b\t", "c\""]
private let history = ["streams.py 'é'"]

/// The folder of the package.
private let package = URL(fileURLWithPath: #filePath)
  .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
private let examples = package.appendingPathComponent("examples").path
private let example = examples + "/numpy_stream.py"

@Suite struct NumPyStreamTests {
  @Test(arguments: ["images", "predictions"])
  func aStreamFromNumPyIsRead(_ kind: String) throws {
    let stored = Array(try Data(contentsOf: fixture("\(kind).bin")))
    let content = try Content(stored)
    #expect(content.records == records(kind))
    #expect(content.classes == classes)
    #expect(content.history == history)
  }

  @Test(arguments: ["images", "predictions"])
  func streamsMatchNumPysByteForByte(_ kind: String) throws {
    let stored = Array(try Data(contentsOf: fixture("\(kind).bin")))
    #expect(try stream(records(kind), classes: classes, history: history) == stored)
  }

  @Test(.enabled("python3 with NumPy from 1.24", { NumPy.isFound }), arguments: ["images", "predictions"])
  func theInstalledNumPyWritesTheSameIntoAPipe(_ kind: String) throws {
    let written = try NumPy.run([fixture("streams.py").path, examples, kind], pipe: .output)
    #expect(written == Array(try Data(contentsOf: fixture("\(kind).bin"))))
  }

  @Test(.enabled("python3 with NumPy from 1.24", { NumPy.isFound }), arguments: ["images", "predictions"])
  func theInstalledNumPyReadsOursFromAPipe(_ kind: String) throws {
    let bytes = try stream(records(kind), classes: classes, history: history)
    let output = try NumPy.run([example, "info"], input: bytes, pipe: .input)
    let fields =
      kind == "images"
      ? "image    |u1 (2, 3, 3)\nlabel    |u1\nname     |S8\n"
      : "label    |u1\nname     |S8\npredicted |u1\nprobability <f4 (3,)\n"
    #expect(
      String(decoding: output, as: UTF8.self)
        == "records  1500\n\(fields)label    0 ä 500\nlabel    1 b\t 500\nlabel    2 c\" 500\nhistory  streams.py 'é'\n"
    )
  }

  @Test(.enabled("python3 with NumPy from 1.24", { NumPy.isFound }))
  func theExampleNoticesTruncationAndDamage() throws {
    let format = RecordFormat(
      content: .image(ImageShape(height: 1, width: 1, channels: 1)), hasLabels: true, hasNames: false)
    let bytes = try stream(sampleBatch(format, count: 3))
    let program = """
      import io, sys
      sys.path.insert(0, sys.argv[1])
      from numpy_stream import read_stream
      data = sys.stdin.buffer.read()
      def accepted(data):
          try:
              return sum(len(records) for records in read_stream(io.BytesIO(data))) == 3
          except (ValueError, KeyError, SyntaxError, TypeError):
              return False
      assert accepted(data) and accepted(data + data) is False
      for count in range(len(data)):
          assert not accepted(data[:count]), count
      start = data.index(b"\\n") + 1
      for index in range(start, start + 6):
          assert not accepted(data[:index] + bytes([data[index] ^ 1]) + data[index + 1:]), index
      print("done")
      """
    #expect(try NumPy.run(["-c", program, examples], input: bytes) == Array("done\n".utf8))
  }

  @Test(.enabled("python3 with NumPy from 1.24", { NumPy.isFound }), arguments: [false, true])
  func theExampleTurnsArraysIntoAStream(_ hasLabels: Bool) throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    func path(_ name: String) -> String { folder.appendingPathComponent(name).path }
    try Data("x\ny\nz\n".utf8).write(to: URL(fileURLWithPath: path("classes")))
    let save = """
      import numpy as np, sys
      np.save(sys.argv[1], (np.arange(1100 * 20) % 251).astype("u1").reshape(1100, 4, 5))
      np.save(sys.argv[2], (np.arange(1100) % 3).astype("u1"))
      """
    _ = try NumPy.run(["-c", save, path("images.npy"), path("labels.npy")])
    let arguments = [example, "write", path("images.npy")] + (hasLabels ? [path("labels.npy")] : [])
    let written = try NumPy.run(arguments + ["--classes", path("classes")], pipe: .output)

    var expected = RecordBatch(
      format: RecordFormat(
        content: .image(ImageShape(height: 4, width: 5, channels: 1)), hasLabels: hasLabels, hasNames: false))
    expected.count = 1100
    expected.images = (0..<1100 * 20).map { UInt8($0 % 251) }
    if hasLabels { expected.labels = (0..<1100).map { UInt8($0 % 3) } }
    let content = try Content(written)
    #expect(content.records == expected)
    #expect(content.classes == ["x", "y", "z"])
    #expect(content.history.count == 1)
    #expect(content.history.first?.hasSuffix("--classes \(path("classes"))") == true)
    #expect(try stream(expected, classes: content.classes, history: content.history) == written)
  }

  /// The second stream repeats three of 1,100 known images: one unchanged, one 2 levels brighter, one 30.
  @Test(.enabled("python3 with NumPy from 1.24", { NumPy.isFound }))
  func theExampleFindsNearDuplicates() throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let format = RecordFormat(
      content: .image(ImageShape(height: 4, width: 5, channels: 1)), hasLabels: false, hasNames: false)
    func write(_ images: [[UInt8]], _ name: String) throws -> String {
      var batch = RecordBatch(format: format)
      batch.count = images.count
      batch.images = images.flatMap(\.self)
      let file = folder.appendingPathComponent(name)
      try Data(stream(batch)).write(to: file)
      return file.path
    }
    let known = (0..<1100).map { image in
      (0..<20).map { place -> UInt8 in
        let once: Int = image * image * 31 + place * image * 17 + place
        return UInt8((once + place * place * place * (image / 211) * 13) % 211)
      }
    }
    func brighter(_ image: Int, by amount: UInt8) -> [UInt8] { known[image].map { $0 + amount } }
    let seen = [brighter(1099, by: 2), brighter(3, by: 30), known[700]]
    let script = examples + "/near_duplicates.py"
    let arguments = [script, try write(known, "known"), try write(seen, "seen"), "--within", "3"]
    let table = "record\tneighbour\tdistance\n2\t700\t0.000\n0\t1099\t2.000\n"
    #expect(try NumPy.run(arguments) == Array(table.utf8))
  }

  /// Of 500 records in each of three classes, the example keeps all, the first 50 and the first 5.
  @Test(.enabled("python3 with NumPy from 1.24", { NumPy.isFound }))
  func theExampleThinsOutClasses() throws {
    let whole = records("images")
    let bytes = try stream(whole, classes: classes, history: history)
    let written = try NumPy.run([examples + "/long_tail.py", "--factor", "0.01"], input: bytes, pipe: .input)
    let content = try Content(written)
    let rows = (0..<1500).filter { $0 / 3 < [500, 50, 5][$0 % 3] }
    var expected = RecordBatch(format: whole.format)
    for row in rows { expected.append(row..<row + 1, of: whole) }
    #expect(content.records == expected)
    #expect(content.classes == classes)
    #expect(content.history == history + [examples + "/long_tail.py --factor 0.01"])
    #expect(throws: NumPy.Failed.self) {
      try NumPy.run([examples + "/long_tail.py", "--factor", "0"], input: bytes)
    }
  }
}

@Suite struct DocumentTests {
  private let document = try! String(
    contentsOf: package.appendingPathComponent("docs/stream-format.md"), encoding: .utf8)

  /// The document's code blocks in a language.
  private func blocks(_ language: String) -> [String] {
    document.components(separatedBy: "```\(language)\n").dropFirst().map {
      $0.components(separatedBy: "```")[0]
    }
  }

  @Test func documentAndExampleHaveTheSameHelper() throws {
    let helper = try #require(blocks("python").last)
    let functions = helper.suffix(from: try #require(helper.range(of: "def read_stream")).lowerBound)
    #expect(functions.contains("def write_stream"))
    #expect(try String(contentsOfFile: example, encoding: .utf8).contains(functions))
  }

  @Test func theWriterReproducesTheExampleInTheDocument() throws {
    var bytes: [UInt8] = []
    for line in try #require(blocks("hexdump").first).split(separator: "\n") {
      #expect(Int(line.prefix(8), radix: 16) == bytes.count)
      // The bytes are between the offset and the explanation, two blanks away from both.
      let columns = line.dropFirst(10).prefix(47)
      for word in columns.split(separator: " ") {
        let parts = word.split(separator: "*")
        let byte = try #require(UInt8(parts[0], radix: 16))
        let count = parts.count == 2 ? try #require(Int(parts[1])) : 1
        bytes += [UInt8](repeating: byte, count: count)
      }
    }
    let content = try Content(bytes)
    #expect(content.records.images == [0, 64, 128, 255, 128, 64, 9, 8, 7, 6, 5, 4])
    #expect(content.records.labels == [1, 0])
    #expect(content.records.names == [Array("rex.png".utf8), Array("to.png".utf8)])
    #expect(content.classes == ["cat", "dog"])
    #expect(content.history == ["png2raw pets"])
    #expect(try stream(content.records, classes: content.classes, history: content.history) == bytes)
  }

  @Test(.enabled("python3 with NumPy from 1.24", { NumPy.isFound }))
  func thePythonInTheDocumentRuns() throws {
    let programs = blocks("python")
    #expect(programs.count == 2)
    let format = RecordFormat(
      content: .image(ImageShape(height: 1, width: 2, channels: 1)), hasLabels: false, hasNames: false)
    var batch = RecordBatch(format: format)
    batch.count = 2
    batch.images = [1, 2, 3, 4]
    let bytes = try stream(batch, history: ["é"])
    let short = try NumPy.run(["-c", programs[0]], input: bytes, pipe: .input)
    #expect(String(decoding: short, as: UTF8.self).hasPrefix("2.5\n{\"crc32\":"))
    let use = """

      import sys
      ends = []
      for records in read_stream(sys.stdin.buffer, ends):
          images = records["image"]
      write_stream(sys.stdout.buffer, [make_records(images)], history=ends[0]["history"])
      """
    #expect(try NumPy.run(["-c", programs[1] + use], input: bytes, pipe: .input) == bytes)
  }
}
