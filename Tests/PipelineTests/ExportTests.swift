// fm-export: the files that it writes, and comparisons with other tools that read them, if installed.
import Foundation
import Testing

@Suite struct ExportTests {
  private static let python = ProcessInfo.processInfo.environment["FM_TOOLS_PYTHON"] ?? "python3"

  private static let hasONNXRuntime: Bool = {
    guard let place = try? Workplace() else { return false }
    // The folder must exist while Python runs in it.
    return withExtendedLifetime(place) {
      let child = try? place.start("/usr/bin/env", [python, "-c", "import numpy, onnxruntime"])
      return (try? child?.finish())?.ending == .exited(0)
    }
  }()

  // MARK: - Formats

  @Test(arguments: [("pth", "PK\u{3}\u{4}"), ("onnx", "\u{8}\u{7}\u{12}\u{8}fm-tools")])
  func everyFormatHasItsFirstBytes(_ format: String, _ beginning: String) throws {
    let place = try ExitStatusTests.smallFiles()
    let outcome = try place.run("fm-export", "model", "--to", format)
    #expect(outcome.ending == .exited(0), "\(outcome.messageText)")
    #expect(outcome.output.starts(with: beginning.utf8))
  }

  @Test(arguments: ["pth", "onnx", "safetensors"])
  func filesPipesAndNamesGiveTheSameBytes(_ format: String) throws {
    let place = try ExitStatusTests.smallFiles()
    let script = """
      set -e
      fm-export --to $1 model -o file
      fm-export model --to $1 --output - | cmp - file
      cat model | fm-export - --to $1 | cmp - file
      fm-export model -o named.$1; cmp named.$1 file
      fm-export model -o misnamed.h5 --to $1; cmp misnamed.h5 file
      """
    let outcome = try place.shell(script, [format])
    #expect(outcome.ending == .exited(0), "\(outcome.text)\(outcome.messageText)")
    #expect(outcome.messageText == "")
  }

  @Test func theNativeFormatIsTheModelItself() throws {
    let place = try ExitStatusTests.smallFiles()
    let before = try place.bytes(of: "model")
    let outcome = try place.run("fm-export", "model", "--to", "safetensors", "--output", "model")
    #expect(outcome.ending == .exited(0), "\(outcome.messageText)")
    #expect(try place.bytes(of: "model") == before)
  }

  @Test(
    arguments: [
      (["model"], "--to one of pth, onnx, safetensors"), (["model", "-o", "model.h5"], "--to one of"),
      (["--to", "onnx"], "<model>"), (["model", "--to", "keras"], "onnx"),
      (["model", "--to"], "--to <format>"),
      (["model", "model", "--to", "onnx"], "unexpected"),
      (["model", "--to", "onnx", "--arch", "nonsense"], "nonsense"),
      (["model", "--to", "onnx", "--size", "28"], "--size"),
      (["model", "--to", "onnx", "--size", "28x0"], "--size"),
      (["model", "--to", "onnx", "--size", "28x28x2"], "--size"),
      (["model", "--to", "onnx", "--size", "9999999999999999999x1"], "--size"),
      (["model", "--to", "onnx", "--size", "28x28"], "--size: model is for images of 4×4"),
    ])
  func anInvalidCommandLineExitsWith64(_ arguments: [String], _ hint: String) throws {
    let place = try ExitStatusTests.smallFiles()
    let before = try place.names
    let outcome = try place.start("fm-export", arguments).finish()
    #expect(outcome.ending == .exited(64), "\(outcome.messageText)")
    #expect(ExitStatusTests.fault(in: outcome, of: "fm-export") == nil)
    #expect(outcome.messageText.contains(hint), "\(outcome.messageText)")
    #expect(outcome.output == [])
    #expect(try place.names == before)
  }

  // MARK: - From one format to another

