// The lines of an input, one at a time, in constant memory.
import ByteIO

/// Reads lines. Each must be ended by a newline, so that an input that was cut short does not pass for a whole one.
final class LineReader {
  /// Enough for the probabilities of 1,024 classes with long names.
  static let byteLimit = 1 << 20

  let name: String
  /// The number of the current line, counted from 1.
  private(set) var number = 0

  private let source: any ByteSource
  private let piece = UnsafeMutableRawBufferPointer.allocate(byteCount: 64 << 10, alignment: 16)
  private var buffer: [UInt8] = []
  /// The current line in the buffer, without its line feed.
  private var line = 0..<0
  /// Where the next line begins.
  private var next = 0

  init(_ source: any ByteSource) {
    self.source = source
    name = source.name
  }

  deinit { piece.deallocate() }

  func place(column: String? = nil) -> RowPlace {
    RowPlace(name: name, row: .line(number), column: column)
  }

  /// Goes on to the next line, and returns `false` at the end of the input. A byte-order mark at its beginning is passed over:
  /// files that begin with one were put together.
  /// A line by which a command said that it failed is an error, wherever it is.
  func advance() throws -> Bool {
    line = next..<next
    guard try takeLine() else { return false }
    if buffer[line].starts(with: [0xEF, 0xBB, 0xBF]) { line = line.lowerBound + 3..<line.upperBound }
    try checkFailure(from: line.lowerBound)
    // A command that was stopped begins its last line after a newline, and may have left an empty line so.
    if line.isEmpty { try checkNextLine() }
    return true
  }

  /// Takes the next line to the current one, the line feed between them included.
  func extend() throws -> Bool {
    let count = line.count
    guard try takeLine() else { return false }
    try checkFailure(from: line.lowerBound + count + 1)
    return true
  }

  /// Throws if the line after the current one says that a command failed: a better reason why the current one is no whole
  /// row.
  func checkNextLine() throws {
    let (count, step) = (line.count, next - line.lowerBound)
    if try takeLine() {
      try checkFailure(from: line.lowerBound + step)
      number -= 1
    }
    // Back again, wherever the buffer has moved the line's beginning.
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
      // What is before the current line is done with.
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
