// What pixels become before a network sees them, as options.

import ArgumentParser
import CommandLine
import Networks

/// Numbers with commas between them: one, or one for each channel.
public struct ChannelNumbers: SpelledArgument, Equatable, Sendable {
  public let numbers: [Float]

  public static let spelling = "a number, or one for each channel with commas between them"

  public init?(argument: String) {
    let parts = argument.split(separator: ",", omittingEmptySubsequences: false).map(Float.init)
    guard (1...3).contains(parts.count), parts.allSatisfy({ $0?.isFinite ?? false }) else { return nil }
    numbers = parts.compactMap { $0 }
  }
}

/// `--mean` and `--std`.
public struct ScalingOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      """
      Subtract this from pixels in 0 to 1 before the network sees them: a number, or one for each channel with commas \
      between them, such as 0.2860. (default: 0)
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

  /// What a user should know who gives neither for a model that says nothing of pixels; `nil` for others. `name` is the
  /// file's.
  public func note(on model: Model, name: String) -> String? {
    guard mean == nil, std == nil, model.history.isEmpty else { return nil }
    return
      "\(name) does not say what pixels it was trained on: they are taken as 0 to 1; --mean and --std normalise them"
  }

  /// What the options say; `nil` if neither is given. Throws a ``UsageError`` where images have another number of channels.
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

  /// The scaling of a model that was read: what the options say, which must be what the file says, if fm-train wrote it;
  /// `name` is the file's. Throws a ``UsageError``.
  public func scaling(of model: Model, name: String) throws -> PixelScaling {
    guard let asked = try scaling(channels: model.architecture.input.channels) else { return model.scaling }
    // What other programs wrote has no history.
    guard model.history.isEmpty || asked == model.scaling else {
      throw UsageError(
        "--mean, --std: \(name) was trained with \(model.scaling.text), which its file says; leave them out")
    }
    return asked
  }
}
