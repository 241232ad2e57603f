import Testing

@testable import ImageFiles

@Suite struct OrientationTests {
  /// The sides of the picture at which the stored first row and first column are seen, for each value (Exif 2.32,
  /// 4.6.4 A).
  private static let sides: [Int: (firstRow: Side, firstColumn: Side)] = [
    1: (.top, .left), 2: (.top, .right), 3: (.bottom, .right), 4: (.bottom, .left),
    5: (.left, .top), 6: (.right, .top), 7: (.right, .bottom), 8: (.left, .bottom),
  ]
  private enum Side { case top, bottom, left, right }

  /// Some sizes are around the side of a tile.
  @Test(arguments: Orientation.allCases)
  func picturesAreTurnedAsTheStandardSays(_ orientation: Orientation) throws {
    let sides = try #require(Self.sides[orientation.rawValue])
    for (width, height) in [(1, 1), (3, 1), (1, 4), (5, 3), (32, 31), (33, 65), (70, 2)] {
      for channels in [1, 3] {
        var noise = SampleNoise(state: UInt64(width * height))
        let picture = Bitmap(
          width: width, height: height, channels: channels,
          pixels: (0..<width * height * channels).map { _ in UInt8(noise.next(256)) })
        let turned = picture.turned(orientation)
        let isSwapped = sides.firstRow == .left || sides.firstRow == .right
        #expect(turned.width == (isSwapped ? height : width) && turned.height == (isSwapped ? width : height))
        for row in 0..<height {
          for column in 0..<width {
            var (x, y) = (0, 0)
            for (place, side, last) in [
              (row, sides.firstRow, height - 1), (column, sides.firstColumn, width - 1),
            ] {
              switch side {
              case .top: y = place
              case .bottom: y = last - place
              case .left: x = place
              case .right: x = last - place
              }
            }
            #expect(pixel(turned, x, y) == pixel(picture, column, row), "\(orientation) at \(column), \(row)")
          }
        }
      }
    }
  }

  private func pixel(_ picture: Bitmap, _ x: Int, _ y: Int) -> [UInt8] {
    let start = (y * picture.width + x) * picture.channels
    return Array(picture.pixels[start..<start + picture.channels])
  }

  // MARK: EXIF

  /// EXIF data with the given entries: the tag, type, count and four bytes of value of each.
  private func exif(
    _ entries: [(tag: Int, type: Int, count: Int, value: [UInt8])], isLittle: Bool, folder: Int = 8
  ) -> [UInt8] {
    func number(_ value: Int, _ byteCount: Int) -> [UInt8] {
      let bytes = (0..<byteCount).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
      return isLittle ? bytes : bytes.reversed()
    }
    var bytes = Array((isLittle ? "II" : "MM").utf8) + number(42, 2) + number(folder, 4)
    bytes += [UInt8](repeating: 7, count: max(0, folder - 8)) + number(entries.count, 2)
    for entry in entries {
      bytes += number(entry.tag, 2) + number(entry.type, 2) + number(entry.count, 4) + entry.value
    }
    return bytes + [0, 0, 0, 0]
  }

  private func short(_ value: UInt8, isLittle: Bool) -> [UInt8] {
    isLittle ? [value, 0, 9, 9] : [0, value, 9, 9]
  }

  private func orientation(_ bytes: [UInt8]) -> ExifOrientation {
    bytes.withUnsafeBytes { exifOrientation($0) }
  }

  @Test(arguments: [false, true])
  func theEntryIsFoundInBothByteOrders(isLittle: Bool) {
    let make = (0x010F, 2, 4, Array("abc\0".utf8))
    for value in 0...255 {
      let entry = (0x0112, 3, 1, short(UInt8(value), isLittle: isLittle))
      let expected = Orientation(rawValue: value).map { ExifOrientation.known($0) } ?? .unknown
      for entries in [[entry], [make, entry], [entry, make]] {
        for folder in [8, 20] {
          #expect(orientation(exif(entries, isLittle: isLittle, folder: folder)) == expected)
        }
      }
    }
    let long = (0x0112, 4, 1, isLittle ? [6, 0, 0, 0] : [0, 0, 0, 6] as [UInt8])
    #expect(orientation(exif([long], isLittle: isLittle)) == .known(.clockwise))
    #expect(orientation(exif([make], isLittle: isLittle)) == .unknown)
    #expect(orientation(exif([], isLittle: isLittle)) == .unknown)
  }

