// The classes of predictions and their order.
import ByteIO
import TensorStream

/// The classes of predictions and their indices.
///
/// The classes are known beforehand (from `--classes`, from columns `p:CLASS`, from the classes of a stream), or they
/// are collected from the rows and numbered as they come. ``order`` then gives an order that does not depend on the
/// order of the rows.
public struct ClassTable: Sendable {
  /// The maximum number of classes. More are a mistake, such as a column of names taken for classes: the confusion
  /// matrix would outgrow the memory. Streams have at most 256.
  public static let limit = 1024

  /// The class names by index, not escaped.
  public private(set) var names: [String] = []
  /// Whether all classes are known, including those that do not occur.
  public var areKnown: Bool { isFixed }
  private let isFixed: Bool
  private let acceptsIndices: Bool
  /// The index of each class by its escaped name, as text files have it.
  private var indices: [[UInt8]: Int] = [:]

  /// Creates a table that adds each class when it first occurs.
  init() {
    isFixed = false
    acceptsIndices = false
  }

  /// Creates a table of known classes. With `acceptsIndices`, a number that is not a class name is an index.
  init(_ names: [String], acceptsIndices: Bool) {
    isFixed = true
    self.acceptsIndices = acceptsIndices
    self.names = names
    for (index, name) in names.enumerated() { indices[Array(displayed(name).utf8)] = index }
  }

  /// Creates a table of the classes that are known beforehand, or an empty one if none are. `given` are the names that
  /// the user gave, `shown` the escaped names of the classes with probabilities. Throws unless `shown` has all classes
  /// or none.
  init(given: [String]?, shown: [[UInt8]]) throws(RowProblem) {
    guard !shown.isEmpty || given != nil else {
      self.init()
      return
    }
    if shown.count > Self.limit { throw .tooManyClasses(limit: Self.limit) }
    self.init(given ?? shown.map(undisplayed), acceptsIndices: given != nil)
    guard !shown.isEmpty else { return }
    var isShown = [Bool](repeating: false, count: names.count)
    for label in shown {
      let index = try index(of: label)
      if isShown[index] { throw .classTwice(names[index]) }
      isShown[index] = true
    }
    if let missing = isShown.firstIndex(of: false) { throw .classWithoutProbability(names[missing]) }
  }

  /// Creates a table of the classes that the user gave, which accepts their indices instead of names. Without given
  /// names, creates a table that adds each class when it first occurs.
  public init(given names: [String]?) {
    if let names { self.init(names, acceptsIndices: true) } else { self.init() }
  }

  /// Returns the index of the class with an unescaped name.
  public mutating func index(ofName name: String) throws(RowProblem) -> Int {
    try index(of: displayed(name).utf8)
  }

  /// Returns the index of the class with an escaped name.
  ///
  /// - Complexity: O(n) on average for n bytes of the name, however many classes there are.
  mutating func index(of label: some Collection<UInt8>) throws(RowProblem) -> Int {
    let label = Array(label)
    if let index = indices[label] { return index }
    if label.isEmpty { throw .labelEmpty }
    // Another tool may write a name without the escapes of its displayed form.
    let escaped = Array(displayed(undisplayed(cleaned(label))).utf8)
    if let index = indices[escaped] {
      indices[label] = index
      return index
    }
    if isFixed {
      if acceptsIndices, let index = decimalValue(label), index < names.count { return index }
      throw .labelUnknown(
        String(decoding: label, as: UTF8.self), classCount: names.count, areGiven: acceptsIndices)
    }
    guard names.count < Self.limit else { throw .tooManyClasses(limit: Self.limit) }
    indices[label] = names.count
    indices[escaped] = names.count
    names.append(undisplayed(cleaned(label)))
    return names.count - 1
  }

  /// Names the classes, if only their number was known.
  mutating func rename(_ names: [String]) {
    precondition(names.count == self.names.count, "\(names.count) names for \(self.names.count) classes")
    self = ClassTable(names, acceptsIndices: acceptsIndices)
  }

  /// The indices of all classes in the order of reports. Known classes keep their order. Otherwise, numbers are ordered
  /// by value, the classes of Fashion-MNIST by its labels, and all others by the bytes of their names.
  ///
  /// - Complexity: O(n log n) for n classes.
  public var order: [Int] {
    let all = Array(names.indices)
    if isFixed { return all }
    let ranks = names.map { decimalValue(Array($0.utf8)) }
    if ranks.allSatisfy({ $0 != nil }) { return all.sorted { ranks[$0]! < ranks[$1]! } }
    let places = names.map { ClassNames.fashionMNIST.firstIndex(of: $0) }
    if places.allSatisfy({ $0 != nil }) { return all.sorted { places[$0]! < places[$1]! } }
    return all.sorted { names[$0].utf8.lexicographicallyPrecedes(names[$1].utf8) }
  }
}

/// Returns the value of decimal digits without a leading zero; `nil` for any other text.
func decimalValue(_ digits: some Collection<UInt8>) -> Int? {
  guard digits.areDigits else { return nil }
  if digits.count > 1 && digits.first == 0x30 { return nil }
  return Int(String(decoding: digits, as: UTF8.self))
}