  /// A state_dict lacks the layers and the size of the images. Given both, it becomes the same model again.
  @Test func aModelSurvivesARoundTripThroughAStateDict() throws {
    let place = try WholePipelineTests.dataSet()
    let script = """
      set -e
      idx2raw train-images train-labels > train.raw
      arch='conv:3,kernel=5,stride=2,padding=1 relu pool:2,stride=1 linear:7 relu'
      fm-train --quiet --arch "$arch" --epochs 1 --batch-size 20 --output model train.raw
      fm-export model -o model.pth
      fm-export model.pth --arch "$arch" --size 8x8 -o again.safetensors
      fm-export again.safetensors --to pth | cmp - model.pth
      fm-predict --model model --probabilities train.raw > expected
      fm-predict --model again.safetensors --probabilities train.raw | cmp - expected
      fm-predict --model model.pth --arch "$arch" --probabilities train.raw | cmp - expected
      """
    let outcome = try place.shell(script)
    #expect(outcome.ending == .exited(0), "\(outcome.text)\(outcome.messageText)")
    // A file without a history does not say how pixels were scaled, and a note points this out.
    let notes = outcome.messageText.split(separator: "\n")
    #expect(notes.count == 2)
    #expect(notes.first?.hasPrefix("fm-predict: again.safetensors does not say how its pixels") == true)
    #expect(notes.last?.hasPrefix("fm-predict: model.pth does not say how its pixels") == true)
    for (arguments, hint) in [
      (["model.pth"], "give the layers with --arch"),
      (["model.pth", "--arch", "linear:7 relu", "--size", "8x8"], "fc1.weight is [7, 12], expected [7, 64]"),
      (["model.pth", "--arch", "conv:3,kernel=5,padding=0", "--size", "2x2"], "correct --arch"),
      (["model", "--arch", "linear:9"], "the model's layers are"),
    ] {
      let refused = try place.start("fm-export", arguments + ["--to", "onnx"]).finish()
      #expect(refused.ending == .exited(65), "\(refused.messageText)")
      #expect(ExitStatusTests.fault(in: refused, of: "fm-export") == nil)
      #expect(refused.messageText.contains(hint), "\(refused.messageText)")
      #expect(refused.output == [])
    }
  }

  /// A state_dict holds only weights; fm-predict does the averaging.
  @Test func aNoteNamesWhatAFormatCannotRecord() throws {
    let place = try ExitStatusTests.smallFiles()
    let trained = try place.start(
      trainLine[0],
      trainLine.dropFirst() + ["--augment", "flip", "--average", "flip", "--output", "flip", "data.raw"]
    ).finish()
    #expect(trained.ending == .exited(0), "\(trained.messageText)")
    let outcome = try place.run("fm-export", "flip", "--to", "pth")
    #expect(outcome.ending == .exited(0))
    #expect(outcome.messageText.hasPrefix("fm-export: flip: fm-predict averages"))
    #expect(ExitStatusTests.fault(in: outcome, of: "fm-export") == nil)
    let quiet = try place.run("fm-export", "flip", "--to", "pth", "--quiet")
    #expect(quiet.ending == .exited(0) && quiet.messageText == "")
    #expect(quiet.output == outcome.output)
    // An ONNX graph does the averaging itself, unless --average none is given.
    let graph = try place.run("fm-export", "flip", "--to", "onnx")
    #expect(graph.ending == .exited(0) && graph.messageText == "")
    let plain = try place.run("fm-export", "flip", "--to", "onnx", "--average", "none")
    #expect(plain.ending == .exited(0) && plain.messageText == "")
    #expect(plain.output.count < graph.output.count)
    let refused = try place.run("fm-export", "flip", "--to", "pth", "--average", "none")
    #expect(refused.ending == .exited(64) && refused.messageText.contains("--average is for onnx"))
    let native = try place.run("fm-export", "flip", "--to", "safetensors")
    #expect(native.messageText == "")
    #expect(try native.output == place.bytes(of: "flip"))
  }

  // MARK: - Damage

  @Test func aTruncatedModelIsRefusedAndNothingWritten() throws {
    let place = try ExitStatusTests.smallFiles()
    let whole = try place.bytes(of: "model")
    for count in [0, 7, 100, whole.count / 2, whole.count - 1] {
      try place.write(whole[..<count], to: "cut")
      let outcome = try place.run("fm-export", "cut", "--to", "onnx")
      #expect(outcome.ending == .exited(65), "\(count) bytes: \(outcome.messageText)")
      #expect(outcome.messageText.hasPrefix("fm-export: cut: "))
      #expect(outcome.output == [])
      #expect(try place.bytes(of: "cut") == Array(whole[..<count]))
    }
  }

  @Test(arguments: [Float.nan, .infinity, -.infinity], ["pth", "onnx", "safetensors"])
  func weightsThatAreNotFiniteAreRefused(_ value: Float, _ format: String) throws {
    let place = try ExitStatusTests.smallFiles()
    var model = try place.bytes(of: "model")
    // Hides the checksum, like a program that writes none.
    let key = Array("fm-tools.data-crc32".utf8)
    let found = try #require(model.firstRange(of: key))
    model.replaceSubrange(found, with: Array("fm-tools.data-other".utf8))
    // The last value of the last tensor.
    model.replaceSubrange(
      (model.count - 4)..., with: withUnsafeBytes(of: value.bitPattern.littleEndian) { Array($0) })
    try place.write(model, to: "model")
    try place.write(Array("precious".utf8), to: "old")
    let before = try place.names
    let outcome = try place.run("fm-export", "model", "--to", format, "--output", "old")
    #expect(outcome.ending == .exited(65))
    #expect(ExitStatusTests.fault(in: outcome, of: "fm-export") == nil)
    #expect(outcome.messageText.contains("expected a finite number"), "\(outcome.messageText)")
    #expect(try place.text(of: "old") == "precious")
    #expect(try place.names == before)
  }

