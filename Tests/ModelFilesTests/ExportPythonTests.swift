// Exported files are read by the packages that they are for, if Python has them: torch, onnx and onnxruntime. Every
// Python has a zip reader and an unpickler.

import ModelFiles
import Networks
import TensorStream
import Testing

private let hasPython = runPython("")?.status == 0
private let hasTorch = runPython("import torch")?.status == 0
private let hasONNX = runPython("import onnx, onnxruntime")?.status == 0

/// Runs a script whose argument is the exported model; it prints "done" at its end.
private func check(_ model: Model, as format: ModelFormat, by script: String) throws {
  try withTemporaryDirectory { directory in
    let path = "\(directory)/model"
    try write(exported(model, format), to: path)
    let result = try #require(runPython(script, path))
    #expect(result.status == 0 && result.output == "done\n", "\(result.output)")
  }
}

/// Returns a model of 130 parameters, so that the pickle's memo passes 255, after which its numbers take four bytes.
/// Some parameters are so large that their counts take two bytes and four.
private func deepModel() throws -> Model {
  try model(
    ([300, 301] + (0..<62).map { $0 % 5 + 20 }).map { "linear:\($0)" }.joined(separator: " "),
    input: ImageShape(height: 2, width: 2, channels: 1), classCount: 2)
}

/// Reads a state_dict without torch, and compares every tensor with the values of the fixtures.
private let readWithoutTorch = """
  import collections, io, math, pickle, struct, sys, zipfile

  archive = zipfile.ZipFile(sys.argv[1])
  assert archive.testzip() is None

  class Storage: pass

  def rebuild(storage, offset, shape, strides, requires_grad, hooks):
      assert offset == 0 and requires_grad is False and hooks == collections.OrderedDict()
      assert strides == tuple(math.prod(shape[axis + 1:]) for axis in range(len(shape)))
      assert len(storage) == math.prod(shape)
      for index, value in enumerate(storage): assert value == (index - 7) / 8
      return shape

  class Unpickler(pickle.Unpickler):
      def find_class(self, module, name):
          return {"collections.OrderedDict": collections.OrderedDict, "torch.FloatStorage": Storage,
                  "torch._utils._rebuild_tensor_v2": rebuild}[module + "." + name]
      def persistent_load(self, identifier):
          kind, type, key, place, count = identifier
          assert (kind, type, place) == ("storage", Storage, "cpu")
          data = archive.read("archive/data/" + key)
          assert len(data) == 4 * count
          return struct.unpack("<%df" % count, data)

  state = Unpickler(io.BytesIO(archive.read("archive/data.pkl"))).load()
  assert type(state) is collections.OrderedDict
  assert len(archive.namelist()) == 5 + len(state)
  """

@Test(.enabled(if: hasPython, "Python is not installed"))
func pythonUnpicklesOurStateDict() throws {
  try check(
    tinyModel(), as: .pth,
    by: readWithoutTorch + """

      assert list(state.items()) == [
          ("conv1.weight", (2, 1, 3, 3)), ("conv1.bias", (2,)), ("fc1.weight", (3, 8)), ("fc1.bias", (3,)),
          ("out.weight", (2, 3)), ("out.bias", (2,))]
      print("done")
      """)
  try check(
    deepModel(), as: .pth,
    by: readWithoutTorch + """

      assert len(state) == 130 and state["fc64.weight"] == (21, 20) and state["out.bias"] == (2,)
      print("done")
      """)
}

@Test(.enabled(if: hasTorch, "Python has no torch package"))
func torchLoadsOurStateDict() throws {
  // torch itself writes the same pickle. These networks are deeper than the stored one.
  let script = """
    import collections, io, sys, torch, zipfile
    state = torch.load(sys.argv[1], weights_only=True)
    assert type(state) is collections.OrderedDict
    for tensor in state.values():
        assert tensor.dtype == torch.float32
        assert torch.equal(tensor.flatten(), (torch.arange(tensor.numel()) - 7) / 8)
    copy = io.BytesIO()
    torch.save(collections.OrderedDict((name, tensor.clone()) for name, tensor in state.items()), copy)
    theirs, ours = zipfile.ZipFile(copy), zipfile.ZipFile(sys.argv[1])
    assert theirs.read("archive/data.pkl") == ours.read("archive/data.pkl")
    print("done")
    """
  let thousand = try model(
    (0..<501).map { "linear:\($0 % 3 + 1)" }.joined(separator: " "),
    input: ImageShape(height: 1, width: 1, channels: 1), classCount: 2)
  for model in [try tinyModel(), try oddModel(), try deepModel(), thousand] {
    try check(model, as: .pth, by: script)
  }
}

@Test(
  .enabled(if: hasONNX, "Python has no onnx and onnxruntime packages"),
  arguments: [
    "relu", "dropout:0.5", "pool:3,stride=2", "conv:3,kernel=5,padding=4", "linear:4 relu",
    "conv:2 conv:2 relu relu",
    "conv:4,stride=2,padding=0 relu pool dropout:0.1 conv:3,kernel=1 linear:5 dropout:0.2 relu",
  ])
func exportedModelsPassTheCheckerAndRunInONNXRuntime(specification: String) throws {
  let script = """
    import numpy, onnx, onnxruntime, sys
    onnx.checker.check_model(sys.argv[1], full_check=True)
    session = onnxruntime.InferenceSession(sys.argv[1])
    for batch in (1, 7):
        images = numpy.random.default_rng(1).integers(0, 256, (batch, 3, 8, 7), numpy.uint8)
        logits, = session.run(None, {"images": images})
        assert logits.shape == (batch, 4) and logits.dtype == numpy.float32 and numpy.isfinite(logits).all()
    print("done")
    """
  try check(
    model(specification, input: ImageShape(height: 8, width: 7, channels: 3), classCount: 4), as: .onnx,
    by: script)
}
