// Reads an input line by line in constant memory.
import ByteIO

/// Reads lines. Each must end with a newline, so that a truncated input is not taken for a complete one.
final class LineReader {
  /// The maximum length of a line in bytes: enough for the probabilities of 1,024 classes with long names.
  static let byteLimit = 1 << 20

  let name: String
  /// The number of the current line, counted from 1.
  private(set) var number = 0

  private let source: any ByteSource
  private let piece = UnsafeMutableRawBufferPointer.allocate(byteCount: 64 << 10, alignment: 16)
  private var buffer: [UInt8] = []
  /// The current line in the buffer, without its line feed.
  private var line = 0..<0
  /// The index in `buffer` where the next line begins.
  private var next = 0

  init(_ source: any ByteSource) {
    self.source = source
    name = source.name
  }

  deinit { piece.deallocate() }

  func place(column: String? = nil) -> RowPlace {
    RowPlace(name: name, row: .line(number), column: column)
  }

  /// Moves to the next line. Returns `false` at the end of the input.
  ///
  /// A byte-order mark at the beginning of any line is skipped: files that begin with one may have been concatenated.
  /// Throws if the line reports that the command that wrote the input failed.
  ///
  /// - Complexity: O(n) amortised for n bytes of the line. Memory is at most ``byteLimit`` and a read.
  func advance() throws -> Bool {
    line = next..<next
    guard try takeLine() else { return false }
    if buffer[line].starts(with: [0xEF, 0xBB, 0xBF]) { line = line.lowerBound + 3..<line.upperBound }
    try checkFailure(from: line.lowerBound)
    // A command that was stopped writes a newline before its last line, which may leave an empty line.
    if line.isEmpty { try checkNextLine() }
    return true
  }

  /// Appends the next line to the current one, including the line feed between them.
  func extend() throws -> Bool {
    let count = line.count
    guard try takeLine() else { return false }
    try checkFailure(from: line.lowerBound + count + 1)
    return true
  }

  /// Throws if the next line reports that a command failed. That is a better explanation for an incomplete row in the
  /// current line.
  func checkNextLine() throws {
    let (count, step) = (line.count, next - line.lowerBound)
    if try takeLine() {
      try checkFailure(from: line.lowerBound + step)
      number -= 1
    }
    // Restores the current line. The buffer may have moved its beginning.
    line = line.lowerBound..<line.lowerBound + count
    next = line.lowerBound + step
  }

  private func checkFailure(from start: Int) throws {
    guard let message = FailureLine.message(of: buffer[start..<line.upperBound]) else { return }
    throw PredictionError.row(place(), .writerFailed(message))
  }

  func withLine<Result>(_ body: (UnsafeBufferPointer<UInt8>) throws -> Result) rethrows -> Result {
    try buffer.withUnsafeBufferPointer { try body(UnsafeBufferPointer(rebasing: $0[line])) }
  }

  /// Moves the current line's end to the next line feed.
  private func takeLine() throws -> Bool {
    var searched = next
    while true {
      if let lineFeed = buffer[searched...].firstIndex(of: UInt8(ascii: "\n")) {
        line = line.lowerBound..<lineFeed
        next = lineFeed + 1
        number += 1
        return true
      }
      // The bytes before the current line are no longer needed.
      buffer.removeFirst(line.lowerBound)
      next -= line.lowerBound
      line = 0..<0
      searched = buffer.count
      if buffer.count > Self.byteLimit { throw problem(.lineTooLong(limit: Self.byteLimit)) }
      let count = try source.read(into: piece)
      if count == 0 {
        if next < buffer.count { throw problem(.lineNotEnded) }
        return false
      }
      buffer.append(contentsOf: piece[..<count])
    }
  }

  private func problem(_ problem: RowProblem) -> PredictionError {
    .row(RowPlace(name: name, row: .line(number + 1)), problem)
  }
}
