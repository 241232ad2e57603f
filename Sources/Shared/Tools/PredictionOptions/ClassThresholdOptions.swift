// --thresholds and --threshold, which mean the same where predictions are made and where they are judged.

import ArgumentParser
import CommandLine
import Predictions

/// The thresholds that classes have to reach, from a table and one at a time.
public struct ClassThresholdOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      """
      Leave the class empty where it is less likely than its threshold in this table, as 'fm-eval --choose-thresholds' \
      writes it: TSV with the columns class and threshold.
      """, valueName: "file"), completion: .tables)
  public var thresholds: InputPath?

  @Option(
    name: .customLong("threshold"),
    help: ArgumentHelp(
      "The same for one class, in place of the table's. Can be repeated.", valueName: "class=probability"))
  var singleThresholds: [String] = []

  public init() {}

  public func validate() throws { _ = try single }

  /// The first option that is given.
  public var optionName: String? {
    if thresholds != nil { return "--thresholds" }
    return singleThresholds.isEmpty ? nil : "--threshold"
  }

  /// The thresholds of single classes.
  public var single: ClassThresholds {
    get throws {
      do throws(ThresholdError) {
        return try ClassThresholds(options: singleThresholds)
      } catch {
        throw ValidationError("\(error)")
      }
    }
  }
}
