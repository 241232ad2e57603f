// The data that an audit keeps on the records of all streams, one property per column.

import TensorStream

/// One of the streams of an audit.
public struct AuditedStream: Equatable, Sendable {
  /// The stream's name in messages and tables.
  public var name: String
  public var hasLabels: Bool
  public var hasNames: Bool
  /// The names of the classes; `nil` if the stream does not have them.
  public var classes: [String]?
  /// The range of its records among those of all streams.
  public var records: Range<Int>
}

/// The records of all streams, counted from 0 through the streams in order. Records of different streams are compared
/// like records of one stream, so an index identifies a record.
///
/// Memory: 99 bytes per record, 64 of them for its thumbnail, plus its name.
struct AuditedRecords {
  let plan: ImagePlan
  private(set) var streams: [AuditedStream] = []
  private(set) var digests: [ContentDigest] = []
  private(set) var hashes: [UInt64] = []
  private(set) var areBlank: [Bool] = []
  /// The thumbnails, [count, ThumbnailPlan.byteCount].
  private(set) var thumbnails: [UInt8] = []
  /// The labels; `nil` in streams without labels.
  private(set) var labels: [UInt8?] = []
  /// The names; empty in streams without names.
  private(set) var names: [[UInt8]] = []
  /// The names of the classes; `nil` if no stream has them.
  private(set) var classes: [String]?

  init(_ shape: ImageShape) { plan = ImagePlan(shape) }

  var count: Int { digests.count }
  var hasLabels: Bool { streams.contains(where: \.hasLabels) }
  var hasNames: Bool { streams.contains(where: \.hasNames) }

  /// The number of class names or, without names, one more than the largest label.
  ///
  /// - Complexity: O(1) with names, otherwise O(n) for n records
  var classCount: Int { classes?.count ?? labels.lazy.compactMap { $0 }.max().map { Int($0) + 1 } ?? 0 }

  /// Returns the number of records of each class in a stream, by label, [classCount]; `nil` if it has no labels.
  ///
  /// - Complexity: O(n) for n records of all streams
  func classCounts(of stream: Int) -> [Int]? {
    guard streams[stream].hasLabels else { return nil }
    var counts = [Int](repeating: 0, count: classCount)
    for case let label? in labels[streams[stream].records] { counts[Int(label)] += 1 }
    return counts
  }

  /// Returns the index of the stream that a record belongs to.
  ///
  /// - Complexity: O(log s) for s streams
  func stream(of record: Int) -> Int {
    var (low, high) = (0, streams.count - 1)
    while low < high {
      let middle = (low + high + 1) / 2
      if streams[middle].records.lowerBound <= record { low = middle } else { high = middle - 1 }
    }
    return low
  }

  /// Returns the name of a class, or its number if classes have no names.
  func className(_ label: Int) -> String {
    classes.map { label < $0.count ? $0[label] : "\(label)" } ?? "\(label)"
  }

  // MARK: Growing

  /// Begins a stream, whose records follow.
  mutating func begin(_ name: String, _ format: RecordFormat) {
    streams.append(
      AuditedStream(
        name: name, hasLabels: format.hasLabels, hasNames: format.hasNames, records: count..<count))
  }

  /// Appends the records of a batch with their fingerprints. thumbnails: [batch.count, ThumbnailPlan.byteCount].
  mutating func append(_ batch: RecordBatch, _ fingerprints: [Fingerprint], thumbnails: [UInt8]) {
    precondition(fingerprints.count == batch.count, "\(fingerprints.count) fingerprints of \(batch.count)")
    precondition(thumbnails.count == batch.count * ThumbnailPlan.byteCount, "\(thumbnails.count) bytes")
    digests += fingerprints.lazy.map(\.digest)
    hashes += fingerprints.lazy.map(\.hash)
    areBlank += fingerprints.lazy.map(\.isBlank)
    self.thumbnails += thumbnails
    if batch.format.hasLabels {
      labels += batch.labels.lazy.map { $0 }
    } else {
      labels += Array(repeating: nil, count: batch.count)
    }
    if batch.format.hasNames {
      names += batch.names
    } else {
      names += Array(repeating: [], count: batch.count)
    }
    let last = streams.count - 1
    streams[last].records = streams[last].records.lowerBound..<count
  }

  /// Ends a stream. `found` are the classes that its end names, if any. Throws ``AuditError`` if they differ from those
  /// of an earlier stream, or if another stream names classes and a label is beyond them.
  mutating func end(classes found: [String]?) throws(AuditError) {
    let last = streams.count - 1
    streams[last].classes = found
    if let found, let classes, let first = streams.first(where: { $0.classes != nil }), found != classes {
      throw .otherClasses(
        name: streams[last].name, ClassDifference(found: found, wanted: classes), first: first.name)
    }
    classes = classes ?? found
    guard let classes, let owner = streams.first(where: { $0.classes != nil }) else { return }
    for stream in streams where stream.classes == nil {
      let largest = labels[stream.records].lazy.compactMap { $0 }.max()
      if let largest, Int(largest) >= classes.count {
        throw .labelWithoutName(
          name: stream.name, label: Int(largest), classCount: classes.count, first: owner.name)
      }
    }
  }
}
