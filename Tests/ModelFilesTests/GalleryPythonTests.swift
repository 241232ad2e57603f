// PyTorch and onnxruntime run networks of every operation, if Python has them: the scripts of examples/ run a model and
// compare its answers with ours.

import ByteIO
import Foundation
import Inference
import MemoryStreams
import ModelFiles
import Networks
import TensorStream
import Testing

private let hasTorch = runPython("import numpy, safetensors, torch")?.status == 0
private let hasONNX = runPython("import numpy, onnx, onnxruntime")?.status == 0

private let examples = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
  .deletingLastPathComponent().deletingLastPathComponent().appendingPathComponent("examples").path

/// Runs a script of examples/, whose other arguments are a model, a stream of images, and the predictions for them.
private func runExample(_ name: String, _ arguments: String...) throws -> (status: Int32, output: String) {
  // Errors go to the output, so that a failure shows them.
  let script = """
    import runpy, sys
    sys.path.insert(0, sys.argv[1])
    sys.argv[:2] = [sys.argv[1] + "/" + sys.argv[2]]
    sys.argv.pop(1)
    sys.stderr = sys.stdout  # for good: after a script has ended, the interpreter prints why it exited
    runpy.run_path(sys.argv[0], run_name="__main__")
    """
  return try #require(runPythonScript(script, [examples, name] + arguments))
}

/// Writes images and a model's predictions for them to a directory, and returns the model.
private func prepare(
  _ network: GalleryNetwork, scaling: PixelScaling = .none, averaging: Averaging = .none,
  temperature: Float? = nil, areLogarithmic: Bool, in directory: String
) throws -> Model {
  var model = try network.model()
  model.temperature = temperature
  model.scaling = scaling
  if averaging != .none {
    model.training = TrainingRecord(
      seed: 0, settings: [TrainingRecord.averagingKey: averaging.text], trainingRecords: 1,
      validationRecords: 0, epochsRun: 1, bestEpoch: 1, trainingLoss: 0, trainingAccuracy: 1,
      validationLoss: nil, validationAccuracy: nil)
  }
  let images = randomImages(network.input, count: 11)
  try write(imageStream(images, network.input), to: "\(directory)/images")
  let predictions = try answers(of: model, for: images, areLogarithmic: areLogarithmic, averaging: averaging)
  try write(streamBytes(predictions), to: "\(directory)/predictions")
  return model
}

@Test(
  .enabled(if: hasTorch, "Python has no torch and safetensors packages"), arguments: GalleryNetwork.all)
func pyTorchComputesTheSame(network: GalleryNetwork) throws {
  try withTemporaryDirectory { directory in
    let model = try prepare(network, areLogarithmic: false, in: directory)
    try ModelFile.save(model, to: FilePath("\(directory)/model"))
    let result = try runExample(
      "pytorch_model.py", "\(directory)/model", "\(directory)/images", "\(directory)/predictions")
    #expect(
      result.status == 0 && result.output.hasPrefix("11 images: the same class for 11;"), "\(result.output)")
  }
}

@Test(
  .enabled(if: hasONNX, "Python has no onnx and onnxruntime packages"), arguments: GalleryNetwork.all)
func onnxruntimeComputesTheSame(network: GalleryNetwork) throws {
  try withTemporaryDirectory { directory in
    let model = try prepare(network, areLogarithmic: true, in: directory)
    try write(exported(model, .onnx), to: "\(directory)/model")
    let checked = try #require(
      runPython(
        "import onnx, sys; onnx.checker.check_model(sys.argv[1], full_check=True)", "\(directory)/model"))
    #expect(checked.status == 0)
    let result = try runExample(
      "onnx_model.py", "\(directory)/model", "\(directory)/images", "\(directory)/predictions")
    #expect(
      result.status == 0 && result.output.hasPrefix("11 images: the same class for 11;"), "\(result.output)")
  }
}

/// The example averages over the views that a model's file names. A malformed text is refused.
@Test(
  .enabled(if: hasTorch, "Python has no torch and safetensors packages"),
  arguments: ["flip", "shift=1", "flip,shift=2"])
func viewsInPyTorchMatchOurs(_ views: String) throws {
  try withTemporaryDirectory { directory in
    let network = GalleryNetwork.all[1]
    let scaling = try PixelScaling(means: [0.5, 0.25, 0.125], deviations: [0.25, 0.5, 2])
    let averaging = try #require(Averaging(views))
    let model = try prepare(
      network, scaling: scaling, averaging: averaging, areLogarithmic: false, in: directory)
    try ModelFile.save(model, to: FilePath("\(directory)/model"))
    let files = ["\(directory)/model", "\(directory)/images", "\(directory)/predictions"]
    let result = try runExample("pytorch_model.py", files[0], files[1], files[2])
    #expect(
      result.status == 0 && result.output.hasPrefix("11 images: the same class for 11;"), "\(result.output)")
    let alone = try runExample("pytorch_model.py", "--average", "none", files[0], files[1], files[2])
    #expect(alone.status == 1 && alone.output.hasPrefix("11 images: "), "\(alone.output)")
    let wrong = try runExample("pytorch_model.py", "--average", "flip,shift=x", files[0], files[1], files[2])
    #expect(
      wrong.status == 1 && wrong.output.contains("expected none, flip, shift=PIXELS"), "\(wrong.output)")
  }
}

