// The metadata of a model file: the texts in the safetensors header's `__metadata__`.
//
//     fm-tools.format        the version of this layout, 1
//     fm-tools.architecture  the complete specification; empty for a network of just the output layer
//     fm-tools.input         [channels, height, width]
//     fm-tools.class-count   2 to 256
//     fm-tools.classes       the class names, a JSON array of strings; absent if the data had none
//     fm-tools.pixels        how a byte becomes the network's input: times 1/255, then normalised if there are means and
//                            deviations, one for all channels or one for each: `1/255 mean 0.286 std 0.353`
//     fm-tools.temperature   divides logits before softmax, 0.01 to 100; absent if the model is not calibrated
//     fm-tools.history       the command lines, oldest first, a JSON array of strings
//     fm-tools.recipe        how pictures became the training images; absent if unknown
//     fm-tools.training      how the model was trained, a JSON object (TrainingRecord); absent if unknown
//     format                 pt: tensors have PyTorch's names and layouts
//
// Unknown keys are ignored.

import JSON
import Networks
import TensorStream

/// Converts between a model and the metadata of its file.
enum ModelMetadata {
  static let version = "1"
  static let pixelScaling = "1/255"

  static let versionKey = "fm-tools.format"
  static let architectureKey = "fm-tools.architecture"
  static let inputKey = "fm-tools.input"
  static let classCountKey = "fm-tools.class-count"
  static let classesKey = "fm-tools.classes"
  static let pixelsKey = "fm-tools.pixels"
  static let temperatureKey = "fm-tools.temperature"
  static let historyKey = "fm-tools.history"
  static let recipeKey = "fm-tools.recipe"
  static let trainingKey = "fm-tools.training"
}

// MARK: - Writing

extension ModelMetadata {
  /// Returns the metadata of a model.
  static func encode(_ model: Model) -> [String: String] {
    let input = model.architecture.input
    var metadata = [
      "format": "pt",
      versionKey: version,
      architectureKey: model.architecture.specification,
      inputKey: JSONValue.array([input.channels, input.height, input.width].map(JSONValue.integer))
        .compactText(),
      classCountKey: String(model.architecture.classCount),
      pixelsKey: text(of: model.scaling),
      historyKey: texts(model.history).compactText(),
    ]
    if let classes = model.classes { metadata[classesKey] = texts(classes).compactText() }
    if let temperature = model.temperature { metadata[temperatureKey] = "\(temperature)" }
    if let recipe = model.recipe { metadata[recipeKey] = recipe.text }
    if let training = model.training { metadata[trainingKey] = training.json.compactText() }
    return metadata
  }

  private static func texts(_ strings: [String]) -> JSONValue { .array(strings.map(JSONValue.string)) }
}

// MARK: - Pixels

extension ModelMetadata {
  private static func text(of scaling: PixelScaling) -> String {
    scaling.isNone ? pixelScaling : "\(pixelScaling) \(scaling.text)"
  }

  /// Parses the value of ``pixelsKey``; `nil` if it is malformed.
  private static func scaling(_ text: String) -> PixelScaling? {
    if text == pixelScaling { return PixelScaling.none }
    let words = text.split(separator: " ", omittingEmptySubsequences: false)
    guard words.count == 5, words[0] == pixelScaling, words[1] == "mean", words[3] == "std" else {
      return nil
    }
    guard let means = numbers(words[2]), let deviations = numbers(words[4]) else { return nil }
    return try? PixelScaling(means: means, deviations: deviations)
  }

  private static func numbers(_ text: Substring) -> [Float]? {
    let numbers = text.split(separator: ",", omittingEmptySubsequences: false).map { Float($0) }
    return numbers.count <= 3 && !numbers.contains(nil) ? numbers.compactMap { $0 } : nil
  }
}

// MARK: - Reading

extension ModelMetadata {
  /// Whether the metadata is that of an fm-tools model, of any version.
  static func isOurs(_ metadata: [String: String]) -> Bool { metadata[versionKey] != nil }

  /// Returns the model that the metadata describes, without parameters.
  static func decode(_ metadata: [String: String]) throws(ModelProblem) -> Model {
    guard let found = metadata[versionKey] else { throw .foreign }
    guard found == version else { throw .unknownVersion(found) }
    let pixels = try required(pixelsKey, metadata)
    guard let scaling = scaling(pixels) else { throw .pixelScaling(pixels) }
    let architecture = try architecture(metadata)
    let classes = try strings(classesKey, metadata)
    if let classes, classes.count != architecture.classCount {
      throw .classNameCount(found: classes.count, expected: architecture.classCount)
    }
    var recipe: RecordedRecipe?
    if let text = metadata[recipeKey] {
      recipe = RecordedRecipe(text)
      guard recipe != nil else {
        throw .malformedMetadata(
          key: recipeKey, expected: "1 to 256 printable ASCII characters", found: text)
      }
    }
    var training: TrainingRecord?
    if let text = metadata[trainingKey] {
      training = try json(trainingKey, text, "an object of training figures", TrainingRecord.init(json:))
    }
    return Model(
      architecture: architecture, parameters: [], classes: classes,
      history: try strings(historyKey, metadata) ?? [], recipe: recipe, training: training,
      scaling: scaling, temperature: try temperature(metadata))
  }

  private static func temperature(_ metadata: [String: String]) throws(ModelProblem) -> Float? {
    guard let text = metadata[temperatureKey] else { return nil }
    // Swift's Float also parses nan, infinity and hexadecimal digits.
    let isDecimal = text.utf8.allSatisfy { "0123456789.e-".utf8.contains($0) }
    guard isDecimal, let temperature = Float(text), Model.temperatures.contains(temperature) else {
      throw .malformedMetadata(key: temperatureKey, expected: "a number from 0.01 to 100", found: text)
    }
    return temperature
  }

