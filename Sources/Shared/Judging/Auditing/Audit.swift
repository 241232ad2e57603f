// The audit as a whole: streams and predictions in, findings out.

import ByteIO
import Compute
import TensorStream

/// The settings of an audit.
public struct AuditSettings: Equatable, Sendable {
  /// The kinds of findings to look for.
  public var kinds: Set<FindingKind>
  /// The limits within which images are nearly the same.
  public var near: NearLimits
  /// A class is small if a stream has fewer records of it.
  public var smallClass: Int
  /// The score that ranks suspects.
  public var rank: SuspectRank
  /// The most bytes of pixels to keep in memory, over all streams that cannot be read twice.
  var keptByteLimit = 2 << 30

  public init(kinds: Set<FindingKind>, near: NearLimits, smallClass: Int, rank: SuspectRank) {
    (self.kinds, self.near, self.smallClass, self.rank) = (kinds, near, smallClass, rank)
  }

  /// Whether the audit looks for images that are nearly the same.
  var comparesPixels: Bool { kinds.contains(where: \.isNear) }
}

/// The progress of an audit.
public enum AuditStage: Sendable {
  /// The number of records read so far, over all streams.
  case reading(Int)
  /// The number of distinct images that were compared with those before them, and their total number.
  case comparing(Int, of: Int)
}

/// Finds problems in labelled images. Add streams first, then predictions, then call ``report()``.
public final class Auditor {
  private let settings: AuditSettings
  private let workers: WorkerPool
  private let progress: (AuditStage) -> Void
  private var records: AuditedRecords?
  private var sources: [PixelSource] = []
  private var keptByteCount = 0
  private var suspects: [Finding] = []
  private var hasPredictions = false

  /// Prepares an audit on `jobs` threads. Findings do not depend on their number. `progress` is called as the work
  /// advances.
  public init(_ settings: AuditSettings, jobs: Int, progress: @escaping (AuditStage) -> Void = { _ in }) {
    self.settings = settings
    self.progress = progress
    workers = WorkerPool(count: jobs)
  }

  /// Reads a stream to its end. `again` opens it a second time. If `again` is `nil`, the pixels are kept in memory if
  /// they are needed.
  ///
  /// Throws ``AuditError``, `StreamError` or `FileError`.
  ///
  /// - Complexity: O(b) for b bytes of images, divided among the threads, plus O(n) for the n records so far. Memory
  ///   grows by 99 bytes and the name of each record, and by the images if they are kept.
  public func add(_ reader: TensorStreamReader, again: (() throws -> TensorStreamReader)?) throws {
    guard let shape = reader.format.imageShape else { throw AuditError.predictions(name: reader.name) }
    var records = self.records ?? AuditedRecords(shape)
    self.records = nil
    if let first = records.streams.first, records.plan.shape != shape {
      throw AuditError.otherShape(
        name: reader.name, found: shape, first: first.name, wanted: records.plan.shape)
    }
    records.begin(reader.name, reader.format)
    let keeps = settings.comparesPixels && again == nil
    var kept: [UInt8] = []
    var batch = RecordBatch(format: reader.format)
    while try reader.read(into: &batch, limit: StreamLimits.chunkRecordCount) > 0 {
      guard records.count + batch.count <= Self.recordLimit else {
        throw AuditError.tooManyRecords(limit: Self.recordLimit)
      }
      append(batch, to: &records)
      if keeps {
        keptByteCount += batch.images.count
        guard keptByteCount <= settings.keptByteLimit else {
          throw AuditError.tooMuchToKeep(name: reader.name, limit: settings.keptByteLimit)
        }
        kept += batch.images
      }
      progress(.reading(records.count))
    }
    try records.end(classes: reader.classes)
    sources.append(keeps ? .kept(kept) : again.map { .file($0) } ?? .none)
    self.records = records
  }

  /// The most records of all streams. More would take days to compare.
  private static let recordLimit = 100_000_000

  private func append(_ batch: RecordBatch, to records: inout AuditedRecords) {
    let plan = records.plan
    let byteCount = plan.shape.byteCount
    var fingerprints = [Fingerprint?](repeating: nil, count: batch.count)
    var thumbnails = [UInt8](repeating: 0, count: batch.count * ThumbnailPlan.byteCount)
    batch.images.withUnsafeBufferPointer { images in
      fingerprints.withUnsafeMutableBufferPointer { fingerprints in
        thumbnails.withUnsafeMutableBufferPointer { thumbnails in
          let (fingerprints, thumbnails) = (fingerprints, thumbnails)
          // Several tasks per thread, each a few hundred microseconds long.
          let block = 32
          workers.forEach((batch.count + block - 1) / block) { task, _ in
            for row in task * block..<min((task + 1) * block, batch.count) {
              fingerprints[row] = plan.fingerprint(
                of: UnsafeBufferPointer(rebasing: images[row * byteCount..<(row + 1) * byteCount]),
                thumbnail: UnsafeMutableBufferPointer(
                  rebasing: thumbnails[
                    row * ThumbnailPlan.byteCount..<(row + 1) * ThumbnailPlan.byteCount]))
            }
          }
        }
      }
    }
    records.append(batch, fingerprints.compactMap { $0 }, thumbnails: thumbnails)
  }

  /// Reads predictions for the stream with the index `stream`, and finds the labels that are probably wrong.
  ///
  /// - Complexity: O(n c + s log s) for n records, c classes and s suspects. Memory is 4 bytes for each record and
  ///   class.
  public func add(predictions source: any ByteSource, ofStream stream: Int) throws {
    guard let records else { preconditionFailure("predictions before streams") }
    let predictions = try RecordPredictions(source, of: stream, records)
    let learning = ConfidentLearning(
      labels: records.labels[records.streams[stream].records].map { Int($0!) },
      probabilities: predictions.probabilities, classCount: predictions.classCount, rank: settings.rank)
    suspects += records.findings(of: learning.suspects, stream: stream)
    hasPredictions = true
  }

  /// Compares all records, and returns the findings.
  ///
  /// - Complexity: O(n²) for n distinct images if it looks for images that are nearly the same; otherwise O(r log r)
  ///   for r records
  public func report() throws -> AuditReport {
    guard let records else { preconditionFailure("an audit of nothing") }
    let duplicates = Duplicates(records.digests)
    var findings = records.findings(of: duplicates)
    findings += try nearFindings(records, duplicates)
    findings += records.blankFindings
    findings += records.classFindings(fewerThan: settings.smallClass)
    // Suspects with equal scores are in the order of the streams.
    findings += suspects.sorted { ($0.score!, $0.record!) < ($1.score!, $1.record!) }
    let kinds = FindingKind.allCases.filter { kind in
      settings.kinds.contains(kind) && (!kind.needsLabels || records.hasLabels)
        && (!kind.isBetweenStreams || records.streams.count > 1) && (kind != .suspect || hasPredictions)
    }
    return AuditReport(
      records, kinds: kinds, findings: kinds.flatMap { kind in findings.filter { $0.kind == kind } })
  }

  private func nearFindings(_ records: AuditedRecords, _ duplicates: Duplicates) throws -> [Finding] {
    guard settings.comparesPixels else { return [] }
    let limits = settings.near
    let originals = duplicates.originals
    let search = NearSearch(records, originals: originals, limits: limits)
    let candidates = search.candidates(on: workers) { progress(.comparing($0, of: originals.count)) }
    let distances = PixelDistances(fetcher: PixelFetcher(records: records, sources: sources))
    return records.findings(of: try distances.pairs(candidates, within: limits.distance, on: workers))
  }
}
