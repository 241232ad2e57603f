// PNG files that are each broken in one place, with a part of the error message. Some are hostile: they claim huge
// sizes, or their data expand without end.

/// A broken file, and a part of its error message.
struct MalformedPNG: CustomStringConvertible, Sendable {
  let description: String
  let file: [UInt8]
  let message: String
}

/// RGB of 8 bits, 7 × 5 pixels.
private let rgb = SamplePNG(width: 7, height: 5, colorType: 2, bitDepth: 8)
private let grey = SamplePNG(width: 7, height: 5, colorType: 0, bitDepth: 8)
private let greyAlpha = SamplePNG(width: 7, height: 5, colorType: 4, bitDepth: 8)
/// A palette of 16 colours, 4 bits a pixel, 7 × 5 pixels.
private let palette = SamplePNG(width: 7, height: 5, colorType: 3, bitDepth: 4, isTransparent: true)
private let end = chunk("IEND", [])

private func header(
  _ width: [UInt8] = bigEndian(7), _ height: [UInt8] = bigEndian(5), depth: UInt8 = 8, color: UInt8 = 2,
  compression: UInt8 = 0, filter: UInt8 = 0, interlace: UInt8 = 0
) -> [UInt8] {
  chunk("IHDR", width + height + [depth, color, compression, filter, interlace])
}

private func changed(_ file: [UInt8], at index: Int, to byte: UInt8) -> [UInt8] {
  var file = file
  file[index] = byte
  return file
}

/// The chunk with one bit of its checksum flipped.
private func damaged(_ chunk: [UInt8]) -> [UInt8] { changed(chunk, at: chunk.count - 1, to: chunk.last! ^ 1) }

private func file(_ chunks: [UInt8]...) -> [UInt8] { signature + chunks.joined() }

/// The sample's file with the given compressed data.
private func compressed(_ bytes: [UInt8], as sample: SamplePNG = rgb) -> [UInt8] {
  file(sample.header, sample.paletteChunk, sample.transparencyChunk, chunk("IDAT", bytes), end)
}

let malformedPNGs: [MalformedPNG] =
  (files + headers + chunks + palettes + transparencies + imageData).map {
    MalformedPNG(description: $0.0, file: $0.1, message: $0.2)
  }

private typealias Entry = (String, [UInt8], String)

private let files: [Entry] = [
  ("nothing", [], "found no bytes at all"),
  ("half a signature", Array(signature[..<4]), "truncated: it ends after 4 bytes"),
  ("a signature alone", signature, "truncated: it ends after 8 bytes"),
  ("text", Array("hello, world\n".utf8), "found text: 'hello, world\\n'"),
  (
    "HTML", Array("<!DOCTYPE html><title>404</title>".utf8),
    "found a web page (HTML); the download of the file went wrong"
  ),
  ("JPEG", [0xFF, 0xD8, 0xFF, 0xE0, 0, 16] + Array("JFIF".utf8), "found a JPEG picture"),
  ("JPEG 2000", [0xFF, 0x4F, 0xFF, 0x51, 0, 47], "found a JPEG 2000 picture"),
  ("JPEG XL", [0xFF, 0x0A, 0xFA], "found a JPEG XL picture; convert it to PNG first"),
  ("JPEG XL in boxes", [0, 0, 0, 12] + Array("JXL \r\n".utf8) + [0x87, 0x0A], "found a JPEG XL picture"),
  ("GIF", Array("GIF89a".utf8) + [1, 0, 1, 0], "found a GIF picture"),
  ("BMP", Array("BM".utf8) + [70, 0, 0, 0, 0, 0, 0, 0, 54, 0], "found a BMP picture"),
  ("WebP", Array("RIFF".utf8) + [9, 0, 0, 0] + Array("WEBPVP8 ".utf8), "found a WebP picture"),
  ("TIFF", Array("II*\0".utf8) + [8, 0, 0, 0], "found a TIFF picture"),
  ("AVIF", [0, 0, 0, 32] + Array("ftypavif".utf8), "found an AVIF picture"),
  ("MNG", [0x8A] + Array("MNG\r\n".utf8) + [0x1A, 0x0A], "found an MNG picture"),
  ("PDF", Array("%PDF-1.7\n".utf8), "found a PDF document"),
  ("gzip", [0x1F, 0x8B, 8, 0], "found a gzip file"),
  ("zip", Array("PK\u{3}\u{4}".utf8) + [20, 0], "found a zip archive"),
  ("IDX", [0, 0, 8, 3, 0, 0, 0, 1], "found an IDX file"),
  ("a tensor stream", [0x93] + Array("NUMPY".utf8) + [1, 0], "found a tensor stream"),
  ("zeros", [UInt8](repeating: 0, count: 100), "found zeros"),
  ("other bytes", [0xDE, 0xAD, 0xBE, 0xEF], "found bytes de ad be ef"),
  ("a bit of the signature lost", changed(rgb.file, at: 0, to: 0x09), "first bytes were changed"),
  (
    "line ends of Unix", [0x89] + Array("PNG\n".utf8) + [0x1A, 0x0A] + rgb.header, "first bytes were changed"
  ),
  ("trailing bytes", rgb.file + [0], "expected the end of the file after chunk IEND, found 1 byte more"),
  ("a second picture", rgb.file + rgb.file, "expected the end of the file after chunk IEND"),
  ("no end", Array(rgb.file.dropLast(12)), "before chunk IEND"),
  ("half an end", Array(rgb.file.dropLast(2)), "in chunk IEND"),
  ("half a header", Array(rgb.file[..<20]), "it ends after 20 bytes, in chunk IHDR"),
  ("half of the image data", Array(rgb.file[..<70]), "it ends after 70 bytes, in chunk IDAT"),
]

