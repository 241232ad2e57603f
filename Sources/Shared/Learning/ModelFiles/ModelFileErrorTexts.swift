// The messages of this module's errors, one line each, and their kinds.

import ByteIO
import Networks

extension ModelFileError {
  public var kind: FailureKind { .badData }

  public var description: String {
    switch self {
    case .notAModel(let file, let kind): "\(file): \(Self.refusal(kind))"
    case .notACheckpoint(let file, .empty): "\(file): the file is empty"
    case .notACheckpoint(let file, let kind):
      "\(file): this is \(kind), not a checkpoint"
    case .safetensors(let file, let problem): "\(file): \(problem)"
    case .pytorch(let file, let problem): "\(file): \(problem)"
    case .content(let file, let problem): "\(file): \(problem)"
    }
  }

  private static let models =
    "models are safetensors files that fm-train writes, or state_dicts that torch.save wrote"

  private static func refusal(_ kind: FileKind) -> String {
    switch kind {
    case .empty: "the model file is empty; did the fm-train that should have written it fail?"
    case .tensorStream: "this is a tensor stream, not a model; fm-train trains a model on labelled images"
    case .tar:
      "this is a tar archive, as PyTorch before 0.1.10 wrote; load it with PyTorch and save the weights again with"
        + " torch.save(model.state_dict(), path)"
    case .hdf5, .gguf: "this is \(kind), not a model of fm-tools; \(Self.models)"
    case .onnx:
      "this is an ONNX model, which fm-export writes but no command reads; use the model that it was exported from"
    case .gzip, .idx:
      "this is \(kind), not a model; convert images and labels with idx2raw, then train with fm-train"
    case .unknown: "this is not a model file; \(Self.models)"
    case .html, .packed, .utf16: "this is \(kind), not a model; \(kind.remedy ?? Self.models)"
    default: "this is \(kind), not a model; \(Self.models)"
    }
  }
}

extension SafetensorsProblem: CustomStringConvertible {
  /// One line that names the tensor and the position.
  public var description: String {
    switch self {
    case .endsInHeaderLength(let byteCount):
      "the file ends at byte \(byteCount), within the 8 bytes of the header's length"
    case .headerTooLong(let length):
      "the header claims \(length) bytes; safetensors allows at most \(Safetensors.maximumHeaderByteCount)"
    case .endsInHeader(let expected, let found):
      "the file ends at byte \(8 + found), within the header, which goes to byte \(8 + expected);"
        + " it is truncated"
    case .headerIsNoObject: "byte 8: expected the '{' of the safetensors header"
    case .headerIsNotJSON(let offset, let problem):
      "byte \(8 + offset), in the header: \(displayedBeginning(of: problem, limit: 160))"
    case .metadataIsNoObject: "the header's __metadata__ is not an object"
    case .metadataIsNoString(let key):
      "the header's __metadata__ has a value that is not a string: \(quoted(key))"
    case .tensorIsNoObject(let tensor): "\(place(tensor)): expected an object in the header"
    case .unknownKey(let tensor, let key):
      "\(place(tensor)): unknown key \(quoted(key)); expected dtype, shape, data_offsets"
    case .missingKey(let tensor, let key): "\(place(tensor)): the header has no \(key) for it"
    case .typeIsNoString(let tensor): "\(place(tensor)): dtype is not a string"
    case .unknownType(let tensor, let type): "\(place(tensor)): unknown dtype \(quoted(type))"
    case .malformedShape(let tensor): "\(place(tensor)): shape is not an array of whole numbers from 0"
    case .malformedOffsets(let tensor):
      "\(place(tensor)): data_offsets are not two whole numbers from 0"
    case .reversedOffsets(let tensor, let begin, let end):
      "\(place(tensor)): data_offsets begin at \(begin), after their end at \(end)"
    case .sizeOverflow(let tensor, let shape):
      "\(place(tensor)): shape \(text(shape)) is larger than any file"
    case .wrongByteCount(let tensor, let shape, let type, let expected, let found):
      "\(place(tensor)): \(type.rawValue) of shape \(text(shape)) takes \(expected) bytes, but its data_offsets span"
        + " \(found)"
    case .overlap(let tensor, let begin, let expected):
      "\(place(tensor)): begins at offset \(begin), within the tensor before it, which ends at \(expected)"
    case .hole(let tensor, let begin, let expected):
      "\(place(tensor)): begins at offset \(begin), but the data before it ends at \(expected)"
    case .dataTooLong(let byteCount):
      "the tensors claim \(byteCount) bytes; at most \(Safetensors.maximumDataByteCount) are read"
    case .unsupportedType(let tensor, let type):
      "\(place(tensor)): holds \(type.rawValue), expected F32, F16, BF16 or F64"
    case .endsInData(let tensor, let expected, let found):
      "\(place(tensor)): the file ends at byte \(found), but the tensor at byte \(expected); the file is truncated"
    case .bytesBehindData(let offset):
      "byte \(offset): expected the end of the file after the last tensor, but more bytes follow"
    }
  }
}

