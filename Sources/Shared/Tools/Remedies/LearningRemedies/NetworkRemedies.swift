// What to type if a network cannot be built, does not fit into memory, or diverges in training.
import CommandLine
import Execution
import Networks
import Training

extension ArchitectureError: Remediable {
  public var remedy: String? {
    if case .presetAmongLayers = self { "fm-train --dropout sets the dropout of a preset" } else { nil }
  }
}

extension NetworkSizeError: Remediable {
  public var remedy: String? {
    switch self {
    case .tooLarge: "use a smaller --batch-size or a smaller architecture"
    case .noRoom: "use a smaller --batch-size or a smaller architecture, or raise the limit"
    case .noRoomTogether: "use a smaller --batch-size or fewer models"
    }
  }
}

extension TrainingError: Remediable {
  public var remedy: String? {
    if case .diverged = self { "try a lower --learning-rate, or --clip-gradient 1" } else { nil }
  }
}
