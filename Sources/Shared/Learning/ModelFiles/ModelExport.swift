// Models as files of other kinds, for other tools.

import ByteIO
import Networks
import Inference

/// The kinds of files that a model can be written as.
public enum ModelFormat: String, CaseIterable, Sendable {
  /// PyTorch's state_dict: the weights alone.
  case pth
  /// The whole network, for onnxruntime and others.
  case onnx
  /// The native format.
  case safetensors

  /// The format that files with a name like `path` have, by its ending: `.pth` and `.pt`, `.onnx`, `.safetensors`.
  public init?(fileName path: FilePath) {
    let name = path.text.split(separator: "/", omittingEmptySubsequences: false).last ?? ""
    guard let dot = name.lastIndex(of: "."), dot != name.startIndex else { return nil }
    let ending = name[name.index(after: dot)...].lowercased()
    self.init(rawValue: ending == "pt" ? "pth" : ending)
  }
}

extension ModelFile {
  /// Writes a model in a format. The same model gives the same bytes. An ONNX graph is of float32, and answers with the mean
  /// over the views of `averaging`; the other formats hold weights, learned ones as `type`, and have no place for it.
  ///
  /// Throws ``ModelFileError`` before anything is written where weights do not fit the architecture, are not finite, or would
  /// not be as `type`.
  public static func export(
    _ model: Model, as format: ModelFormat, type: TensorType = .float32, averaging: Averaging = .none,
    to sink: any ByteSink
  ) throws {
    let container = try SafetensorsModel.container(
      for: model, type: format == .onnx ? .float32 : type, file: sink.name)
    switch format {
    case .pth: try StateDictFile.write(container.tensors, to: sink)
    case .onnx:
      var metadata = container.metadata
      // It says how a safetensors file's tensors are to be taken.
      metadata["format"] = nil
      metadata[Safetensors.checksumKey] = nil
      try ONNXGraph(
        model.architecture, tensors: container.tensors, averaging: averaging, scaling: model.scaling,
        temperature: model.temperature
      )
      .model(metadata: metadata).write(to: sink)
    case .safetensors: try container.write(to: sink)
    }
  }
}
