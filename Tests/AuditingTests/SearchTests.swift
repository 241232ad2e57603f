// Compares the search for near pairs with a comparison of every record with every other.
import Compute
import MemoryStreams
import RandomNumbers
import TensorStream
import Testing

@testable import Auditing

@Suite struct SearchTests {
  private static let shape = ImageShape(height: 10, width: 12, channels: 1)

  /// Images, many of which are nearly the same, and some exactly.
  private static func images(_ count: Int, seed: UInt64) -> [[UInt8]] {
    var random = SplitMix64(seed: seed)
    let originals = (0..<max(1, count / 4)).map { _ in randomImage(shape, &random) }
    return (0..<count).map { _ in
      let image = originals[random.next(below: originals.count)]
      return noisy(image, by: random.next(below: 12), &random)
    }
  }

  private static func records(_ streams: [ImageStream]) throws -> AuditedRecords {
    var records = AuditedRecords(streams[0].shape)
    for stream in streams {
      let reader = try stream.reader()
      records.begin(stream.name, reader.format)
      var batch = RecordBatch(format: reader.format)
      while try reader.read(into: &batch, limit: 100) > 0 {
        let prints = stream.images[(reader.recordCount - batch.count)..<reader.recordCount].map {
          fingerprint($0, stream.shape)
        }
        records.append(batch, prints.map(\.0), thumbnails: prints.flatMap(\.thumbnail))
      }
      try records.end(classes: reader.classes)
    }
    return records
  }

  @Test func duplicatesAreFoundByTheirDigests() {
    var random = SplitMix64(seed: 1)
    let images = (0..<200).map { _ in [UInt8(random.next(below: 60))] }
    let digests = images.map { $0.withUnsafeBufferPointer { ContentDigest($0) } }
    let duplicates = Duplicates(digests)
    for (record, image) in images.enumerated() {
      #expect(duplicates.firsts[record] == images.firstIndex(of: image))
      let isFirst = images.firstIndex(of: image) == record
      #expect(duplicates.counts[record] == (isFirst ? images.count { $0 == image } : 0))
    }
    #expect(duplicates.originals == images.indices.filter { images.firstIndex(of: images[$0]) == $0 })
    #expect(Duplicates([]).originals == [])
  }

