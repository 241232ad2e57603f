// Splits a stream: reads it, assigns each record to a part, and writes the parts.
import ByteIO
import TensorStream

/// Divides the images of a stream among the sinks and keeps their order. Drops the records of parts without a sink.
///
/// Each sink gets a complete stream with the class names and the recipe of the input, and with its history followed by
/// `commandLine`. The sinks are not committed.
///
/// A split by hash takes constant memory. The other methods must know all labels before they can assign the first
/// record. They read the input a second time with the reader that `again` returns. If `again` is `nil`, they hold the
/// input in memory, one byte per pixel.
///
/// Unless `allowsEmpty`, a sink that would get no record is an error. All methods but the hash find it before anything
/// is written. Returns the number of records of each class in each part.
///
/// - Complexity: O(n) for n bytes of records.
@discardableResult
public func split(
  _ reader: TensorStreamReader, by rule: SplitRule, into sinks: [Part: any ByteSink], commandLine: String,
  allowsEmpty: Bool = true, again: (() throws -> TensorStreamReader)? = nil
) throws -> SplitTally {
  guard let shape = reader.format.imageShape else {
    throw SplitError.noImages(name: reader.name, found: reader.format)
  }
  let outputs = PartOutputs(sinks, format: reader.format, allowsEmpty: allowsEmpty)
  switch rule.method {
  case .hash:
    try splitByHash(reader, shape, rule, outputs)
  case .stratified, .random:
    if rule.method == .stratified && !reader.format.hasLabels { throw SplitError.noLabels(name: reader.name) }
    if let again {
      try splitInTwoPasses(reader, rule, outputs, again)
    } else {
      try splitInMemory(reader, rule, outputs)
    }
  }
  try outputs.checkFilled(reader.name, by: rule)
  try outputs.finish(
    classes: reader.classes, history: reader.history + [commandLine], recipe: reader.recipe)
  return outputs.tally
}

/// The number of records read at a time: that of a writer's chunk.
private let batchRecordCount = StreamLimits.chunkRecordCount

private func splitByHash(
  _ reader: TensorStreamReader, _ shape: ImageShape, _ rule: SplitRule, _ outputs: PartOutputs
) throws {
  let assignment = try HashAssignment(rule)
  var batch = RecordBatch(format: reader.format)
  while try reader.read(into: &batch, limit: batchRecordCount) > 0 {
    let parts = batch.images.withUnsafeBytes { images in
      (0..<batch.count).map { record in
        assignment.part(
          of: UnsafeRawBufferPointer(
            rebasing: images[record * shape.byteCount..<(record + 1) * shape.byteCount]))
      }
    }
    try outputs.append(batch, parts[...])
  }
}

private func splitInMemory(_ reader: TensorStreamReader, _ rule: SplitRule, _ outputs: PartOutputs) throws {
  var batches: [RecordBatch] = []
  var groups: [UInt8] = []
  while true {
    var batch = RecordBatch(format: reader.format)
    if try reader.read(into: &batch, limit: batchRecordCount) == 0 { break }
    groups += rule.groups(of: batch)
    batches.append(batch)
  }
  var parts = try outputs.checked(
    assignParts(groups: groups, by: rule, name: reader.name), reader.name, by: rule)[...]
  for batch in batches {
    try outputs.append(batch, parts.prefix(batch.count))
    parts = parts.dropFirst(batch.count)
  }
}

private func splitInTwoPasses(
  _ reader: TensorStreamReader, _ rule: SplitRule, _ outputs: PartOutputs,
  _ again: () throws -> TensorStreamReader
) throws {
  var groups: [UInt8] = []
  var batch = RecordBatch(format: reader.format)
  while try reader.read(into: &batch, limit: batchRecordCount) > 0 { groups += rule.groups(of: batch) }
  var parts = try outputs.checked(
    assignParts(groups: groups, by: rule, name: reader.name), reader.name, by: rule)[...]

  let changed = SplitError.inputChanged(name: reader.name)
  let second = try again()
  guard second.format == reader.format else { throw changed }
  while try second.read(into: &batch, limit: batchRecordCount) > 0 {
    guard rule.groups(of: batch).elementsEqual(groups[parts.startIndex...].prefix(batch.count)) else {
      throw changed
    }
    try outputs.append(batch, parts.prefix(batch.count))
    parts = parts.dropFirst(batch.count)
  }
  guard parts.isEmpty, second.classes == reader.classes, second.history == reader.history,
    second.recipe == reader.recipe
  else {
    throw changed
  }
}

extension SplitRule {
  /// Returns the group of each record. Records of one group have the same chance of each part: a group is a class if
  /// the split is stratified, else it is the whole input.
  fileprivate func groups(of batch: RecordBatch) -> [UInt8] {
    method == .stratified ? batch.labels : [UInt8](repeating: 0, count: batch.count)
  }
}

/// The streams that a split writes.
private final class PartOutputs {
  private let writers: [TensorStreamWriter?]
  private let allowsEmpty: Bool
  /// The number of records of each part so far.
  private var counts = [Int](repeating: 0, count: Part.allCases.count)
  /// The number of records of each part and class so far, if records have labels.
  private(set) var tally: SplitTally

  init(_ sinks: [Part: any ByteSink], format: RecordFormat, allowsEmpty: Bool) {
    self.allowsEmpty = allowsEmpty
    writers = Part.allCases.map { part in sinks[part].map { TensorStreamWriter($0, format: format) } }
    tally = SplitTally(written: Part.allCases.map { sinks[$0] != nil })
  }

  /// Appends each record of a batch to its part's stream. Neighbours of the same part are appended together.
  func append(_ batch: RecordBatch, _ parts: ArraySlice<Part>) throws {
    var rest = parts
    while let part = rest.first {
      let start = rest.startIndex - parts.startIndex
      rest = rest.drop { $0 == part }
      let rows = start..<rest.startIndex - parts.startIndex
      counts[part.rawValue] += rows.count
      if !batch.labels.isEmpty { tally.add(batch.labels[rows], to: part) }
      try writers[part.rawValue]?.append(batch, rows: rows)
    }
  }

  /// Returns the given parts of all records. Throws if a written part has no record and `allowsEmpty` is false.
  func checked(_ parts: [Part], _ name: String, by rule: SplitRule) throws -> [Part] {
    let counts = parts.reduce(into: [Int](repeating: 0, count: Part.allCases.count)) { $0[$1.rawValue] += 1 }
    try check(counts, name, rule)
    return parts
  }

  /// Checks the same as ``checked(_:_:by:)``, after all records have been appended.
  func checkFilled(_ name: String, by rule: SplitRule) throws { try check(counts, name, rule) }

  private func check(_ counts: [Int], _ name: String, _ rule: SplitRule) throws {
    guard !allowsEmpty else { return }
    for part in Part.allCases where writers[part.rawValue] != nil && counts[part.rawValue] == 0 {
      throw SplitError.emptyPart(
        name: name, part: part, records: counts.reduce(0, +), byHash: rule.method == .hash)
    }
  }

  func finish(classes: [String]?, history: [String], recipe: RecordedRecipe?) throws {
    tally.classes = classes
    for writer in writers { try writer?.finish(classes: classes, history: history, recipe: recipe) }
  }
}
