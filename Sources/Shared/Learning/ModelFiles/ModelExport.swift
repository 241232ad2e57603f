// Exports models to the file formats of other tools.

import ByteIO
import Networks
import Inference

/// The file formats that a model can be written in.
public enum ModelFormat: String, CaseIterable, Sendable {
  /// PyTorch's state_dict: only the weights and running statistics.
  case pth
  /// The whole network, for onnxruntime and others.
  case onnx
  /// The native format.
  case safetensors

  /// Creates the format that the ending of `path` stands for: `.pth` or `.pt`, `.onnx`, `.safetensors`; `nil` for
  /// others.
  public init?(fileName path: FilePath) {
    let name = path.text.split(separator: "/", omittingEmptySubsequences: false).last ?? ""
    guard let dot = name.lastIndex(of: "."), dot != name.startIndex else { return nil }
    let ending = name[name.index(after: dot)...].lowercased()
    self.init(rawValue: ending == "pt" ? "pth" : ending)
  }
}

extension ModelFile {
  /// Writes a model in a format. The same model gives the same bytes. An ONNX graph has float32 weights, and answers
  /// with the mean over the views of `averaging`. The other formats have learned weights of `type`, and ignore
  /// `averaging`.
  ///
  /// Throws ``ModelFileError``, before anything is written, if weights do not fit the architecture, are not finite, or
  /// would not be finite as `type`.
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
      // This key describes the tensors of a safetensors file.
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