private let headers: [Entry] = [
  ("no width", file(header(bigEndian(0)), rgb.imageData, end), "found 0x5"),
  ("no height", file(header(bigEndian(7), bigEndian(0)), rgb.imageData, end), "found 7x0"),
  ("a width of 32 bits", file(header([255, 255, 255, 255]), rgb.imageData, end), "found 4294967295x5"),
  (
    "a height of 31 bits", file(header(bigEndian(7), [0x7F, 255, 255, 255]), rgb.imageData, end),
    "found 7x2147483647"
  ),
  ("a side too long", file(header(bigEndian(16_385)), rgb.imageData, end), "found 16385x5"),
  (
    "too many pixels", file(header(bigEndian(16_384), bigEndian(4097)), rgb.imageData, end),
    "found 16384x4097"
  ),
  (
    "a size too large for the data", file(header(bigEndian(8192), bigEndian(8192)), rgb.imageData, end),
    "cannot hold that much"
  ),
  ("depth 0", file(header(depth: 0), rgb.imageData, end), "found 2 and 0"),
  ("RGB of depth 4", file(header(depth: 4), rgb.imageData, end), "found 2 and 4"),
  ("a palette of depth 16", file(header(depth: 16, color: 3), rgb.imageData, end), "found 3 and 16"),
  ("depth 3", file(header(depth: 3, color: 0), rgb.imageData, end), "found 0 and 3"),
  ("colour type 1", file(header(color: 1), rgb.imageData, end), "found 1 and 8"),
  ("colour type 5", file(header(color: 5), rgb.imageData, end), "found 5 and 8"),
  ("colour type 255", file(header(color: 255), rgb.imageData, end), "found 255 and 8"),
  (
    "compression 1", file(header(compression: 1), rgb.imageData, end),
    "expected compression method 0, found 1"
  ),
  ("filter method 64", file(header(filter: 64), rgb.imageData, end), "expected filter method 0, found 64"),
  (
    "interlace 2", file(header(interlace: 2), rgb.imageData, end), "expected interlace method 0 or 1, found 2"
  ),
  (
    "a short header", file(chunk("IHDR", Array(rgb.header[8..<20])), rgb.imageData, end),
    "expected 13 bytes, found 12"
  ),
  (
    "a long header", file(chunk("IHDR", Array(rgb.header[8..<21]) + [0]), rgb.imageData, end),
    "expected 13 bytes, found 14"
  ),
  ("an empty header", file(chunk("IHDR", []), rgb.imageData, end), "expected 13 bytes, found 0"),
  (
    "two headers", file(rgb.header, rgb.header, rgb.imageData, end),
    "expected one chunk IHDR, found a second one"
  ),
  ("a late header", file(rgb.imageData, rgb.header, end), "expected chunk IHDR to be the first, found IDAT"),
  ("no header", file(rgb.imageData, end), "expected chunk IHDR to be the first, found IDAT"),
  ("Apple's variant", file(chunk("CgBI", [0x50, 0, 0x20, 6]), rgb.header, rgb.imageData, end), "CgBI"),
]