  private static func architecture(_ metadata: [String: String]) throws(ModelProblem) -> Architecture {
    let specification = try required(architectureKey, metadata)
    let input = try json(
      inputKey, try required(inputKey, metadata),
      "[channels, height, width], 1 or 3 channels of up to 4096 × 4096"
    ) { value -> ImageShape? in
      let lengths = value.arrayValue?.compactMap(\.integerValue) ?? []
      guard lengths.count == 3, value.arrayValue?.count == 3, [1, 3].contains(lengths[0]),
        (1...4096).contains(lengths[1]), (1...4096).contains(lengths[2])
      else { return nil }
      return ImageShape(height: lengths[1], width: lengths[2], channels: lengths[0])
    }
    let classCount = try json(
      classCountKey, try required(classCountKey, metadata), "a whole number", \.integerValue)
    do throws(ArchitectureError) {
      // Here, an empty text means just the output layer. The parser refuses it, since on a command line it is a
      // mistake.
      let tree =
        specification.isEmpty ? Specification(elements: []) : try Specification(parsing: specification)
      return try Architecture(tree, input: input, classCount: classCount)
    } catch {
      throw .badArchitecture(error)
    }
  }

  private static func required(
    _ key: String, _ metadata: [String: String]
  ) throws(ModelProblem) -> String {
    guard let text = metadata[key] else { throw .missingMetadata(key: key) }
    return text
  }

  private static func strings(
    _ key: String, _ metadata: [String: String]
  ) throws(ModelProblem) -> [String]? {
    guard let text = metadata[key] else { return nil }
    return try json(key, text, "a JSON array of strings") { value -> [String]? in
      guard let elements = value.arrayValue else { return nil }
      let strings = elements.compactMap(\.stringValue)
      return strings.count == elements.count ? strings : nil
    }
  }

  /// Parses a text as JSON and converts it with `read`.
  private static func json<Value>(
    _ key: String, _ text: String, _ expected: String, _ read: (JSONValue) -> Value?
  ) throws(ModelProblem) -> Value {
    guard let json = try? JSONValue(parsing: text.utf8), let value = read(json) else {
      throw .malformedMetadata(key: key, expected: expected, found: text)
    }
    return value
  }
}

// MARK: - The training record

extension TrainingRecord {
  /// The record as model files and reports store it. A figure that is not finite becomes `null`, which ``init(json:)``
  /// refuses, so such a model is never written.
  public var json: JSONValue {
    var members: [JSONValue.Member] = [
      JSONValue.Member("seed", .number(String(seed))),
      JSONValue.Member("settings", JSONValue(strings: settings)),
      JSONValue.Member("training_records", .integer(trainingRecords)),
      JSONValue.Member("validation_records", .integer(validationRecords)),
      JSONValue.Member("epochs", .integer(epochsRun)),
      JSONValue.Member("best_epoch", .integer(bestEpoch)),
      JSONValue.Member("training_loss", .doubleOrNull(trainingLoss)),
      JSONValue.Member("training_accuracy", .doubleOrNull(trainingAccuracy)),
    ]
    if let validationLoss {
      members.append(JSONValue.Member("validation_loss", .doubleOrNull(validationLoss)))
    }
    if let validationAccuracy {
      members.append(JSONValue.Member("validation_accuracy", .doubleOrNull(validationAccuracy)))
    }
    if let validationMacroRecall {
      members.append(JSONValue.Member("validation_macro_recall", .doubleOrNull(validationMacroRecall)))
    }
    return .object(members)
  }

  /// Parses a record; `nil` if a member is missing or has the wrong type. Unknown members are ignored.
  init?(json: JSONValue) {
    guard case .number(let seedText)? = json["seed"], let seed = UInt64(seedText),
      let settings = json["settings"]?.stringMembers,
      let trainingRecords = json["training_records"]?.integerValue,
      let validationRecords = json["validation_records"]?.integerValue,
      let epochsRun = json["epochs"]?.integerValue,
      let bestEpoch = json["best_epoch"]?.integerValue,
      let trainingLoss = json["training_loss"]?.doubleValue,
      let trainingAccuracy = json["training_accuracy"]?.doubleValue
    else { return nil }
    func optional(_ key: String) -> Double?? {
      guard let value = json[key] else { return .some(nil) }
      return value.doubleValue.map { .some($0) }
    }
    guard let validationLoss = optional("validation_loss"),
      let validationAccuracy = optional("validation_accuracy"),
      let validationMacroRecall = optional("validation_macro_recall")
    else { return nil }
    self.init(
      seed: seed, settings: settings, trainingRecords: trainingRecords, validationRecords: validationRecords,
      epochsRun: epochsRun, bestEpoch: bestEpoch, trainingLoss: trainingLoss,
      trainingAccuracy: trainingAccuracy, validationLoss: validationLoss,
      validationAccuracy: validationAccuracy, validationMacroRecall: validationMacroRecall)
  }
}

extension JSONValue {
  /// Creates an object of strings, sorted by their keys.
  init(strings: [String: String]) {
    self = .object(strings.sorted { $0.key < $1.key }.map { Member($0.key, .string($0.value)) })
  }

  /// The members of an object whose values are all strings; `nil` for other values.
  var stringMembers: [String: String]? {
    guard case .object(let members) = self else { return nil }
    var strings: [String: String] = [:]
    for member in members {
      guard let text = member.value.stringValue else { return nil }
      strings[member.key] = text
    }
    return strings
  }
}