  // MARK: - Other tools

  @Test(
    .enabled(if: hasONNXRuntime, "Python has no onnxruntime package"),
    arguments: [
      "ffnn", "cnn", "linear:9", "relu", "pool:3,stride=2", "pool:4,stride=1 conv:3,kernel=1 relu linear:5",
      "conv:8 relu pool dropout:0.2 linear:16 relu", "conv:4,kernel=5,stride=2 conv:6,padding=0",
      "conv:5,kernel=3,padding=2,stride=3 relu pool:2,stride=1 linear:7 relu",
      "conv:16,kernel=1 relu pool:3 conv:7,kernel=7,padding=3 relu",
      "conv:6,kernel=4 relu pool conv:5,kernel=2 relu",
    ])
  func onnxruntimeComputesTheSameAsFmPredict(_ architecture: String) throws {
    let place = try WholePipelineTests.dataSet()
    let script = """
      set -e
      idx2raw train-images train-labels > train.raw
      fm-train --quiet --arch "$3" --epochs 2 --batch-size 20 --output model train.raw
      fm-export model -o model.onnx
      fm-predict --model model --format raw --log-probabilities train.raw > predictions.raw
      "$1" "$2/examples/onnx_model.py" model.onnx train.raw predictions.raw
      """
    let outcome = try place.shell(script, [Self.python, Workplace.package, architecture])
    #expect(outcome.ending == .exited(0), "\(outcome.text)\(outcome.messageText)")
    #expect(outcome.text.hasPrefix("240 images: "), "\(outcome.text)")
  }

  /// The graph averages over views as fm-predict does. The answers of the network alone differ.
  @Test(
    .enabled(if: hasONNXRuntime, "Python has no onnxruntime package"),
    arguments: [["flip"], ["flip,shift=2"], ["shift=1", "--mean", "0.3", "--std", "0.4"]])
  func onnxruntimeAveragesAsFmPredictDoes(_ views: [String]) throws {
    let place = try WholePipelineTests.dataSet()
    let script = """
      set -e
      idx2raw train-images train-labels > train.raw
      fm-train --quiet --arch 'conv:8 relu pool linear:16 relu' --epochs 4 --batch-size 20 --augment flip,shift=2 \\
        --output model --average \(views.joined(separator: " ")) train.raw
      fm-export model -o model.onnx
      fm-export model -o plain.onnx --average none
      fm-predict --model model --format raw --log-probabilities train.raw > predictions.raw
      "$1" "$2/examples/onnx_model.py" model.onnx train.raw predictions.raw
      if "$1" "$2/examples/onnx_model.py" plain.onnx train.raw predictions.raw; then exit 9; fi
      fm-predict --model model --average none --format raw --log-probabilities train.raw > predictions.raw
      "$1" "$2/examples/onnx_model.py" plain.onnx train.raw predictions.raw
      """
    let outcome = try place.shell(script, [Self.python, Workplace.package])
    #expect(outcome.ending == .exited(0), "\(outcome.text)\(outcome.messageText)")
  }

  @Test(.enabled(if: hasONNXRuntime, "Python has no onnxruntime package"))
  func theExampleExplainsItsUsageAndItsErrors() throws {
    let place = try ExitStatusTests.smallFiles()
    let example = "\(Workplace.package)/examples/onnx_model.py"
    let help = try place.run("/usr/bin/env", Self.python, example, "--help")
    #expect(help.ending == .exited(0) && help.text.contains("usage: onnx_model.py"))
    #expect(try place.run("fm-export", "model", "-o", "model.onnx").ending == .exited(0))
    for (arguments, text) in [
      (["model.onnx", "missing", "data.raw"], "missing"),
      (["model", "data.raw", "data.raw"], "onnx_model.py: "),
      (["model.onnx", "data.raw", "data.raw"], "has no column log_probability"),
    ] {
      let outcome = try place.start("/usr/bin/env", [Self.python, example] + arguments).finish()
      #expect(outcome.ending == .exited(1))
      #expect(outcome.messageText.contains(text) && !outcome.messageText.contains("Traceback"))
    }
  }
}
