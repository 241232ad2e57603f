// The options --thresholds and --threshold, which mean the same to commands that predict and to those that evaluate.

import ArgumentParser
import CommandLine
import Predictions

/// The thresholds that the probabilities of classes must reach: from a table, and for single classes.
public struct ClassThresholdOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      """
      Leave the class empty if it is less likely than its threshold in this table: TSV with the columns class and \
      threshold, as 'fm-eval --choose-thresholds' writes it.
      """, valueName: "file"), completion: .tables)
  public var thresholds: InputPath?

  @Option(
    name: .customLong("threshold"),
    help: ArgumentHelp(
      "Set one class's threshold, in place of the table's. Can be repeated.", valueName: "class=probability"))
  var singleThresholds: [String] = []

  public init() {}

  public func validate() throws { _ = try single }

  /// The first of the options that is given; `nil` if none is.
  public var optionName: String? {
    if thresholds != nil { return "--thresholds" }
    return singleThresholds.isEmpty ? nil : "--threshold"
  }

  /// The thresholds of single classes.
  public var single: ClassThresholds {
    get throws {
      do throws(ThresholdError) {
        return try ClassThresholds(parsing: singleThresholds, name: "--threshold")
      } catch {
        throw ValidationError(messageLine(about: error))
      }
    }
  }
}
