// The entry point for model files: the first bytes of a file decide which reader reads it. A model is written to a file
// of ours, or in the format of another tool.
// To add a format, add a file beside SafetensorsModel.swift and PyTorchStateDictionary.swift, and a case below.

import ByteIO
import Inference
import Networks
import TensorStream

/// Reads and writes models.
public enum ModelFile {
  /// Reads a model; `-` is standard input. Throws ``ModelFileError`` or ``FileError``.
  ///
  /// Files of PyTorch, and safetensors files of other programs, contain neither the layers nor the image size. They
  /// come from `specification` and `input`, or else are those of a preset and 28 × 28. For a file from fm-train, the
  /// specification must equal the model's, except that dropout probabilities may differ; those of the specification
  /// then apply.
  ///
  /// - Complexity: O(bytes of the file), in time and memory.
  public static func load(
    path: FilePath, as specification: Specification? = nil, input: ImageShape? = nil
  ) throws -> Model {
    try load(open(InputFile(path: path)), as: specification, input: input)
  }

  /// Checks that the first bytes of a file are a model's, so that ``load(_:as:input:matching:note:)`` can read it
  /// later. Throws ``ModelFileError`` or ``FileError``.
  public static func open(_ file: InputFile) throws -> PeekedSource {
    let source = PeekedSource(file)
    switch try source.kind() {
    case .safetensors, .pytorch, .pickle: return source
    case let other: throw ModelFileError.notAModel(file: source.name, other)
    }
  }

  /// Reads a model from a source that ``open(_:)`` has checked. Tensors of other programs are matched as `matching`
  /// says. Calls `note` with each message to the user about the match: an ignored prefix, or a table of names.
  ///
  /// - Complexity: O(bytes of the file), in time and memory.
  public static func load(
    _ source: PeekedSource, as specification: Specification? = nil, input: ImageShape? = nil,
    matching: TensorMatching = .name, note: (String) -> Void = { _ in }
  ) throws -> Model {
    switch try source.kind() {
    case .safetensors:
      let reader = SafetensorsReader(source)
      let header = try reader.readHeader()
      guard ModelMetadata.isOurs(header.metadata) else {
        let tensors = ForeignTensors(reader, header, file: source.name)
        return try ForeignModel.model(
          of: tensors, as: specification, input: input, matching: matching, note: note)
      }
      var model = try SafetensorsModel.model(in: Safetensors(reader, header), file: source.name)
      if let specification { try model.take(specification, file: source.name) }
      return model
    case .pytorch, .pickle:
      let tensors = ForeignTensors(try PyTorchStateDictionary(reading: source))
      return try ForeignModel.model(
        of: tensors, as: specification, input: input, matching: matching, note: note)
    case let other: throw ModelFileError.notAModel(file: source.name, other)
    }
  }

  /// Whether a file is a model of ours and nothing more, so that nothing is lost if a new model replaces it. Checkpoints,
  /// and files of other programs, may hold more, such as the state of an optimiser.
  ///
  /// - Complexity: O(bytes of the header).
  public static func holdsOnlyAModel(path: FilePath) -> Bool {
    guard path.descriptor(standardStream: 0) == nil, path.isRegularFile(standardStream: 0),
      let file = try? InputFile(path: path),
      let metadata = try? SafetensorsReader(file).readHeader().metadata
    else { return false }
    return ModelMetadata.isOurs(metadata) && metadata[CheckpointMetadata.checkpointKey] == nil
  }

  /// Writes a model to a file that appears complete or not at all; `-` is standard output.
  ///
  /// A model that could not be read again, because its weights do not fit the architecture or are not finite, is
  /// refused before the file is touched.
  ///
  /// - Complexity: O(bytes of the file).
  public static func save(_ model: Model, to path: FilePath) throws {
    let container = try SafetensorsModel.container(for: model, file: path.outputName)
    let output = try OutputFile(path: path)
    try container.write(to: output)
    try output.commit()
  }

  /// Writes a model that could not be saved at `path` to another place, and returns that path; `nil` if nothing worked.
  public static func keep(_ model: Model, insteadOf path: FilePath) -> FilePath? {
    guard let container = try? SafetensorsModel.container(for: model, file: path.outputName) else {
      return nil
    }
    return OutputFile.keepElsewhere(path, defaultName: "model.safetensors") { try container.write(to: $0) }
  }
}

extension Model {
  /// Gives the network the dropout probabilities of a specification. Throws if the layers differ otherwise.
  fileprivate mutating func take(_ specification: Specification, file: String) throws {
    let own = architecture.tree
    // The output layer may be written out.
    let readings = [specification, specification.takingOutput(classCount: architecture.classCount)]
    let reading = readings.compactMap { $0 }.first { $0.withoutDropout == own.withoutDropout }
    guard let reading else {
      throw ModelFileError.content(file: file, .otherLayers(found: own.text, wanted: specification.text))
    }
    architecture = try Architecture(
      reading, input: architecture.input, classCount: architecture.classCount)
  }
}

// MARK: - Other tools' formats

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
  /// would not be finite as `type`. `name` is the model's name in it, by default that of the output.
  ///
  /// - Complexity: O(bytes of the file), in time and memory.
  public static func export(
    _ model: Model, as format: ModelFormat, type: TensorType = .float32, averaging: Averaging = .none,
    name: String? = nil, to sink: any ByteSink
  ) throws {
    let container = try SafetensorsModel.container(
      for: model, type: format == .onnx ? .float32 : type, file: name ?? sink.name)
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
