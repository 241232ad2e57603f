// Options for the scaling of pixels before a network sees them.

import ArgumentParser
import CommandLine
import Networks

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
      throw UsageError("\(error)")
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