  @Test(arguments: [false, true])
  func damageIsReportedAndNothingIsReadBeyondTheData(isLittle: Bool) {
    let entry = (0x0112, 3, 1, short(6, isLittle: isLittle))
    let whole = exif([(0x010F, 2, 4, [1, 2, 3, 4]), entry], isLittle: isLittle)
    // Bytes after the value are not needed.
    let needed = whole.count - 4 - 2
    for count in 0..<needed { #expect(orientation(Array(whole[..<count])) == .damaged, "\(count) bytes") }
    #expect(orientation(Array(whole[..<needed])) == .known(.clockwise))
    for (type, count) in [(0, 1), (2, 1), (3, 0), (3, 2), (5, 1), (65_535, 1)] {
      #expect(orientation(exif([(0x0112, type, count, [6, 6, 6, 6])], isLittle: isLittle)) == .damaged)
    }
    for offset in [[255, 255, 255, 255], [0x80, 0, 0, 0], [0, 0, 0x10, 0x10]] as [[UInt8]] {
      #expect(orientation(Array(whole[..<4]) + offset + whole[8...]) == .damaged)
    }
    let manyEntries = Array(whole[..<8]) + [255, 255] + whole[10..<22]
    #expect(orientation(manyEntries) == .damaged)
  }

  /// Chunks of EXIF data in front of the image data or after them.
  @Test func theFirstIntactExifDataTurnAPNGPicture() throws {
    let turning = exif([(0x0112, 3, 1, short(6, isLittle: true))], isLittle: true)
    let mirroring = exif([(0x0112, 3, 1, short(2, isLittle: false))], isLittle: false)
    let damaged = chunk("eXIf", [1, 2, 3])
    for isInterlaced in [false, true] {
      let sample = SamplePNG(width: 7, height: 5, colorType: 2, bitDepth: 8, isInterlaced: isInterlaced)
      let stored = try decodePNG(sample.file)
      let start = signature + sample.header
      func check(
        _ before: [UInt8], _ after: [UInt8], _ orientation: Orientation, flaw: PNGFlaw? = nil
      ) throws {
        let file = start + before + sample.middle + after + chunk("IEND", [])
        let found = try file.withUnsafeBytes {
          try PNGDecoder(color: .asStored, background: .black).decodePicture($0)
        }
        #expect(found.bitmap == stored.turned(orientation) && found.flaw == flaw.map(PictureFlaw.png))
        if let flaw { #expect(throws: PNGProblem.flaw(flaw)) { try decodePNG(file, isStrict: true) } }
      }
      try check(chunk("eXIf", turning), [], .clockwise)
      try check([], chunk("eXIf", mirroring), .mirrored)
      try check(chunk("eXIf", Array("Exif\0\0".utf8) + turning), [], .clockwise)
      try check(chunk("eXIf", mirroring), chunk("eXIf", turning), .mirrored)
      try check(chunk("eXIf", exif([], isLittle: true)), [], .upright)
      try check(damaged, chunk("eXIf", turning), .upright, flaw: .exif(offset: start.count))
      try check([], damaged, .upright, flaw: .exif(offset: start.count + sample.middle.count))
      try check(chunk("eXIf", []), [], .upright, flaw: .exif(offset: start.count))
      let sum = naiveCRC32(Array("eXIf".utf8) + turning)
      try check(
        chunk("eXIf", turning, checksum: 0), chunk("eXIf", mirroring), .mirrored,
        flaw: .checksum(.exif, offset: start.count, found: sum))
    }
  }

  @Test func noChangedByteOfExifDataTraps() {
    let whole = exif(
      [(0x010F, 2, 4, [1, 2, 3, 4]), (0x0112, 3, 1, short(6, isLittle: true))], isLittle: true)
    var known = 0
    for place in whole.indices {
      for value in 0...255 {
        var changed = whole
        changed[place] = UInt8(value)
        if case .known = orientation(changed) { known += 1 }
      }
    }
    #expect(known > whole.count && known < whole.count * 256)
  }
}
