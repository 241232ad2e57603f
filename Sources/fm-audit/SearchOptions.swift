// The options of fm-audit for what counts as nearly the same, and as few records.
import Auditing
import CommandLine

struct SearchOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Compare the pixels of images whose hashes differ in up to <n> of 64 bits. Higher values find more, and take longer.",
      valueName: "n"))
  var within = 8

  @Option(
    help: ArgumentHelp(
      """
      Treat images as nearly the same if the root mean square difference of their pixels, 0 to 255, is at most <x>.
      """, valueName: "x"))
  var distance = 10.0

  @Flag(help: "Look only for equal images, not for those that are nearly the same.")
  var noNear = false

  @Option(
    name: .customLong("small-class"),
    help: ArgumentHelp("Call a class small if it has fewer than <n> records.", valueName: "n"))
  var smallClass = 20

  func validate() throws {
    if !(0...64).contains(within) { throw ValidationError("--within: expected 0 to 64 bits, got \(within)") }
    guard distance >= 0, distance <= 255 else {
      throw ValidationError("--distance: expected 0 to 255, got \(distance)")
    }
    if smallClass < 0 { throw ValidationError("--small-class: expected 0 or more, got \(smallClass)") }
  }

  var limits: NearLimits { NearLimits(bits: within, distance: distance) }
}

extension SuspectRank: ExpressibleByArgument {}
