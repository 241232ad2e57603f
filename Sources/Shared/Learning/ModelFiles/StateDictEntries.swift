// Finds the tensors of a state_dict among a pickle's objects: those of the saved dictionary, or of one inside it. All
// other entries (numbers, texts, lists, an optimiser's state) are ignored.

import Networks

/// The tensors of a state_dict.
struct StateDictEntries {
  private(set) var descriptions: [ParameterDescription] = []
  private(set) var views: [String: TorchTensor] = [:]
  /// Messages to the user about choices made and entries ignored.
  private(set) var notes: [String] = []
  private let objects: PickleObjects

  private typealias Dictionary = (key: String, items: [PickleObjects.Item])

  /// Takes the tensors of the saved dictionary or, if it holds other things, of a dictionary inside it.
  ///
  /// - Complexity: O(n) for n entries of dictionaries, on average.
  init(of objects: PickleObjects) throws(PyTorchProblem) {
    self.objects = objects
    guard case .dictionary(let root) = objects.root else {
      throw .noStateDictionary(found: objects.root.kindName)
    }
    let items = objects.dictionaries[root]
    let nested = try nestedStateDictionary(items)
    if let nested { notes.append("reading the weights under \(quoted(nested.key))") }
    try add(nested?.items ?? items)
  }

  private mutating func add(_ items: [PickleObjects.Item]) throws(PyTorchProblem) {
    guard items.isEmpty || hasTensors(items) else { throw Self.noTensor(items[0]) }
    var leftOut: [String] = []
    for (key, value) in items {
      guard case .tensor(let place) = value else {
        if case .string(let name) = key { leftOut.append("\(shortName(name)) (\(value.kindName))") }
        continue
      }
      guard case .string(let name) = key else { throw .keyIsNoName(kind: key.kindName) }
      let tensor = objects.tensors[place]
      guard views.updateValue(tensor, forKey: name) == nil else { throw .duplicateTensor(name) }
      descriptions.append(ParameterDescription(name: name, shape: tensor.shape))
    }
    if !leftOut.isEmpty { notes.append("entries that are not tensors are ignored: \(list(leftOut))") }
  }

  /// Returns why a dictionary without tensors is not a state_dict, judging by its first item.
  private static func noTensor(_ item: PickleObjects.Item) -> PyTorchProblem {
    guard case .string(let name) = item.key else { return .keyIsNoName(kind: item.key.kindName) }
    return .isNoTensor(key: name, kind: item.value.kindName)
  }

  private func hasTensors(_ items: [PickleObjects.Item]) -> Bool {
    items.contains { if case .tensor = $0.value { true } else { false } }
  }

  /// Returns the state_dict inside a dictionary that a training script saved. It is the dictionary with tensors under
  /// the first of the usual keys or, under any key, the only one with nothing but tensors; `nil` if there is none.
  private mutating func nestedStateDictionary(
    _ items: [PickleObjects.Item]
  ) throws(PyTorchProblem) -> Dictionary? {
    let dictionaries = items.compactMap { item -> Dictionary? in
      guard case .string(let key) = item.key, case .dictionary(let place) = item.value else { return nil }
      return (key, objects.dictionaries[place])
    }
    let usual = PyTorchStateDictionary.nestedKeys.flatMap { key in
      dictionaries.filter { $0.key == key && hasTensors($0.items) }
    }
    if let first = usual.first {
      let others = usual.dropFirst()
      // A Python dictionary cannot have the same key twice.
      guard others.first?.key != first.key else { throw .severalStateDictionaries(usual.map(\.key)) }
      notes += others.map { "\(quoted($0.key)) also has tensors, and is ignored" }
      return first
    }
    let candidates = dictionaries.filter { _, items in
      !items.isEmpty
        && items.allSatisfy { if case .string = $0.key, case .tensor = $0.value { true } else { false } }
    }
    guard candidates.count <= 1 else { throw .severalStateDictionaries(candidates.map(\.key)) }
    return candidates.first
  }
}
