// Options for what a network sees of an image: its size, the scaling of its pixels, and its views.

import ArgumentParser
import CommandLine
import Inference
import Networks
import TensorStream

/// Numbers separated by commas: one, or one for each channel.
public struct ChannelNumbers: SpelledArgument, Equatable, Sendable {
  public let numbers: [Float]

  public static let spelling = "a number, or one for each channel, separated by commas"

  public init?(argument: String) {
    let parts = argument.split(separator: ",", omittingEmptySubsequences: false).map(Float.init)
    guard (1...3).contains(parts.count), parts.allSatisfy({ $0?.isFinite ?? false }) else { return nil }
    numbers = parts.compactMap { $0 }
  }
}

/// The options `--mean` and `--std`.
public struct ScalingOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      """
      Subtract this from pixels, which are from 0 to 1, before the network sees them: a number, such as 0.2860, or one \
      for each channel, separated by commas. (default: 0)
      """, valueName: "mean"), transform: ChannelNumbers.spelled)
  public var mean: ChannelNumbers?

  @Option(
    help: ArgumentHelp(
      "Divide pixels by this, after --mean, such as 0.3530. (default: 1)", valueName: "deviation"),
    transform: ChannelNumbers.spelled)
  public var std: ChannelNumbers?

  public init() {}

  public func validate() throws {
    if let std, !std.numbers.allSatisfy({ $0 > 0 }) {
      throw ValidationError("--std: expected numbers above 0")
    }
  }

  /// Returns a note if neither option is given and the model does not record the scaling of its pixels; else `nil`.
  /// `name` is the name of the model's file.
  public func note(on model: Model, name: String) -> String? {
    guard mean == nil, std == nil, model.history.isEmpty else { return nil }
    return
      "\(name) does not say how its pixels were scaled; they are taken as 0 to 1, and --mean and --std normalise them"
  }

  /// The scaling that the options give; `nil` if neither is given. Throws a ``UsageError`` if the images have another
  /// number of channels.
  public func scaling(channels: Int) throws -> PixelScaling? {
    guard mean != nil || std != nil else { return nil }
    do {
      let scaling = try PixelScaling(means: mean?.numbers ?? [0], deviations: std?.numbers ?? [1])
      try scaling.check(channels: channels)
      return scaling
    } catch {
      throw UsageError(messageLine(about: error))
    }
  }

  /// Returns the scaling for a model: that of the options, else that of the file. Throws a ``UsageError`` if fm-train
  /// wrote the file and the options contradict it. `name` is the name of the model's file.
  public func scaling(of model: Model, name: String) throws -> PixelScaling {
    guard let asked = try scaling(channels: model.architecture.input.channels) else { return model.scaling }
    // Files of other programs have no history.
    guard model.history.isEmpty || asked == model.scaling else {
      throw UsageError(
        "--mean, --std: \(name) says that it was trained with \(model.scaling.text); leave both options out")
    }
    return asked
  }
}

extension ImageShape: SpelledArgument {
  public static let spelling = "<height>x<width>, such as 28x28, or <height>x<width>x3, up to 4096x4096"

  /// Parses `28x28`, or `32x32x3` for colour images: up to 4096 × 4096, with 1 or 3 channels.
  public init?(argument: String) {
    guard let lengths = parsedLengths(argument), (2...3).contains(lengths.count) else { return nil }
    let channels = lengths.count == 3 ? lengths[2] : 1
    let sides = 1...StreamLimits.imageSide
    guard lengths[..<2].allSatisfy(sides.contains), [1, 3].contains(channels) else { return nil }
    self.init(height: lengths[0], width: lengths[1], channels: channels)
  }
}

/// The argument of `--average`: the views over which a prediction is the mean.
extension Averaging: SpelledArgument {
  public static var spelling: String {
    "none, flip, shift=PIXELS with 1 to \(maximumShift) pixels, or flip,shift=PIXELS"
  }

  public init?(argument: String) { self.init(argument) }
}

extension CompletionKind {
  /// Values of `--average`.
  public static var views: CompletionKind { .list(["none", "flip", "shift=1", "flip,shift=1"]) }
}