private let chunks: [Entry] = [
  ("a bad sum of the header", file(damaged(rgb.header), rgb.imageData, end), "chunk IHDR is damaged"),
  (
    "a bad sum of the palette", file(palette.header, damaged(palette.paletteChunk), palette.imageData, end),
    "chunk PLTE is damaged"
  ),
  (
    "a bad sum of tRNS",
    file(palette.header, palette.paletteChunk, damaged(palette.transparencyChunk), palette.imageData, end),
    "chunk tRNS is damaged"
  ),
  ("a bad sum of image data", file(rgb.header, damaged(rgb.imageData), end), "chunk IDAT is damaged"),
  ("a bad sum of the end", file(rgb.header, rgb.imageData, damaged(end)), "chunk IEND is damaged"),
  (
    "a bad sum of a text", file(rgb.header, damaged(chunk("tEXt", [65, 0, 66])), rgb.imageData, end),
    "chunk tEXt, which no pixel depends on, is damaged"
  ),
  ("a bit of image data", changed(rgb.file, at: 60, to: rgb.file[60] ^ 4), "chunk IDAT is damaged"),
  (
    "a bit of the type of tRNS",
    file(
      palette.header, palette.paletteChunk, changed(palette.transparencyChunk, at: 4, to: UInt8(ascii: "u")),
      palette.imageData, end), "chunk uRNS is damaged"
  ),
  ("a bit of a type", changed(rgb.file, at: 12, to: 0x69), "chunk iHDR is damaged"),
  (
    "a length beyond 31 bits", file(rgb.header, [0x80, 0, 0, 0], Array("tEXt".utf8), end),
    "expected a length below 2147483648"
  ),
  (
    "the largest length", file(rgb.header, [255, 255, 255, 255], Array("IDAT".utf8), end), "found 4294967295"
  ),
  (
    "a length beyond the file", file(rgb.header, [0x7F, 255, 255, 255], Array("IDAT".utf8), end),
    "in chunk IDAT"
  ),
  (
    "no type", file(rgb.header, [0, 0, 0, 0, 1, 2, 3, 4, 0, 0, 0, 0], end),
    "found the type '\\x01\\x02\\x03\\x04'"
  ),
  ("zeros after the header", file(rgb.header, [UInt8](repeating: 0, count: 30)), "expected a chunk"),
  (
    "a chunk that must be known", file(rgb.header, chunk("ABCD", []), rgb.imageData, end),
    "chunk ABCD is unknown"
  ),
  (
    "an end with data", file(rgb.header, rgb.imageData, chunk("IEND", [0])),
    "chunk IEND: expected no bytes, found 1"
  ),
  ("an early end", file(rgb.header, end, rgb.imageData), "expected image data (chunk IDAT), found none"),
]

private let palettes: [Entry] = [
  ("no palette", file(palette.header, palette.imageData, end), "expected a palette"),
  (
    "an empty palette", file(palette.header, chunk("PLTE", []), palette.imageData, end),
    "expected 1 to 16 colours of 3 bytes, found 0"
  ),
  (
    "a third of a colour", file(palette.header, chunk("PLTE", [1, 2, 3, 4]), palette.imageData, end),
    "found 4"
  ),
  (
    "17 colours of 4 bits",
    file(palette.header, chunk("PLTE", [UInt8](repeating: 1, count: 51)), palette.imageData, end), "found 51"
  ),
  (
    "257 colours", file(rgb.header, chunk("PLTE", [UInt8](repeating: 1, count: 771)), rgb.imageData, end),
    "expected 1 to 256 colours"
  ),
  (
    "a palette of grey", file(grey.header, palette.paletteChunk, grey.imageData, end),
    "no place in a picture of grey"
  ),
  (
    "two palettes", file(palette.header, palette.paletteChunk, palette.paletteChunk, palette.imageData, end),
    "one chunk PLTE"
  ),
  (
    "a late palette", file(palette.header, palette.imageData, palette.paletteChunk, end), "expected a palette"
  ),
  (
    "a palette after RGB", file(rgb.header, rgb.imageData, palette.paletteChunk, end),
    "expected chunk PLTE before IDAT"
  ),
  (
    "a palette after tRNS",
    file(rgb.header, chunk("tRNS", [0, 1, 0, 2, 0, 3]), palette.paletteChunk, rgb.imageData, end),
    "expected chunk PLTE before tRNS"
  ),
  (
    "an index too large", file(palette.header, chunk("PLTE", [1, 2, 3, 4, 5, 6]), palette.imageData, end),
    "a pixel's colour is not in the palette"
  ),
]

