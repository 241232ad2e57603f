// What fm-info says about a file: the first bytes decide which of the summaries it is.

import ByteIO
import JSON
import ModelFiles
import Networks
import Training

/// What a file holds, ready to be shown.
public enum FileInspection: Sendable {
  case stream(StreamSummary)
  case model(Model, ModelFormat, file: String)
  case checkpoint(Checkpoint, file: String)
  /// A safetensors file that is no model of fm-tools, or one of PyTorch of which no preset is known.
  case tensors(TensorListing, file: String)

  /// Reads a file to its end; a stream in constant memory. A stream that is damaged behind its first header gives a
  /// summary all the same (``problem``); whatever else is wrong is thrown.
  public init(reading source: any ByteSource) throws {
    let source = try LookaheadSource(source)
    switch source.kind {
    case .tensorStream: self = .stream(try StreamSummary(reading: source))
    case .safetensors:
      switch try SafetensorsContent(reading: source) {
      case .model(let model): self = .model(model, .safetensors, file: source.name)
      case .checkpoint(let checkpoint): self = .checkpoint(checkpoint, file: source.name)
      case .tensors(let header): self = .tensors(TensorListing(header), file: source.name)
      }
    case .pytorch, .pickle:
      switch try PyTorchContent(reading: source) {
      case .model(let model): self = .model(model, .pytorch, file: source.name)
      case .tensors(let state, let problem):
        self = .tensors(TensorListing(state, problem), file: source.name)
      }
    case let kind: throw InspectionError(file: source.name, kind: kind)
    }
  }

  /// What is wrong with the file, though something could be read.
  public var problem: (any Failure)? {
    if case .stream(let summary) = self { summary.problem } else { nil }
  }

  /// For people: lines of at most 80 columns, as long as names allow.
  public var text: String {
    switch self {
    case .stream(let summary): summary.text
    case .model(let model, let format, let file):
      ModelReport(model: model, format: format, file: file).text
    case .checkpoint(let checkpoint, let file): ModelReport(checkpoint, file: file).text
    case .tensors(let listing, let file): TensorReport(listing: listing, file: file).text
    }
  }

  /// For programs; `kind` tells which keys there are.
  public var json: JSONValue {
    switch self {
    case .stream(let summary): summary.json
    case .model(let model, let format, let file):
      ModelReport(model: model, format: format, file: file).json
    case .checkpoint(let checkpoint, let file): ModelReport(checkpoint, file: file).json
    case .tensors(let listing, let file): TensorReport(listing: listing, file: file).json
    }
  }
}

/// What a model was read from.
public enum ModelFormat: String, Sendable {
  case safetensors
  /// A state_dict that PyTorch saved; its architecture is a preset's.
  case pytorch = "PyTorch state_dict"
}

/// A file that is neither a stream nor a model: what it is, and what to do with it.
public struct InspectionError: Failure, Equatable {
  public let file: String
  /// What the first bytes say.
  public let fileKind: FileKind

  init(file: String, kind: FileKind) {
    self.file = file
    fileKind = kind
  }

  public var kind: FailureKind { .badData }

  public var description: String {
    let advice =
      switch fileKind {
      case .empty: "expected a tensor stream or a model; did the command that should have written it fail?"
      case .gzip, .idx(rank: 3): "IDX images become a stream by 'idx2raw \(file) | fm-info'"
      case .idx: "labels become part of a stream by 'idx2raw IMAGES \(file) | fm-info'"
      case .png, .jpeg, .damagedPNG, .picture, .packed, .html, .utf16:
        fileKind.remedy ?? "expected a tensor stream or a model"
      case .tar:
        "if PyTorch before 0.1.10 wrote it, save its weights again by torch.save(model.state_dict(), path)"
      case .text, .json: "predictions are read by 'fm-eval \(file)'"
      default: "expected a tensor stream, or a model that fm-train or PyTorch wrote"
      }
    return "\(file): this is \(fileKind); \(advice)"
  }
}
