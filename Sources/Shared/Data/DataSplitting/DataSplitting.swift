// Dividing a stream: read it, decide, write the parts.
import ByteIO
import TensorStream

/// Divides the images of a stream among the sinks, in their order. Records of a part without a sink are dropped.
///
/// The sinks get whole streams, with the class names, the recipe and the history of the input and `commandLine` at its end; they
/// are not committed. By hash, memory is constant. Otherwise all labels must be known before the first record can be
/// assigned: the input is read once more by the reader that `again` makes, or, where it is `nil`, held in memory, a
/// byte a pixel. A sink that would get no record is refused, unless `allowsEmpty`: before anything is written, if records are
/// counted before they are divided. Returns how many records of each class each part got.
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

/// The records that are read at a time: a writer's chunk.
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
  /// What chance is to be the same for: the class of each record, or the same for all.
  fileprivate func groups(of batch: RecordBatch) -> [UInt8] {
    method == .stratified ? batch.labels : [UInt8](repeating: 0, count: batch.count)
  }
}

/// The streams that a split writes.
private final class PartOutputs {
  private let writers: [TensorStreamWriter?]
  private let allowsEmpty: Bool
  /// The records of each part so far.
  private var counts = [Int](repeating: 0, count: Part.allCases.count)
  /// The same by classes.
  private(set) var tally: SplitTally

  init(_ sinks: [Part: any ByteSink], format: RecordFormat, allowsEmpty: Bool) {
    self.allowsEmpty = allowsEmpty
    writers = Part.allCases.map { part in sinks[part].map { TensorStreamWriter($0, format: format) } }
    tally = SplitTally(written: Part.allCases.map { sinks[$0] != nil })
  }

  /// Appends each record of a batch to its part's stream; neighbours of the same part in one go.
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

  /// The parts of all records, after a look at whether each that is written has one.
  func checked(_ parts: [Part], _ name: String, by rule: SplitRule) throws -> [Part] {
    let counts = parts.reduce(into: [Int](repeating: 0, count: Part.allCases.count)) { $0[$1.rawValue] += 1 }
    try check(counts, name, rule)
    return parts
  }

  /// As ``checked(_:_:by:)``, when all records were appended.
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