extension ModelProblem: CustomStringConvertible {
  /// One line that names the key or the tensor.
  public var description: String {
    switch self {
    case .foreign:
      "a safetensors file without the metadata of an fm-tools model (\(ModelMetadata.versionKey));"
        + " models are files that fm-train writes"
    case .unknownVersion(let version):
      "model format version \(quoted(version)); this fm-tools reads version \(ModelMetadata.version):"
        + " a newer fm-tools is needed"
    case .missingMetadata(let key): "the metadata has no \(key)"
    case .malformedMetadata(let key, let expected, let found):
      "the metadata's \(key): expected \(expected), got \(quoted(found))"
    case .badArchitecture(let error): "the metadata's \(ModelMetadata.architectureKey): \(error)"
    case .pixelScaling(let scaling):
      "the model expects pixels scaled by \(quoted(scaling)); this fm-tools scales by \(ModelMetadata.pixelScaling)"
    case .classNameCount(let found, let expected):
      "the metadata's \(ModelMetadata.classesKey): \(counted(found, "name")) for \(expected) classes"
    case .tensorMismatch(let mismatch): mismatch.description
    case .otherLayers(let found, let wanted):
      "the model's layers are '\(found)', not '\(wanted)'"
    case .wantedArchitecture(let error): "the layers that were given: \(error)"
    case .notFinite(let tensor, let index, let value):
      "\(place(tensor)): value \(index) is \(value), expected a finite number; the training diverged or the"
        + " file was changed"
    case .negativeVariance(let tensor, let index, let value):
      "\(place(tensor)): value \(index) is \(value), expected a variance, which is 0 or more; the file was changed"
    case .noCount(let tensor, let value):
      "\(place(tensor)): is \(value), expected a number of steps, which is whole and not negative"
    case .outOfRange(let tensor, let index, let value, let type):
      "\(place(tensor)): value \(index) is \(value), too large for \(type.rawValue); use float32"
        + (type == .f16 ? ", or bfloat16, which has the same range" : "")
    case .tooManyTensors(let count, let limit):
      "the network has \(count) tensors, but a .pth file holds at most \(limit); choose safetensors or onnx"
    case .noCheckpoint: "this is a model, not a checkpoint"
    case .unknownCheckpointVersion(let version):
      "checkpoint version \(version); this fm-tools reads version \(CheckpointMetadata.version): resume with the"
        + " fm-tools that wrote it"
    case .wrongWeightChecksum(let expected, let found):
      "the weights are damaged: their CRC-32 is \(found), expected \(quoted(expected)); get the file again from its source"
        + " (if you changed the weights yourself, remove \(Safetensors.checksumKey) from the metadata)"
    case .orderOfUnknownLayers:
      "the file does not say which layers its tensors belong to"
    case .orderMismatch(let mismatch): mismatch.description
    case .noPreset(let preset, let mismatch):
      "the tensors match no preset, and the file does not say which layers they belong to; the"
        + " nearest preset is \(preset) for images of \(ForeignModel.input.text): \(mismatch.differences)"
    case .wrongChecksum(let expected, let found):
      "the checkpoint is damaged: its CRC-32 is \(found), not \(quoted(expected)) as the file says"
    }
  }
}

extension ModelProblem.OrderMismatch: CustomStringConvertible {
  /// One line that names both tensors.
  public var description: String {
    func named(_ tensor: ParameterDescription?) -> String {
      tensor.map { "\(shortName($0.name)) \(text($0.shape))" } ?? "the end"
    }
    return
      "the tensors do not match in order: tensor \(position) is \(named(found)), expected \(named(expected));"
      + " a residual's shortcut comes after its other layers, and files with tensors sorted by name (safetensors from"
      + " Hugging Face's library) have lost the order"
  }
}

extension ModelProblem.TensorMismatch: CustomStringConvertible {
  /// One line that names the tensors, up to six of each kind of difference.
  public var description: String {
    "the tensors do not fit the architecture '\(architecture)': \(differences)"
  }

  /// The tensors that are missing, have another shape, or are not expected.
  var differences: String {
    var parts: [String] = []
    if !missing.isEmpty { parts.append("missing \(list(missing.map(Self.named)))") }
    if !misshapen.isEmpty {
      parts.append(
        list(
          misshapen.map { "\($0.expected.name) is \(text($0.found)), expected \(text($0.expected.shape))" }))
    }
    if !unexpected.isEmpty { parts.append("unexpected \(list(unexpected.map(Self.named)))") }
    if unexpected.contains(where: { $0.name.hasSuffix("running_mean") }) {
      parts.append("running_mean belongs to batch normalisation, whose layer is called norm")
    }
    return parts.joined(separator: "; ")
  }

  private static func named(_ tensor: ParameterDescription) -> String {
    "\(shortName(tensor.name)) \(text(tensor.shape))"
  }
}

/// Returns the items separated by commas, but only the first six: a file may have a million tensors.
func list(_ items: [String]) -> String { shortList(items, atMost: 6) { $0 } }

func place(_ tensor: String) -> String { "tensor \(quoted(tensor))" }

func quoted(_ name: String) -> String { "'\(shortName(name))'" }

/// Returns at most 80 characters of a name for display.
func shortName(_ name: String) -> String { displayedBeginning(of: name, limit: 80) }

func text(_ shape: [Int]) -> String {
  let shown = shape.prefix(8).map(String.init).joined(separator: ", ")
  return shape.count > 8 ? "[\(shown), …]" : "[\(shown)]"
}
