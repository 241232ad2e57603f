// The format that fm-export writes: the options that choose it, and what a state_dict leaves out.

import ByteIO
import CommandLine
import Inference
import ModelFiles
import Networks

/// `--to` and `--output`.
struct ExportOutputOptions: ParsableArguments {
  @Option(help: ArgumentHelp("Write this format. (default: by the ending of --output)", valueName: "format"))
  var to: ModelFormat?

  @OptionGroup var outputOption: OutputOption

  /// The file to write; `-` is standard output.
  var path: FilePath { outputOption.path }

  /// The format to write: that of `--to`, or else the one that the output's name ends in.
  var format: ModelFormat {
    get throws {
      if let format = to ?? ModelFormat(fileName: path) { return format }
      let formats = ModelFormat.allCases.map(\.rawValue).joined(separator: ", ")
      throw ValidationError(
        "expected a format: --to one of \(formats), or an --output that ends in one of them")
    }
  }
}

extension ModelFormat: ExpressibleByArgument {}

extension Model {
  /// What fm-predict does with this model and a state_dict does not record, one line each. `name` is the name of the
  /// model's file.
  func settingsOutsideStateDict(name: String) -> [String] {
    var lines: [String] = []
    if !scaling.isNone {
      lines.append(
        "\(name): pixels in 0 to 1 are normalised by \(scaling.text) before this network; a state_dict does not"
          + " record this")
    }
    if let temperature {
      lines.append(
        "\(name): fm-predict divides this model's logits by the temperature \(temperature); a state_dict does not record this"
      )
    }
    if let recorded = training?.settings[TrainingRecord.averagingKey], recorded != Averaging.none.text {
      lines.append(
        "\(name): fm-predict averages this model's logits by --average \(displayed(recorded)); a state_dict is only"
          + " the network, which answers for an image as it is")
    }
    return lines
  }
}
