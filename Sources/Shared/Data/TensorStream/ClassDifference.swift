// Explains how the classes of a stream differ from the expected ones.
import ByteIO

/// Two lists of class names that should be the same.
public struct ClassDifference: Equatable, Sendable {
  /// The class names that the stream has.
  public let found: [String]
  /// The expected class names.
  public let wanted: [String]

  public init(found: [String], wanted: [String]) { (self.found, self.wanted) = (found, wanted) }

  /// Returns a message that says which names are missing, extra or in another order. `owner` has the expected names: `the
  /// model`. `whose` is the word for the owner of the names that were found.
  ///
  /// - Complexity: O(n) for n names if few of them look alike.
  public func words(_ owner: String, whose: String = "its") -> String {
    let missing = names(wanted, without: found)
    let extra = names(found, without: wanted)
    if let pair = spelling(missing, extra) {
      return "the classes '\(pair.0)' and '\(pair.1)' of \(owner) differ only in \(pair.way)"
    }
    switch (missing.isEmpty, extra.isEmpty) {
    case (true, true):
      let place = zip(found, wanted).enumerated().first { !$1.0.utf8.elementsEqual($1.1.utf8) }?.offset ?? 0
      return
        "\(whose) classes are those of \(owner) in another order: class \(place) is '\(shown(found[place]))' here,"
        + " '\(shown(wanted[place]))' there"
    case (false, true): return "\(whose) classes lack \(list(missing)) of \(owner)"
    case (true, false): return "\(whose) classes have \(list(extra)), which \(owner) lacks"
    case (false, false): return "\(whose) classes have \(list(extra)), and lack \(list(missing)) of \(owner)"
    }
  }

  private func names(_ some: [String], without others: [String]) -> [String] {
    let others = Set(others.map { Array($0.utf8) })
    return some.filter { !others.contains(Array($0.utf8)) }
  }

  /// Returns an extra name and the most similar missing one that people would take for it, and the way in which they
  /// differ.
  private func spelling(_ missing: [String], _ extra: [String]) -> (String, String, way: String)? {
    let lookalikes = Dictionary(grouping: missing, by: Likeness.folded)
    for name in extra {
      let others = lookalikes[Likeness.folded(name)] ?? []
      for likeness in Likeness.allCases {
        guard let other = others.first(where: { Likeness(name, $0) == likeness }) else { continue }
        return (shown(name), shown(other), likeness.rawValue)
      }
    }
    return nil
  }

  private func list(_ names: [String]) -> String {
    shortList(names, atMost: 5) { "'\(shown($0))'" }
  }

  private func shown(_ name: String) -> String { shortened(displayed(name), to: 40) }
}

extension [String] {
  /// Whether all class names are numbers, and some differ from their positions. Labels without names could then mean
  /// either the number or the position.
  public var areNumbersOutOfPlace: Bool {
    allSatisfy(\.utf8.areDigits) && self != indices.map(String.init)
  }
}

/// Returns a message that says why labels without names may not be those of a model with the classes `classes`.
public func numberedLabelsText(_ classes: [String]) -> String {
  let place = zip(classes, classes.indices).first { $0 != String($1) }?.1 ?? 0
  return
    "its labels have no names, and the model's classes are numbers in another order: its class \(place) is"
    + " '\(displayed(classes[place]))'"
}
