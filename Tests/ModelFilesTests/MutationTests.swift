// PyTorch files that are overwritten, cut and spliced at random. Every result is read or refused, and nothing traps.

import ModelFiles
import RandomNumbers
import Testing

/// Changes bytes at random, with the same random numbers on every run.
private struct Mutator {
  private var random: SplitMix64

  init(seed: UInt64, _ part: Int) { random = SplitMix64(seed: seed, UInt64(part)) }

  mutating func next(below bound: Int) -> Int { random.next(below: bound) }

  /// Returns the bytes after one to four changes, which can splice in parts of `other`.
  mutating func mutated(_ bytes: [UInt8], with other: [UInt8]) -> [UInt8] {
    var bytes = bytes
    for _ in 0...next(below: 4) where !bytes.isEmpty { mutate(&bytes, with: other) }
    return bytes
  }

  /// Counts, lengths and offsets near a limit.
  private static let numbers: [UInt64] = [
    0, 1, 2, 0x7f, 0x80, 0xff, 0xffff, 0x1_0000, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff, 1 << 32, 1 << 62,
    1 << 63, .max, .max / 2,
  ]

  private mutating func mutate(_ bytes: inout [UInt8], with other: [UInt8]) {
    let place = next(below: bytes.count)
    switch next(below: 7) {
    case 0: bytes[place] ^= 1 << UInt8(next(below: 8))
    case 1: bytes[place] = UInt8(next(below: 256))
    case 2:
      // A number of 1, 2, 4 or 8 bytes.
      let number = Self.numbers[next(below: Self.numbers.count)]
      let width = 1 << next(below: 4)
      for index in 0..<min(width, bytes.count - place) {
        bytes[place + index] = UInt8(truncatingIfNeeded: number >> UInt64(8 * index))
      }
    case 3: bytes.removeSubrange(place..<min(bytes.count, place + 1 + next(below: 64)))
    case 4: bytes.removeSubrange(place...)
    case 5:
      bytes.insert(contentsOf: bytes[place..<min(bytes.count, place + 64)], at: next(below: bytes.count))
    default:
      let start = next(below: other.count)
      bytes.replaceSubrange(place..., with: other[start...])
    }
  }
}

/// Returns the entries of an archive that PyTorch wrote, which must not have zip64 records.
private func entries(of archive: [UInt8]) -> [ZipEntry] {
  func number(at offset: Int, byteCount: Int) -> Int {
    archive[offset..<offset + byteCount].reversed().reduce(0) { $0 << 8 | Int($1) }
  }
  let end = archive.count - 22
  var place = number(at: end + 16, byteCount: 4)
  return (0..<number(at: end + 10, byteCount: 2)).map { _ in
    let nameCount = number(at: place + 28, byteCount: 2)
    let header = number(at: place + 42, byteCount: 4)
    let start =
      header + 30 + number(at: header + 26, byteCount: 2) + number(at: header + 28, byteCount: 2)
    let name = String(decoding: archive[place + 46..<place + 46 + nameCount], as: UTF8.self)
    let data = archive[start..<start + number(at: place + 20, byteCount: 4)]
    place += 46 + nameCount + number(at: place + 30, byteCount: 2)
    return ZipEntry(name, Array(data))
  }
}

private let archives = [
  "state", "plain-dict", "protocol-3", "protocol-4", "protocol-5", "views", "types", "cuda", "checkpoint",
  "integers", "module", "tensor", "expanded",
]
private let legacyFiles = ["legacy", "legacy-protocol-4", "legacy-views", "legacy-types", "legacy-module"]
private let seed: UInt64 = 20_260_727
private let rounds = 150

/// Checks that a file is read as consistent tensors, or refused in one line.
private func expectReadOrRefused(_ bytes: [UInt8], _ comment: String) {
  do {
    let tensors = try stateDictionary(bytes)
    #expect(tensors.values.allSatisfy { $0.values.count == $0.shape.reduce(1, *) }, "\(comment)")
  } catch let error as ModelFileError {
    let description = error.description
    #expect(description.hasPrefix("memory: ") && !description.contains("\n"), "\(comment): \(description)")
  } catch {
    Issue.record("\(comment): \(error)")
  }
}

@Test(arguments: (archives + legacyFiles).indices)
func mutatedFilesAreReadOrRefused(index: Int) throws {
  let files = try (archives + legacyFiles).map { try fixture("torch-\($0).pth") }
  var mutator = Mutator(seed: seed, index)
  for round in 0..<rounds {
    let other = files[mutator.next(below: files.count)]
    expectReadOrRefused(mutator.mutated(files[index], with: other), "seed \(seed), round \(round)")
  }
}

/// The archive around the changed record is sound, including its checksum, so the pickle is run.
@Test(arguments: archives.indices)
func mutatedPicklesInSoundArchivesAreReadOrRefused(index: Int) throws {
  let contents = try archives.map { entries(of: try fixture("torch-\($0).pth")) }
  let pickles = contents.compactMap { $0.first { $0.name.hasSuffix("/data.pkl") }?.data }
  try #require(pickles.count == archives.count)
  #expect(!contents[index].contains { $0.data.isEmpty && $0.name.hasSuffix("/version") })
  var mutator = Mutator(seed: seed, 1000 + index)
  for round in 0..<rounds {
    let other = pickles[mutator.next(below: pickles.count)]
    var archive = ZipBuilder(entries: contents[index])
    let place = try #require(archive.entries.firstIndex { $0.name.hasSuffix("/data.pkl") })
    archive.entries[place].data = mutator.mutated(pickles[index], with: other)
    expectReadOrRefused(archive.bytes, "seed \(seed), round \(round)")
  }
}
