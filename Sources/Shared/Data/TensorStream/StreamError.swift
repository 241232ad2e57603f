// The errors of tensor streams and their messages. HeaderProblem.swift has those of headers.
import ByteIO
import JSON

/// The reason why a tensor stream cannot be read or written.
public enum StreamError: Failure {
  // Errors of the stream as a whole.
  case empty(name: String)
  case notAStream(name: String, start: [UInt8])
  case noRecords(name: String)
  case endMissing(StreamPlace)
  case truncatedHeader(StreamPlace)
  case truncatedRecords(StreamPlace, missing: Int)
  case truncatedEnd(StreamPlace, expected: Int, found: Int)
  case bytesBetweenArrays(StreamPlace, start: [UInt8])
  // Errors of its parts.
  case header(StreamPlace, HeaderProblem)
  case formatChanges(StreamPlace, expected: RecordFormat, found: RecordFormat)
  case record(StreamPlace, RecordProblem)
  case end(StreamPlace, EndProblem)
  // Errors of a writer, whose caller asks for something that the format cannot hold.
  case unwritableFormat(name: String, RecordFormat)
  case unwritableRecord(name: String, record: Int, RecordProblem)
  case unwritableEnd(name: String, EndProblem)

  public var kind: FailureKind { .badData }

  public var description: String {
    switch self {
    case .empty(let name):
      "\(name): expected a tensor stream, found no bytes at all; did the command that writes it fail?"
    case .notAStream(let name, let start):
      "\(name): byte 0: expected a tensor stream, found \(FileKind.found(start))"
    case .noRecords(let name):
      "\(name): expected at least one record, found a stream that ends properly without any"
    case .endMissing(let place):
      "\(place): expected another chunk or the stream's end, found the end of the input; "
        + "the command that wrote it failed or was stopped"
    case .truncatedHeader(let place):
      "\(place): the input ends inside a header; the command that wrote it failed or was stopped"
    case .truncatedRecords(let place, let missing):
      "\(place): the input ends, but the header promises \(missing) more bytes; "
        + "the command that wrote it failed or was stopped"
    case .truncatedEnd(let place, let expected, let found):
      "\(place): expected \(expected) bytes of JSON, found \(found) and the end of the input; "
        + "the command that wrote it failed or was stopped"
    case .bytesBetweenArrays(let place, let start):
      "\(place): expected another array (\"\\x93NUMPY\"), found bytes \(hexadecimal(start))"
    case .header(let place, let problem): "\(place): \(problem)"
    case .formatChanges(let place, let expected, let found):
      "\(place): expected \(expected) as before, found \(found); only streams of one format can be joined"
    case .record(let place, let problem): "\(place): \(problem)"
    case .end(let place, let problem): "\(place): \(problem)"
    case .unwritableFormat(let name, let format):
      "\(name): cannot write \(format): a stream takes images of 1 to \(StreamLimits.imageSide) rows and columns "
        + "with 1 or 3 channels, or predictions of 1 to \(StreamLimits.classCount) classes"
    case .unwritableRecord(let name, let record, let problem):
      "\(name): cannot write record \(record): \(problem)"
    case .unwritableEnd(let name, let problem): "\(name): cannot write the stream's end: \(problem)"
    }
  }
}

/// A place in an input: `stdin: chunk 3, byte 401216`.
public struct StreamPlace: Equatable, Sendable, CustomStringConvertible {
  public enum Part: Equatable, Sendable {
    /// A chunk, counted from 1 over the whole input.
    case chunk(Int)
    case end
  }
  /// The input's name in messages.
  public var name: String
  public var part: Part
  /// The offset in bytes, counted from 0 over the whole input.
  public var offset: Int

  public var description: String {
    switch part {
    case .chunk(let number): "\(name): chunk \(number), byte \(offset)"
    case .end: "\(name): end, byte \(offset)"
    }
  }
}

/// The reason why the values of a record are refused.
public enum RecordProblem: Error, Equatable, Sendable, CustomStringConvertible {
  case labelTooLarge(label: UInt8, classCount: Int)
  case predictedTooLarge(label: UInt8, classCount: Int)
  case probabilityOutOfRange(Float)
  case logarithmOutOfRange(Float)
  case nameHasNUL
  case nameTooLong(byteCount: Int)

  public var description: String {
    switch self {
    case .labelTooLarge(let label, let count): "expected label below \(count), got \(label)"
    case .predictedTooLarge(let label, let count): "expected predicted class below \(count), got \(label)"
    case .probabilityOutOfRange(let value): "expected probability from 0 to 1, got \(value)"
    case .logarithmOutOfRange(let value):
      "expected the logarithm of a probability, finite and at most 0, got \(value)"
    case .nameHasNUL: "expected a name without NUL, found a NUL inside"
    case .nameTooLong(let count):
      "expected a name of at most \(StreamLimits.nameByteCount) bytes, got \(count)"
    }
  }
}

/// The reason why the JSON of an end is refused.
public enum EndProblem: Error, Equatable, Sendable, CustomStringConvertible {
  case notJSON(JSONError)
  case keyMissing(String)
  case valueUnexpected(key: String, expected: String)
  case recordCountDiffers(claimed: Int, found: Int)
  case checksumDiffers(claimed: UInt32, found: UInt32)
  case classCount(Int)
  case classEmpty(index: Int)
  case classTwice(String)
  case classCountDiffers(predictions: Int, names: Int)
  case classesChange(ClassDifference)
  case recipeChanges(earlier: RecordedRecipe?, later: RecordedRecipe?)
  case tooLong(byteCount: Int)

  public var description: String {
    switch self {
    case .notJSON(let error): "expected JSON: \(error)"
    case .keyMissing(let key): "the key \"\(key)\" is missing"
    case .valueUnexpected(let key, let expected): "\"\(key)\": expected \(expected)"
    case .recordCountDiffers(let claimed, let found):
      "expected \(claimed) records, as this end says, found \(found)"
    case .checksumDiffers(let claimed, let found):
      "expected records with CRC-32 \(checksumText(claimed)), as this end says, found \(checksumText(found)); "
        + "the data was changed or damaged"
    case .classCount(let count): "expected 1 to \(StreamLimits.classCount) class names, found \(count)"
    case .classEmpty(let index): "expected a name for class \(index), found an empty string"
    case .classTwice(let name): "expected different class names, found \"\(displayed(name))\" twice"
    case .classCountDiffers(let predictions, let names):
      "expected names for \(predictions) classes, one for each probability, found \(names)"
    case .classesChange(let difference):
      "only streams of the same classes can be joined: \(difference.words("the previous segment"))"
    case .recipeChanges(let earlier, let later):
      "expected images made by the recipe of the previous segment, '\(earlier?.text ?? "none")', found"
        + " '\(later?.text ?? "none")'; only streams of one recipe can be joined"
    case .tooLong(let count): "expected at most \(StreamLimits.endByteCount) bytes of JSON, got \(count)"
    }
  }
}