/// Both divide by the temperature, with one view and with several. Without it, the answers differ.
@Test(
  .enabled(if: hasTorch && hasONNX, "Python has no torch and onnxruntime packages"),
  arguments: [Averaging.none, Averaging.flip, Averaging(shift: 1)])
func temperaturesInPyTorchAndONNXMatchOurs(averaging: Averaging) throws {
  try withTemporaryDirectory { directory in
    let network = GalleryNetwork.all[1]
    func run(_ script: String) throws -> (status: Int32, output: String) {
      try runExample(script, "\(directory)/model", "\(directory)/images", "\(directory)/predictions")
    }
    func check(_ script: String) throws {
      let result = try run(script)
      #expect(
        result.status == 0 && result.output.hasPrefix("11 images: the same class for 11;"), "\(result.output)"
      )
    }
    var model = try prepare(
      network, averaging: averaging, temperature: 1.7, areLogarithmic: false, in: directory)
    try ModelFile.save(model, to: FilePath("\(directory)/model"))
    try check("pytorch_model.py")
    model.temperature = nil
    try ModelFile.save(model, to: FilePath("\(directory)/model"))
    #expect(try run("pytorch_model.py").status == 1)
    model = try prepare(
      network, averaging: averaging, temperature: 1.7, areLogarithmic: true, in: directory)
    let sink = MemorySink()
    try ModelFile.export(model, as: .onnx, averaging: averaging, to: sink)
    try write(sink.bytes, to: "\(directory)/model")
    try check("onnx_model.py")
  }
}

/// One number for all channels, and one for each channel.
@Test(.enabled(if: hasTorch && hasONNX, "Python has no torch and onnxruntime packages"), arguments: [0, 1])
func normalisedPixelsInPyTorchAndONNXMatchOurs(index: Int) throws {
  let scaling =
    try index == 0
    ? PixelScaling(means: [0.286], deviations: [0.353])
    : PixelScaling(means: [0.5, 0.25, 0.125], deviations: [0.25, 0.5, 2])
  try withTemporaryDirectory { directory in
    let network = GalleryNetwork.all[index]
    func check(_ script: String) throws {
      let result = try runExample(
        script, "\(directory)/model", "\(directory)/images", "\(directory)/predictions")
      #expect(
        result.status == 0 && result.output.hasPrefix("11 images: the same class for 11;"), "\(result.output)"
      )
    }
    let model = try prepare(network, scaling: scaling, areLogarithmic: false, in: directory)
    try ModelFile.save(model, to: FilePath("\(directory)/model"))
    try check("pytorch_model.py")
    _ = try prepare(network, scaling: scaling, areLogarithmic: true, in: directory)
    try write(exported(model, .onnx), to: "\(directory)/model")
    try check("onnx_model.py")
  }
}

/// A network that PyTorch made and trained for two steps, in a checkpoint like those of training scripts.
@Test(
  .enabled(if: hasTorch, "Python has no torch and safetensors packages"), arguments: GalleryNetwork.all)
func networksThatPyTorchTrainedAreRead(network: GalleryNetwork) throws {
  let script = """
    import numpy, sys, torch
    sys.path.insert(0, sys.argv[1])
    import pytorch_model
    torch.manual_seed(3)
    specification, channels, height, width, directory = sys.argv[2:]
    image = [int(channels), int(height), int(width)]
    network = pytorch_model.Network(specification, image, 5)
    optimizer = torch.optim.SGD(network.parameters(), 0.01)
    for _ in range(2):
        optimizer.zero_grad()
        loss = torch.nn.functional.cross_entropy(network(torch.rand(9, *image)), torch.arange(9) % 5)
        loss.backward()
        optimizer.step()
    torch.save({"epoch": 3, "state_dict": network.state_dict(), "optimizer": optimizer.state_dict()},
               directory + "/model.pth")
    pixels = torch.from_numpy(numpy.fromfile(directory + "/pixels", "uint8"))
    images = pixels.reshape(-1, image[1], image[2], image[0]).permute(0, 3, 1, 2) / 255
    with torch.inference_mode():
        logits = torch.log_softmax(network.eval()(images).double(), 1)
    logits.float().numpy().tofile(directory + "/answers")
    """
  try withTemporaryDirectory { directory in
    let images = randomImages(network.input, count: 6)
    try write(images, to: "\(directory)/pixels")
    let shape = network.input
    let result = try #require(
      runPythonScript(
        script,
        [
          examples, network.specification, "\(shape.channels)", "\(shape.height)", "\(shape.width)",
          directory,
        ]
      ))
    try #require(result.status == 0, "\(result.output)")
    let model = try ModelFile.load(
      path: FilePath("\(directory)/model.pth"), as: Specification(parsing: network.specification),
      input: shape)
    let counters = zip(model.parameters, model.architecture.parameters).filter { $1.role == .counter }
    let layers = network.specification.split(whereSeparator: \.isWhitespace)
    let hasCounters = layers.contains { $0 == "norm" || $0.hasPrefix("norm,") }
    #expect(counters.isEmpty != hasCounters)
    #expect(counters.allSatisfy { $0.0.values == [2] })
    try expectSameAnswers(model, images, as: "\(directory)/answers")
  }
}
