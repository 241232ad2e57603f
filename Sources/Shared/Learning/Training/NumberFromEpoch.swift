// A number in force from an epoch on, as options write it.

/// `512@10`: 512 from epoch 10 on.
public struct NumberFromEpoch: Equatable, Sendable {
  public let number: Int
  /// The first epoch with this number, from 1.
  public let epoch: Int

  public init(_ number: Int, epoch: Int) {
    self.number = number
    self.epoch = epoch
  }

  /// Parses the text form of numbers from 1 on. Returns `nil` for any other text.
  init?(_ text: some StringProtocol) {
    let parts = text.split(separator: "@", omittingEmptySubsequences: false)
    guard parts.count == 2, let number = Self.count(parts[0]), let epoch = Self.count(parts[1]) else {
      return nil
    }
    self.init(number, epoch: epoch)
  }

  /// Parses several, whose epochs must rise. Returns `nil` if a text is malformed or the epochs do not rise.
  static func list(_ texts: some Collection<Substring>) -> [NumberFromEpoch]? {
    let numbers = texts.compactMap { NumberFromEpoch($0) }
    guard numbers.count == texts.count, zip(numbers, numbers.dropFirst()).allSatisfy({ $0.epoch < $1.epoch })
    else {
      return nil
    }
    return numbers
  }

  /// Parses a whole number from 1 to a million, written in digits.
  static func count(_ text: some StringProtocol) -> Int? {
    guard text.utf8.allSatisfy({ 0x30...0x39 ~= $0 }), let number = Int(text) else { return nil }
    return (1...1_000_000).contains(number) ? number : nil
  }

  public var text: String { "\(number)@\(epoch)" }
}
