// What is said about models and about tensors of someone else's.

import ByteIO
import Inspection
import JSON
import MemoryStreams
import ModelFiles
import Networks
import Testing

private let training = TrainingRecord(
  seed: 7, settings: ["optimizer": "adam", "batch-size": "128"], trainingRecords: 48_000,
  validationRecords: 12_000, epochsRun: 12, bestEpoch: 9, trainingLoss: 0.123_45, trainingAccuracy: 0.956_78,
  validationLoss: 0.25, validationAccuracy: 0.9)

@Test func modelIsShownLayerByLayer() throws {
  let model = try model(classes: ["ant", "bee", "cat"], training: training, history: ["idx2raw a b"])
  #expect(
    FileInspection.model(model, .safetensors, file: "m.safetensors").text == """
      m.safetensors
        kind        model (safetensors)
        input       28 × 28 grey, bytes scaled by 1/255
        classes     3: ant, bee, cat
        parameters  157,283 (0.6 MB as 32-bit numbers)
        work        427,096 FLOP an image
        --arch      'conv:8 relu pool dropout:0.25 linear:100 relu'

        layer                 output  parameters  FLOP an image
        conv1  conv:8        8×28×28          80        112,896
               relu          8×28×28
               pool          8×14×14
               dropout:0.25  8×14×14
        fc1    linear:100        100     156,900        313,600
               relu              100
        out    linear:3            3         303            600
        ───────────────────────────────────────────────────────
        total                            157,283        427,096

        training
        epoch       9, the best of 12
        records     48,000 training, 12,000 validation
        loss        0.1235 training, 0.2500 validation
        accuracy    95.68 % training, 90.00 % validation
        seed        7
        settings    --batch-size 128  --optimizer adam

        history
          idx2raw a b

      """)
}

@Test func modelWithoutTrainingFiguresSaysWhatItIs() throws {
  let text = FileInspection.model(try model(), .safetensors, file: "m").text
  #expect(text.contains("  classes     3, without names\n"))
  #expect(!text.contains("training"))
  #expect(!text.contains("history"))
}

@Test func modelWithoutValidationShowsTrainingAlone() throws {
  var record = training
  record.validationRecords = 0
  record.validationLoss = nil
  record.validationAccuracy = nil
  let text = FileInspection.model(try model(training: record), .safetensors, file: "m").text
  #expect(text.contains("  records     48,000 training\n"))
  #expect(text.contains("  loss        0.1235 training\n"))
  #expect(text.contains("  accuracy    95.68 % training\n"))
}

@Test func modelsJSONHasItsKeys() throws {
  let json = FileInspection.model(try model(training: training), .safetensors, file: "m").json
  guard case .object(let members) = json else {
    Issue.record("no object")
    return
  }
  #expect(
    Set(members.map(\.key)) == [
      "file", "kind", "architecture", "image", "class_count", "classes", "parameters", "flop", "layers",
      "training", "history",
    ])
  #expect(json["kind"] == .string("model"))
  #expect(json["parameters"] == .integer(157_283))
  #expect(json["training"]?["validation_accuracy"] == .double(0.9))
  #expect(
    json["layers"]?.arrayValue?.first?.compactText()
      == #"{"flop":112896,"input":[1,28,28],"layer":"conv:8","name":"conv1","output":[8,28,28],"parameters":80}"#
  )
  #expect(FileInspection.model(try model(), .safetensors, file: "m").json["training"] == .null)
}

@Test func hugeFiguresDoNotTrap() throws {
  var record = training
  record.trainingLoss = 1e300
  record.validationAccuracy = -1e300
  let text = FileInspection.model(try model(training: record), .safetensors, file: "m").text
  #expect(text.contains("1e+300 training"))
}

@Test func linesAreAtMost80ColumnsWide() throws {
  let names = (0..<3).map { "class \($0) " + String(repeating: "long ", count: 12) }
  let text = FileInspection.model(try model(classes: names, training: training), .safetensors, file: "m").text
  for line in text.split(separator: "\n") { #expect(line.count <= 80) }
}

@Test func modelOfPyTorchSaysSo() throws {
  let text = FileInspection.model(try model(), .pytorch, file: "m.pth").text
  #expect(text.contains("  kind        model (PyTorch state_dict)\n"))
}

@Test(arguments: [
  [0x80, 2, 0x7d, 0x2e],
  Array("PK\u{3}\u{4}".utf8) + [UInt8](repeating: 0, count: 22) + [9, 0, 0, 0] + Array("m/version".utf8),
])
func brokenFileOfPyTorchIsRefused(bytes: [UInt8]) {
  let error = #expect(throws: ModelFileError.self) {
    try FileInspection(reading: MemorySource(bytes, name: "m"))
  }
  #expect(error?.description.hasPrefix("m: ") == true)
  #expect(error?.kind == .badData)
}
