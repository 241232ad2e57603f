// The options of idx2raw for how values become images, and which images are written.
import CommandLine
import ImageFiles

/// `--scale`, `--offset`, `--transpose`, `--channels`, `--skip` and `--limit`.
struct ImageOptions: ParsableArguments {
  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      """
      Multiply each value of the images by <x>, add --offset, and round to the nearest pixel from 0 to 255: 255 for values \
      from 0 to 1. Results outside that range are refused. (default: integers are pixels; floating point needs --scale)
      """, valueName: "x"))
  var scale: Double?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "With --scale, add <x>: --scale 127.5 --offset 127.5 for values from -1 to 1. (default: 0)",
      valueName: "x"))
  var offset: Double?

  @Flag(help: "Exchange the rows and columns of each image; EMNIST's files need it.")
  var transpose = false

  @Option(
    help: ArgumentHelp(
      "Expect the channels of colour images first, as planes, or last, in pixels. (default: as the sizes show)",
      valueName: "place"))
  var channels: IDXImageOptions.ChannelPlace?

  @Option(help: ArgumentHelp("Skip the first <n> images.", valueName: "n"))
  var skip = 0

  @Option(help: ArgumentHelp("Write at most <n> images. (default: all)", valueName: "n"))
  var limit: Int?

  func validate() throws {
    for (option, value) in [("--scale", scale), ("--offset", offset)] {
      if let value, !value.isFinite { throw ValidationError("\(option): expected a number, got \(value)") }
    }
    if scale == 0 { throw ValidationError("--scale: expected a number other than 0") }
    if offset != nil, scale == nil {
      throw ValidationError("--offset belongs to --scale; to shift integers, add --scale 1")
    }
    if skip < 0 { throw ValidationError("--skip: expected 0 or more, got \(skip)") }
    if let limit, limit < 1 { throw ValidationError("--limit: expected 1 or more, got \(limit)") }
  }

  /// How the files are read.
  var options: IDXImageOptions {
    IDXImageOptions(scale: scale, offset: offset ?? 0, isTransposed: transpose, channelPlace: channels)
  }

  /// The images to write, as far as the file has them.
  var rows: Range<Int> {
    let end = limit.map { skip.addingReportingOverflow($0) }
    return skip..<(end?.overflow == false ? end!.partialValue : Int.max)
  }
}

extension IDXImageOptions.ChannelPlace: ExpressibleByArgument {}
