// Inspects a file for fm-info. The first bytes decide which kind of summary it gets.

import ByteIO
import JSON
import ModelFiles
import Networks
import Training

/// The contents of a file, ready to be shown.
public enum FileInspection: Sendable {
  case stream(StreamSummary)
  case model(Model, ModelFileFormat, file: String)
  case checkpoint(Checkpoint, file: String)
  /// Tensors that are not a model: a safetensors file of another program, or a state_dict that matches no preset.
  case tensors(TensorListing, file: String)

  /// Reads a file to its end; a stream takes constant memory. A stream that is damaged after its first header still
  /// gives a summary, with a ``problem``. All other errors are thrown.
  public init(reading source: any ByteSource) throws {
    let source = PeekedSource(source)
    switch try source.kind() {
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

  /// Why the file could be read only in part; `nil` if it is intact.
  public var problem: (any Failure)? {
    if case .stream(let summary) = self { summary.problem } else { nil }
  }

  /// Returns the report for people, in lines of at most 80 columns unless names are longer.
  public func text(adding advice: InspectionAdvice = InspectionAdvice()) -> String {
    report.text(adding: advice)
  }

  /// Returns the report for programs. The value of `kind` determines the keys.
  public func json(adding advice: InspectionAdvice = InspectionAdvice()) -> JSONValue {
    report.json(adding: advice)
  }

  private var report: any FileReport {
    switch self {
    case .stream(let summary): summary
    case .model(let model, let format, let file): ModelReport(model: model, format: format, file: file)
    case .checkpoint(let checkpoint, let file): ModelReport(checkpoint, file: file)
    case .tensors(let listing, let file): TensorReport(listing: listing, file: file)
    }
  }
}

/// The report of a file, for people and for programs.
protocol FileReport {
  func text(adding advice: InspectionAdvice) -> String
  func json(adding advice: InspectionAdvice) -> JSONValue
}

/// The format of the file that a model was read from.
public enum ModelFileFormat: String, Sendable {
  case safetensors
  /// A state_dict that PyTorch saved, with the architecture of a preset.
  case pytorch = "PyTorch state_dict"
}

/// A file that is neither a stream nor a model. The message says what it is and what to do with it.
public struct InspectionError: Failure, Equatable {
  public let file: String
  /// The kind of file that the first bytes belong to.
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
      case .gzip, .idx(rank: 3): "to inspect IDX images, type 'idx2raw \(file) | fm-info'"
      case .idx: "to inspect labels, type 'idx2raw IMAGES \(file) | fm-info'"
      case .png, .jpeg, .damagedPNG, .picture, .packed, .html, .utf16:
        fileKind.remedy ?? "expected a tensor stream or a model"
      case .tar:
        "if PyTorch before 0.1.10 wrote it, save its weights again with torch.save(model.state_dict(), path)"
      case .text, .json: "if these are predictions, type 'fm-eval \(file)'"
      default: "expected a tensor stream, or a model that fm-train or PyTorch wrote"
      }
    return "\(file): this is \(fileKind); \(advice)"
  }
}
