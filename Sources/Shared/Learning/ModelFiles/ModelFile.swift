// The door to model files: a file's first bytes decide what reads it.
// Another format is another file beside SafetensorsModel.swift and PyTorchModel.swift, and a case below.

import ByteIO
import Networks
import TensorStream

/// Reads and writes models.
public enum ModelFile {
  /// Reads a model; `-` is standard input. Throws ``ModelFileError`` or ``FileError``.
  ///
  /// Neither a file of PyTorch nor a safetensors file of another program says which layers its tensors belong to or what
  /// size its images have: these are `specification` and `input`, else a preset's layers and 28 × 28. For a file of fm-train,
  /// the specification must be the model's own; only dropouts may differ, and then those of the specification apply.
  public static func load(
    path: FilePath, as specification: Specification? = nil, input: ImageShape? = nil
  ) throws -> Model {
    try load(open(InputFile(path: path)), as: specification, input: input)
  }

  /// Looks at the first bytes of a file, which have to be those of a model, for ``load(_:as:input:matching:note:)`` to read
  /// it later. Throws ``ModelFileError`` or ``FileError``.
  public static func open(_ file: InputFile) throws -> LookaheadSource {
    let source = try LookaheadSource(file)
    switch source.kind {
    case .safetensors, .pytorch, .pickle: return source
    case let other: throw ModelFileError.notAModel(file: source.name, other)
    }
  }

  /// Reads a model from a source whose first bytes were looked at. Tensors of other programs find their places as `matching`
  /// says; `note` gets what the user should know of that, a text at a time: a prefix that was left out, a table of names.
  public static func load(
    _ source: LookaheadSource, as specification: Specification? = nil, input: ImageShape? = nil,
    matching: TensorMatching = .name, note: (String) -> Void = { _ in }
  ) throws -> Model {
    switch source.kind {
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

  /// Writes a model as a file that appears whole or not at all; `-` is standard output.
  ///
  /// What could not be read again (weights that do not fit the architecture, or are not finite) is refused before the
  /// file is touched.
  public static func save(_ model: Model, to path: FilePath) throws {
    let container = try SafetensorsModel.container(for: model, file: path.outputName)
    let output = try OutputFile(path: path)
    try container.write(to: output)
    try output.commit()
  }

  /// Writes a model that could not be saved at `path` to another place, and returns where that is; `nil` where no place
  /// takes it.
  public static func keep(_ model: Model, insteadOf path: FilePath) -> FilePath? {
    guard let container = try? SafetensorsModel.container(for: model, file: path.outputName) else {
      return nil
    }
    return OutputFile.keepElsewhere(path, defaultName: "model.safetensors") { try container.write(to: $0) }
  }
}

extension Model {
  /// Gives the model's network the dropouts of a specification, which else is the same.
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
