// Sound containers whose content is not an fm-tools model.

import MemoryStreams
import ModelFiles

import Testing

/// Returns the file of the tiny model after a change of its metadata or tensors.
private func changed(_ change: (inout Safetensors) -> Void) throws -> [UInt8] {
  var container = try Safetensors(reading: MemorySource(fixture("tiny-model.safetensors"), name: "memory"))
  // Earlier versions and other programs write no checksum.
  container.metadata["fm-tools.data-crc32"] = nil
  change(&container)
  let sink = MemorySink()
  try container.write(to: sink)
  return sink.bytes
}

private func refusal(_ change: (inout Safetensors) -> Void) throws -> String {
  let bytes = try changed(change)
  let error = #expect(throws: ModelFileError.self) { try load(bytes) }
  #expect(error?.kind == .badData)
  return error?.description ?? "no error"
}

@Test func anUnchangedContainerIsReadAsTheModel() throws {
  #expect(try load(changed { _ in }) == tinyModel())
}

@Test func unknownMetadataIsIgnored() throws {
  let bytes = try changed {
    $0.metadata["fm-tools.weather"] = "fair"
    $0.metadata["note"] = "\u{0}"
    $0.metadata["format"] = nil
  }
  #expect(try load(bytes) == tinyModel())
}

@Test func aFileWithoutOurMetadataNeedsItsLayers() throws {
  let expected =
    "memory: the tensors match no preset, and the file does not say which layers they belong to; the nearest"
  #expect(try refusal { $0.metadata = [:] }.hasPrefix(expected))
  #expect(try refusal { $0.metadata = ["format": "pt"] }.hasPrefix(expected))
}

/// A key, its new value (`nil` removes it), and a text that the refusal contains.
@Test(arguments: [
  ("format", "2", "model format version '2'; this fm-tools reads version 1: a newer fm-tools is needed"),
  ("format", "", "model format version ''"),
  ("architecture", nil, "the metadata has no fm-tools.architecture"),
  ("architecture", " ", "fm-tools.architecture: the architecture is empty"),
  ("architecture", "conv:2 lstm", "fm-tools.architecture: layer 2 'lstm' is neither"),
  ("architecture", "conv:2,kernel=9,padding=0", "fm-tools.architecture: layer 1"),
  ("architecture", "linear:16777216 linear:16777216", "the layer has too many weights"),
  ("input", nil, "the metadata has no fm-tools.input"),
  ("input", "", "fm-tools.input: expected [channels, height, width]"),
  ("input", "[1,4]", "fm-tools.input: expected [channels, height, width]"),
  ("input", "[1,4,5,6]", "got '[1,4,5,6]'"),
  ("input", "[2,4,5]", "got '[2,4,5]'"),
  ("input", "[1,0,5]", "got '[1,0,5]'"),
  ("input", "[1,4097,5]", "got '[1,4097,5]'"),
  ("input", "[1,9223372036854775807,9223372036854775807]", "1 or 3 channels of up to 4096 × 4096"),
  ("input", "[1,4.0,5]", "got '[1,4.0,5]'"),
  ("input", "[1,4,5,null]", "got '[1,4,5,null]'"),
  ("class-count", nil, "the metadata has no fm-tools.class-count"),
  ("class-count", "two", "fm-tools.class-count: expected a whole number, got 'two'"),
  ("class-count", "1", "fm-tools.architecture: 1 class; a classifier has 2 to 256"),
  ("classes", "[\"a\"]", "fm-tools.classes: 1 name for 2 classes"),
  ("classes", "[\"a\",2]", "fm-tools.classes: expected a JSON array of strings, got '[\"a\",2]'"),
  ("classes", "{}", "fm-tools.classes: expected a JSON array of strings, got '{}'"),
  ("classes", "[\"a\",\"b\"", "fm-tools.classes: expected a JSON array of strings"),
  ("pixels", nil, "the metadata has no fm-tools.pixels"),
  (
    "pixels", "1/127.5 - 1", "the model expects pixels scaled by '1/127.5 - 1'; this fm-tools scales by 1/255"
  ),
  ("history", "idx2raw", "fm-tools.history: expected a JSON array of strings, got 'idx2raw'"),
  ("training", "[]", "fm-tools.training: expected an object of training figures, got '[]'"),
  ("training", "{}", "fm-tools.training: expected an object of training figures"),
  ("training", "{\"seed\":1,\"seed\":2}", "fm-tools.training: expected an object of training figures"),
])
func invalidMetadataIsRefused(key: String, value: String?, text: String) throws {
  let refusal = try refusal { $0.metadata["fm-tools.\(key)"] = value }
  #expect(refusal.contains(text), "\(refusal)")
}

@Test(arguments: [
  ("\"seed\":18446744073709551615", "\"seed\":18446744073709551616"),
  ("\"seed\":18446744073709551615", "\"seed\":-1"),
  ("\"epochs\":9", "\"epochs\":9.5"),
  ("\"best_epoch\":7", "\"best\":7"),
  ("\"training_loss\":0.25", "\"training_loss\":\"low\""),
  ("\"validation_loss\":0.3125", "\"validation_loss\":null"),
  ("\"optimizer\":\"adam\"", "\"optimizer\":1"),
])
func trainingFiguresOfTheWrongTypeAreRefused(sound: String, broken: String) throws {
  let text = try refusal { container in
    let training = container.metadata["fm-tools.training"] ?? ""
    let parts = training.split(separator: sound, omittingEmptySubsequences: false)
    #expect(parts.count == 2)
    container.metadata["fm-tools.training"] = parts.joined(separator: broken)
  }
  #expect(text.contains("fm-tools.training: expected an object of training figures"), "\(text)")
}

@Test func missingMisshapenAndUnexpectedTensorsAreAllNamed() throws {
  let text = try refusal { container in
    container.tensors.removeAll { $0.name == "fc1.weight" }
    container.tensors.append(.init(name: "fc1.running_mean", shape: [3], values: [0, 0, 0]))
    container.tensors = container.tensors.map {
      $0.name == "out.bias" ? .init(name: "out.bias", shape: [1, 2], values: $0.values) : $0
    }
  }
  #expect(
    text
      == "memory: the tensors do not fit the architecture 'conv:2 relu pool linear:3 relu': missing fc1.weight"
      + " [3, 8]; out.bias is [1, 2], expected [2]; unexpected fc1.running_mean [3];"
      + " running_mean belongs to batch normalisation, whose layer is called norm")
}

@Test func aTransposedWeightIsRefused() throws {
  let text = try refusal { container in
    container.tensors = container.tensors.map {
      $0.name == "fc1.weight" ? .init(name: $0.name, shape: [8, 3], values: $0.values) : $0
    }
  }
  #expect(text.hasSuffix("fc1.weight is [8, 3], expected [3, 8]"))
}

@Test func thousandsOfUnexpectedTensorsMakeAShortLine() throws {
  let text = try refusal { container in
    for index in 0..<3000 { container.tensors.append(.init(name: "extra\(index)", shape: [], values: [0])) }
    container.tensors.append(
      .init(name: String(repeating: "\u{1b}[31m", count: 1000), shape: [0], values: []))
  }
  #expect(text.utf8.count < 1500)
  #expect(text.contains("and 2995 more"))
  #expect(!text.contains("\u{1b}"))
}