private let transparencies: [Entry] = [
  (
    "tRNS without a palette",
    file(palette.header, palette.transparencyChunk, palette.paletteChunk, palette.imageData, end),
    "expected a palette"
  ),
  (
    "more tRNS than colours",
    file(
      palette.header, palette.paletteChunk, chunk("tRNS", [UInt8](repeating: 1, count: 17)),
      palette.imageData, end), "expected 1 to 16 bytes"
  ),
  (
    "empty tRNS", file(palette.header, palette.paletteChunk, chunk("tRNS", []), palette.imageData, end),
    "expected 1 to 16 bytes"
  ),
  (
    "short tRNS of RGB", file(rgb.header, chunk("tRNS", [0, 1, 0, 2]), rgb.imageData, end),
    "chunk tRNS: expected 6 bytes, found 4"
  ),
  (
    "long tRNS of grey", file(grey.header, chunk("tRNS", [0, 1, 0]), grey.imageData, end),
    "chunk tRNS: expected 2 bytes, found 3"
  ),
  (
    "tRNS beyond the depth", file(grey.header, chunk("tRNS", [1, 0]), grey.imageData, end),
    "expected a value of 8 bits, found 256"
  ),
  (
    "tRNS beside alpha", file(greyAlpha.header, chunk("tRNS", [0, 1]), greyAlpha.imageData, end),
    "no place in a picture of grey with alpha"
  ),
  (
    "tRNS twice", file(grey.header, chunk("tRNS", [0, 1]), chunk("tRNS", [0, 1]), grey.imageData, end),
    "one chunk tRNS"
  ),
  (
    "late tRNS", file(grey.header, grey.imageData, chunk("tRNS", [0, 1]), end),
    "expected chunk tRNS before IDAT"
  ),
]

private let imageData: [Entry] = {
  let rows = rgb.filteredRows
  let stream = deflated(rows)
  var badFilter = rows
  badFilter[22] = 5
  return [
    ("no image data", file(rgb.header, end), "expected image data (chunk IDAT), found none"),
    (
      "split image data",
      file(
        rgb.header, chunk("IDAT", Array(stream[..<20])), chunk("tEXt", [65, 0]),
        chunk("IDAT", Array(stream[20...])), end), "expected the chunks IDAT to follow each other"
    ),
    ("empty image data", compressed([]), "cannot hold that much"),
    ("a row too few", compressed(deflated(Array(rows.dropLast(22)))), "the image data are damaged"),
    ("a byte too few", compressed(deflated(Array(rows.dropLast()))), "the image data are damaged"),
    ("a byte too many", compressed(deflated(rows + [0])), "the image data are damaged"),
    ("many rows too many", compressed(deflated(rows + rows + rows)), "the image data are damaged"),
    ("bytes after the stream", compressed(stream + [1, 2, 3]), "the image data are damaged"),
    (
      "bytes after the stream in a separate chunk",
      file(rgb.header, chunk("IDAT", stream), chunk("IDAT", [1, 2, 3]), end), "the image data are damaged"
    ),
    ("a second stream", compressed(stream + stream), "the image data are damaged"),
    ("a stream cut short", compressed(Array(stream.dropLast(20))), "the image data are damaged"),
    ("no sum of the stream", compressed(Array(stream.dropLast(4))), "the image data are damaged"),
    ("half a sum of the stream", compressed(Array(stream.dropLast(2))), "the image data are damaged"),
    (
      "a bad sum of the stream", compressed(changed(stream, at: stream.count - 1, to: stream.last! ^ 1)),
      "incorrect data check"
    ),
    ("another method", compressed(changed(stream, at: 0, to: 0x79)), "the image data are damaged"),
    ("a window too large", compressed([0x88, 0x1C] + stream[2...]), "the image data are damaged"),
    ("a dictionary", compressed([0x78, 0x20] + stream[2...]), "the image data are damaged"),
    (
      "a bad block", compressed([0x78, 0x01, 0x07] + [UInt8](repeating: 0, count: 20)),
      "the image data are damaged"
    ),
    (
      "a distance too far", compressed([0x78, 0x01, 0x4B, 0x04, 0x62, 0, 0, 0, 0]),
      "the image data are damaged"
    ),
    ("filter type 5", compressed(deflated(badFilter)), "bad adaptive filter value"),
    ("rows of another depth", file(header(depth: 16), rgb.imageData, end), "the image data are damaged"),
    ("rows of no interlacing", file(header(interlace: 1), rgb.imageData, end), "the image data are damaged"),
    ("a bomb", compressed(deflated([UInt8](repeating: 0, count: 1 << 22))), "the image data are damaged"),
  ]
}()