  /// The counts are around the sizes of a vector of hashes, a block and a tile.
  @Test(arguments: [1, 2, 7, 8, 9, 16, 17, 63, 64, 65, 129, 2047, 2049, 2122])
  func theSearchFindsAllNearHashes(_ count: Int) throws {
    let images = Self.images(count, seed: UInt64(count))
    let labels = images.indices.map { UInt8($0 % 3) }
    let records = try Self.records([ImageStream(shape: Self.shape, images: images, labels: labels)])
    let originals = Duplicates(records.digests).originals
    for limits in [NearLimits(bits: 3, distance: 4), NearLimits(bits: 9, distance: 7)] {
      let search = NearSearch(records, originals: originals, limits: limits)
      let found = search.candidates(on: WorkerPool(count: 2))
      // Candidates are ordered by record, and the same for any number of threads.
      #expect(found == search.candidates(on: WorkerPool(count: 1)))
      #expect(found == found.sorted { ($0.later, $0.earlier) < ($1.later, $1.earlier) })
      var expected = 0
      for later in originals {
        var bounds: [Bool: [Float]] = [:]
        for earlier in originals where earlier < later {
          guard (records.hashes[later] ^ records.hashes[earlier]).nonzeroBitCount <= limits.bits else {
            continue
          }
          let bound = bound(records, later, earlier)
          if Double(bound) <= limits.distance {
            bounds[labels[later] == labels[earlier], default: []].append(bound)
          }
        }
        for (isSame, all) in bounds {
          let kept = found.filter { $0.later == later && (labels[$0.earlier] == labels[later]) == isSame }
          #expect(kept.map(\.bound).sorted() == Array(all.sorted().prefix(NearestCandidates.limit)))
          expected += kept.count
        }
      }
      #expect(found.count == expected)
      if count >= 63 { #expect(expected > 0) }
      for candidate in found {
        let bits = (records.hashes[candidate.later] ^ records.hashes[candidate.earlier]).nonzeroBitCount
        #expect(candidate.bits == bits && bits <= limits.bits)
      }
    }
  }

  private func bound(_ records: AuditedRecords, _ one: Int, _ other: Int) -> Float {
    records.thumbnails.withUnsafeBufferPointer { thumbnails in
      records.plan.thumbnailPlan.distanceBound(
        thumbnails.baseAddress! + one * ThumbnailPlan.byteCount,
        thumbnails.baseAddress! + other * ThumbnailPlan.byteCount)
    }
  }

  @Test func oneKindOfCandidatesLeavesRoomForTheOthers() {
    var nearest = NearestCandidates()
    for earlier in 0..<100 {
      let candidate = Candidate(later: 200, earlier: earlier, bits: 0, bound: Float(100 - earlier))
      nearest.add(candidate, isSameStream: earlier != 3, isSameLabel: earlier != 5)
    }
    // The eight with the least bounds in the same stream and with the same label, and one of each other kind.
    #expect(nearest.all.map(\.earlier) == [3, 5] + Array(92..<100))
    var alike = NearestCandidates()
    for earlier in 0..<100 {
      let candidate = Candidate(later: 200, earlier: earlier, bits: 0, bound: 1)
      alike.add(candidate, isSameStream: true, isSameLabel: true)
    }
    #expect(alike.all.map(\.earlier) == Array(0..<8))
  }

  // MARK: Pixels

  @Test func distancesAreExactHoweverFewPixelsFitInMemory() throws {
    let images = Self.images(90, seed: 5)
    let streams = [
      ImageStream(name: "a", shape: Self.shape, images: Array(images[..<40])),
      ImageStream(name: "b", shape: Self.shape, images: Array(images[40...])),
    ]
    let records = try Self.records(streams)
    let candidates = (1..<90).flatMap { later in
      stride(from: later % 7, to: later, by: 7).map { earlier in
        Candidate(later: later, earlier: earlier, bits: later % 5, bound: 0)
      }
    }
    let expected = candidates.map {
      NearPair(
        later: $0.later, earlier: $0.earlier, bits: $0.bits,
        distance: naiveDistance(images[$0.later], images[$0.earlier]))
    }
    var openings = 0
    for byteLimit in [0, 5 * Self.shape.byteCount, 60 * Self.shape.byteCount, 1 << 30] {
      let before = openings
      let sources: [PixelSource] = [
        .kept(Array(images[..<40].joined())),
        .file {
          openings += 1
          return try streams[1].reader(step: 1000)
        },
      ]
      var distances = PixelDistances(fetcher: PixelFetcher(records: records, sources: sources))
      distances.byteLimit = byteLimit
      let pairs = try distances.pairs(candidates, within: 255, on: WorkerPool(count: 2))
      #expect(pairs == expected)
      #expect((openings - before == 1) == (byteLimit == 1 << 30))
      let near = try distances.pairs(candidates, within: 20, on: WorkerPool(count: 1))
      #expect(near == expected.filter { $0.distance <= 20 })
      #expect(!near.isEmpty && near.count < expected.count)
    }
  }

  @Test func aChangedFileIsNoticed() throws {
    let stream = ImageStream(shape: Self.shape, images: Self.images(20, seed: 6))
    let records = try Self.records([stream])
    var changed = stream
    changed.images[7][3] ^= 1
    var shorter = stream
    shorter.images.removeLast(15)
    var other = stream
    other.shape = ImageShape(height: 12, width: 10, channels: 1)
    for stream in [changed, shorter, other] {
      let fetcher = PixelFetcher(records: records, sources: [.file { try stream.reader() }])
      #expect(throws: AuditError.changed(name: "a.raw")) { try fetcher.pixels(of: [1, 7]) }
    }
    let fetcher = PixelFetcher(records: records, sources: [.file { try changed.reader() }])
    #expect(try fetcher.pixels(of: [6, 8]) == stream.images[6] + stream.images[8])
  }

  @Test func largeImagesDoNotOverflowTheSumOfSquares() {
    let (black, white) = ([UInt8](repeating: 0, count: 100_000), [UInt8](repeating: 255, count: 100_000))
    let distance = black.withUnsafeBufferPointer { black in
      white.withUnsafeBufferPointer { rootMeanSquare(black, $0) }
    }
    #expect(distance == 255)
  }
}
