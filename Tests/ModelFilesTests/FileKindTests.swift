// Other files in place of a model: each is recognised by its first bytes, and the error names its kind.

import ByteIO
import MemoryStreams
import ModelFiles
import Testing

/// Returns the local file header of a zip archive whose first member is `member`, stored.
private func zip(_ member: String) -> [UInt8] {
  [0x50, 0x4b, 3, 4] + [UInt8](repeating: 0, count: 22) + [UInt8(member.utf8.count), 0, 0, 0]
    + Array(member.utf8)
}

private let npy = [0x93] + Array("NUMPY\u{1}\u{0}v\u{0}{'descr': [('image', '|u1', (28, 28))]".utf8)

private let wrongFiles: [(bytes: [UInt8], kind: FileKind, text: String)] = [
  ([], .empty, "the model file is empty"),
  (npy, .tensorStream, "this is a tensor stream, not a model; fm-train trains a model on labelled images"),
  ([0x93] + Array("NUMPY\u{1}\u{0}{".utf8), .tensorStream, "this is a tensor stream"),
  (
    [0, 0, 8, 3, 0, 0, 0xea, 0x60, 0, 0, 0, 28, 0, 0, 0, 28], .idx(rank: 3),
    "an IDX file of images, not a model"
  ),
  ([0, 0, 8, 1, 0, 0, 0xea, 0x60, 9, 0, 0, 3], .idx(rank: 1), "an IDX file of labels, not a model"),
  (
    [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3], .gzip,
    "a gzip file, not a model; convert images and labels with idx2raw"
  ),
  ([0x89] + Array("PNG\r\n\u{1a}\n".utf8), .png, "this is a PNG picture, not a model"),
  ([0xff, 0xd8, 0xff, 0xe0], .jpeg, "this is a JPEG picture, not a model"),
  ([0x09] + Array("PNG\r\n".utf8), .damagedPNG, "this is a PNG file whose first bytes were changed"),
  (
    [0xFD] + Array("7zXZ\0".utf8), .packed("an xz file", by: "xz -dc"),
    "this is an xz file, not a model; unpack it with 'xz -dc'"
  ),
  ([0x28, 0xB5, 0x2F, 0xFD], .packed("a zstd file", by: "zstd -dc"), "unpack it with 'zstd -dc'"),
  (Array("BZh91AY".utf8), .packed("a bzip2 file", by: "bzip2 -dc"), "unpack it with 'bzip2 -dc'"),
  (Array("<!DOCTYPE html><title>404".utf8), .html, "this is a web page (HTML), not a model"),
  (Array("\n  <html lang=en>".utf8), .html, "this is a web page (HTML), not a model"),
  (Array("<?xml version='1.0'?><svg xmlns=".utf8), .picture("SVG"), "this is an SVG picture, not a model"),
  (Array("<?xml version='1.0'?><Error>".utf8), .xml, "this is XML text, not a model"),
  ([0xFF, 0xFE] + Array("t\0r\0".utf8), .utf16, "this is UTF-16 text, not a model"),
  (Array("t\0r\0u\0t\0".utf8), .utf16, "this is UTF-16 text, not a model"),
  (Array("BMI\tclass\n0\t1\n".utf8), .text, "this is text, not a model"),
  (zip("network/data.pkl"), .pytorch, "without the end record of a zip archive"),
  (zip("archive/version"), .pytorch, "without the end record of a zip archive"),
  (zip("data.pkl"), .zip, "this is a zip archive, not a model"),
  (zip("a/metadata.pkl"), .zip, "this is a zip archive, not a model"),
  (zip("arr_0.npy"), .numpyArchive, "this is a NumPy .npz archive, not a model"),
  (zip("word/document.xml"), .zip, "this is a zip archive, not a model"),
  ([0x50, 0x4b, 3, 4], .zip, "this is a zip archive, not a model"),
  ([0x80, 2, 0x7d, 0x71, 0], .pickle, "this is a Python pickle, not a model of fm-tools"),
  (
    [UInt8](repeating: 0, count: 257) + Array("ustar\u{0}00".utf8), .tar,
    "this is a tar archive, as PyTorch before 0.1.10 wrote"
  ),
  ([0x89] + Array("HDF\r\n\u{1a}\n".utf8), .hdf5, "this is an HDF5 file, not a model of fm-tools"),
  (Array("GGUF\u{3}\u{0}".utf8), .gguf, "this is a GGUF file, not a model of fm-tools"),
  (Array("PAR1\u{15}\u{4}".utf8), .parquet, "this is a Parquet file, not a model"),
  (Array("name\ttruth\tclass\tprobability\n".utf8), .text, "this is text, not a model"),
  (Array("Mütze\n".utf8), .text, "this is text, not a model"),
  (Array("12345678{\"a\":1}".utf8), .text, "this is text, not a model"),
  (Array("{\"records\":1}\n".utf8), .json, "this is JSON text, not a model"),
  (Array("[1]".utf8), .json, "this is JSON text, not a model"),
  ([8, 7, 0x12, 7, 0x70], .onnx, "this is an ONNX model, which fm-export writes but no command reads"),
  ([8, 7, 0x11, 7, 0], .unknown, "this is not a model file"),
  ([0, 0, 0, 0], .zeros, "this is zeros, not a model"),
]

@Test(arguments: wrongFiles.indices)
func theKindOfAWrongFileIsNamed(index: Int) throws {
  let (bytes, kind, text) = wrongFiles[index]
  #expect(FileKind(firstBytes: bytes) == kind)
  try withTemporaryDirectory { directory in
    let path = "\(directory)/file"
    try write(bytes, to: path)
    let error = #expect(throws: ModelFileError.self) { try ModelFile.load(path: FilePath(path)) }
    let description = error?.description ?? "no error"
    #expect(description.contains(text), "\(description)")
    #expect(description.hasPrefix(path + ": "))
    #expect(error?.kind == .badData)
  }
}

@Test func noPrefixOfAWrongFileIsTakenForAModel() throws {
  for (bytes, _, _) in wrongFiles {
    for count in 0...bytes.count {
      let prefix = Array(bytes[..<count])
      #expect(FileKind(firstBytes: prefix) != .safetensors)
      #expect(throws: ModelFileError.self) { try load(prefix) }
    }
  }
}

@Test func officialFilesAreRecognisedAsSafetensors() throws {
  for name in ["python-float32", "python-integers", "python-mixed", "tiny-model"] {
    #expect(FileKind(firstBytes: Array(try fixture("\(name).safetensors").prefix(128))) == .safetensors)
  }
}

@Test func aHeaderLengthThatBeginsLikeIDXIsStillSafetensors() {
  #expect(FileKind(firstBytes: [0, 0, 8, 3, 0, 0, 0, 0] + Array("{\"a".utf8)) == .safetensors)
}

@Test(arguments: [0, 1, 511, 512, 513, 1000])
func peekingStillYieldsEveryByte(count: Int) throws {
  let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0) }
  let source = PeekedSource(MemorySource(bytes, name: "memory", step: 50))
  #expect(try source.firstBytes(512) == bytes.prefix(512))
  var again: [UInt8] = []
  var piece = [UInt8](repeating: 0, count: 37)
  while true {
    let got = try piece.withUnsafeMutableBytes { try source.read(into: $0) }
    if got == 0 { break }
    again += piece[..<got]
  }
  #expect(again == bytes)
}
