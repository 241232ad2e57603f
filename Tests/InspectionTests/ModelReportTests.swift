// Reports on models, ours and PyTorch's.

import ByteIO
import Inspection
import JSON
import MemoryStreams
import ModelFiles
import Networks
import TensorStream
import Testing

private let training = TrainingRecord(
  seed: 7, settings: ["optimizer": "adam", "batch-size": "128"], trainingRecords: 48_000,
  validationRecords: 12_000, epochsRun: 12, bestEpoch: 9, trainingLoss: 0.123_45, trainingAccuracy: 0.956_78,
  validationLoss: 0.25, validationAccuracy: 0.9)

@Test func aModelIsShownLayerByLayer() throws {
  let model = try model(classes: ["ant", "bee", "cat"], training: training, history: ["idx2raw a b"])
  #expect(
    FileInspection.model(model, .safetensors, file: "m.safetensors").text() == """
      m.safetensors
        kind        model (safetensors)
        input       28 × 28 grey, bytes scaled by 1/255
        classes     3: ant, bee, cat
        parameters  157,283 (0.6 MB as 32-bit numbers)
        work        427,096 FLOP an image
        layers      'conv:8 relu pool dropout:0.25 linear:100 relu'

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

private func branching() throws -> Architecture {
  try Architecture(
    specification:
      "conv:4,bias=no norm relu residual( conv:4 gelu 2*( conv:4 ) | norm ) concat( | residual( pool:1 ) relu )"
      + " pool:average,global scale:0.5",
    input: ImageShape(height: 8, width: 8, channels: 1), classCount: 3)
}

/// Each column adds up to its total.
@Test func blocksAreIndentedInTheTable() throws {
  #expect(
    try branching().summary == """
      conv:4,bias=no norm relu residual( conv:4 gelu 2*( conv:4 ) | norm ) concat( | residual( pool:1 ) relu ) pool:average,global scale:0.5

        layer                            output  parameters  FLOP an image
        conv1       conv:4,bias=no        4×8×8          36          4,608
        norm1       norm                  4×8×8           8            512
                    relu                  4×8×8
        block1      residual              4×8×8                        256
          conv1       conv:4              4×8×8         148         18,432
                      gelu                4×8×8
          conv2       conv:4              4×8×8         148         18,432
          conv3       conv:4              4×8×8         148         18,432
          shortcut                        4×8×8
            norm1       norm              4×8×8           8            512
        block2      concat                8×8×8
          branch1     input               4×8×8
          branch2                         4×8×8
            block1      residual          4×8×8                        256
                          pool:1          4×8×8
                        relu              4×8×8
                    pool:average,global       8                        512
                    scale:0.5                 8                          8
        out         linear:3                  3          27             48
        ──────────────────────────────────────────────────────────────────
        total                                           523         62,008

      """)
}

/// `inputs` names the layers that a layer reads, unless it only reads the layer before it.
@Test func theJSONOfABranchingGraphNamesInputs() throws {
  var model = try model()
  model.architecture = try branching()
  let json = FileInspection.model(model, .safetensors, file: "m").json()
  let layers = try #require(json["layers"]?.arrayValue)
  let inputs = layers.compactMap { layer in
    layer["inputs"]?.arrayValue.map { (layer["name"]?.stringValue, $0.compactMap(\.stringValue)) }
  }
  let expected: [(String?, [String])] = [
    ("block1.shortcut.norm1", ["relu1"]), ("block1.sum", ["block1.conv3", "block1.shortcut.norm1"]),
    ("block2.branch2.block1.sum", ["block2.branch2.block1.pool1", "block1.sum"]),
    ("block2.concat", ["block1.sum", "block2.branch2.relu1"]),
  ]
  #expect(inputs.map(\.0) == expected.map(\.0) && inputs.map(\.1) == expected.map(\.1), "\(inputs)")
}

@Test func aModelWithoutARecordShowsNeitherTrainingNorHistory() throws {
  let text = FileInspection.model(try model(), .safetensors, file: "m").text()
  #expect(text.contains("  classes     3, without names\n"))
  #expect(!text.contains("training"))
  #expect(!text.contains("history"))
}

@Test func aModelWithoutValidationShowsTrainingAlone() throws {
  var record = training
  record.validationRecords = 0
  record.validationLoss = nil
  record.validationAccuracy = nil
  let text = FileInspection.model(try model(training: record), .safetensors, file: "m").text()
  #expect(text.contains("  records     48,000 training\n"))
  #expect(text.contains("  loss        0.1235 training\n"))
  #expect(text.contains("  accuracy    95.68 % training\n"))
}

@Test func theJSONOfAModelHasItsKeys() throws {
  let json = FileInspection.model(try model(training: training), .safetensors, file: "m").json()
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
  #expect(FileInspection.model(try model(), .safetensors, file: "m").json()["training"] == .null)
}

@Test func hugeFiguresDoNotTrap() throws {
  var record = training
  record.trainingLoss = 1e300
  record.validationAccuracy = -1e300
  let text = FileInspection.model(try model(training: record), .safetensors, file: "m").text()
  #expect(text.contains("1e+300 training"))
}

@Test func linesAreAtMost80ColumnsWide() throws {
  let names = (0..<3).map { "class \($0) " + String(repeating: "long ", count: 12) }
  let text = FileInspection.model(try model(classes: names, training: training), .safetensors, file: "m")
    .text()
  for line in text.split(separator: "\n") { #expect(line.count <= 80) }
}

@Test func theReportOnAPyTorchModelSaysSo() throws {
  let text = FileInspection.model(try model(), .pytorch, file: "m.pth").text()
  #expect(text.contains("  kind        model (PyTorch state_dict)\n"))
}

@Test(arguments: [
  [0x80, 2, 0x7d, 0x2e],
  Array("PK\u{3}\u{4}".utf8) + [UInt8](repeating: 0, count: 22) + [9, 0, 0, 0] + Array("m/version".utf8),
])
func brokenPyTorchFilesAreRefused(bytes: [UInt8]) {
  let error = #expect(throws: ModelFileError.self) {
    try FileInspection(reading: MemorySource(bytes, name: "m"))
  }
  #expect(error?.description.hasPrefix("m: ") == true)
  #expect(error?.kind == .badData)
}
