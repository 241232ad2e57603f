// What to type if a file is not the model or the checkpoint that was expected.
import CommandLine
import ModelFiles

extension ModelFileError: Remediable {
  public var remedy: String? {
    switch self {
    case .notACheckpoint: ModelProblem.checkpoints
    case .content(_, let problem): problem.remedy
    case .notAModel, .safetensors, .pytorch: nil
    }
  }
}

extension ModelProblem: Remediable {
  public var remedy: String? {
    switch self {
    case .badArchitecture(let error): error.remedy
    case .wantedArchitecture(let error): error.remedy ?? "correct --arch"
    case .otherLayers: "leave out --arch to use the model's"
    case .noCheckpoint: "\(Self.checkpoints); to start from a model, use --from"
    case .orderOfUnknownLayers: "give the layers with --arch, in the order of the tensors"
    case .noPreset: "give the layers with --arch"
    default: nil
    }
  }

  fileprivate static let checkpoints = "checkpoints are files that fm-train --checkpoint writes"
}
