// What a reader keeps of the records it has given out, so that it can believe, or not, what the ends say of them.

/// The accounts of a stream: of the segment being read, and of all before it.
struct StreamAudit {
  /// The class names of the ends so far.
  private(set) var classes: [String]?
  /// The command lines of the ends so far, each once.
  private(set) var history: [String] = []
  /// What the ends so far say of how pictures became the images.
  private(set) var recipe: RecordedRecipe?
  /// The ends so far.
  private(set) var segmentCount = 0

  private var recordCount = 0
  private var checksum = CRC32()
  /// The largest label of all segments and where it is, to be compared with the classes, which only an end names.
  private var largestLabel: (value: UInt8, place: StreamPlace)?

  /// Notes records that were read.
  mutating func add(_ records: UnsafeRawBufferPointer, count: Int) {
    recordCount += count
    checksum.update(records)
  }

  /// Notes the labels of records; `place` says where the first of the labels is and `stride` how far the next.
  mutating func add(labels: ArraySlice<UInt8>, place: StreamPlace, stride: Int) {
    guard let largest = labels.max(), largest > (largestLabel?.value ?? 0) || largestLabel == nil,
      let index = labels.firstIndex(of: largest)
    else { return }
    var place = place
    place.offset += (index - labels.startIndex) * stride
    largestLabel = (largest, place)
  }

  /// Compares an end with what was read. `classCount` is that of predictions.
  mutating func close(with end: StreamEnd, at place: StreamPlace, classCount: Int?) throws(StreamError) {
    guard end.recordCount == recordCount else {
      throw .end(place, .recordCountDiffers(claimed: end.recordCount, found: recordCount))
    }
    guard end.checksum == checksum.value else {
      throw .end(place, .checksumDiffers(claimed: end.checksum, found: checksum.value))
    }
    if let earlier = classes, let later = end.classes, earlier != later {
      throw .end(place, .classesChange(ClassDifference(found: later, wanted: earlier)))
    }
    classes = classes ?? end.classes
    guard RecordedRecipe.agree(recipe, end.recipe) else {
      throw .end(place, .recipeChanges(earlier: recipe, later: end.recipe))
    }
    recipe = RecordedRecipe.joined(recipe, end.recipe)
    if let classes { try check(classes, place, classCount) }
    for line in end.history where !history.contains(line) { history.append(line) }
    segmentCount += 1
    recordCount = 0
    checksum = CRC32()
  }

  private func check(_ classes: [String], _ place: StreamPlace, _ classCount: Int?) throws(StreamError) {
    if let classCount, classCount != classes.count {
      throw .end(place, .classCountDiffers(predictions: classCount, names: classes.count))
    }
    if let largestLabel, largestLabel.value >= classes.count {
      throw .record(
        largestLabel.place, .labelTooLarge(label: largestLabel.value, classCount: classes.count))
    }
  }
}
