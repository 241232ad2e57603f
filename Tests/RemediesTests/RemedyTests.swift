// The whole lines of errors: what a library says, and what a command adds to type. Each module of remedies has cases
// here; the process tests compare more lines as users see them.
import Archives
import ArchiveRemedies
import ByteIO
import CommandLine
import DataRemedies
import DataSplitting
import ImageFiles
import PictureRemedies
import Predictions
import TensorStream
import Testing

/// A tar archive's first bytes: the name of a member, and `ustar` at byte 257.
private let tarBytes =
  Array("a.png".utf8) + [UInt8](repeating: 0, count: 252) + Array("ustar\u{0}00".utf8)
  + [UInt8](repeating: 0, count: 247)

/// The beginning of a safetensors file: the length of its header, and the header.
private let safetensorsBytes: [UInt8] = [2, 0, 0, 0, 0, 0, 0, 0] + Array("{}".utf8)

@Suite struct MechanismTests {
  private enum Plain: Failure {
    case failed
    var kind: FailureKind { .badData }
    var description: String { "x: is wrong" }
  }

  private enum Helpful: Failure, Remediable {
    case failed(remedy: String?)
    var kind: FailureKind { .badData }
    var description: String { "x: is wrong" }
    var remedy: String? { if case .failed(let remedy) = self { remedy } else { nil } }
  }

  @Test func theRemedyFollowsTheDescription() {
    #expect(messageLine(about: Plain.failed) == "x: is wrong")
    #expect(messageLine(about: Helpful.failed(remedy: nil)) == "x: is wrong")
    #expect(messageLine(about: Helpful.failed(remedy: "use --this")) == "x: is wrong; use --this")
    #expect(withRemedy("x", nil) == "x" && withRemedy("x", "y") == "x; y")
  }

  @Test func messagesOfCommandsHaveTheRemedy() {
    struct Sample: Tool { static let configuration = CommandConfiguration(commandName: "fm-sample") }
    #expect(
      Sample.message(ofFailure: Helpful.failed(remedy: "use --this"))
        == "fm-sample: x: is wrong; use --this")
  }
}

@Suite struct DataRemedyTests {
  @Test(
    arguments: [
      (
        SplitError.noLabels(name: "a.raw"),
        "a.raw: a stratified split needs labels, but the records have none; use --by random or --by hash"
      ),
      (
        .emptyPart(name: "a.raw", part: .test, records: 3, byHash: true),
        "a.raw: the test part would get none of 3 records; choose another share or --seed, leave the part out, or write it"
          + " empty with --allow-empty"
      ),
      (
        .emptyPart(name: "a.raw", part: .validation, records: 1, byHash: false),
        "a.raw: the validation part would get none of 1 record; choose another share, leave the part out, or write it"
          + " empty with --allow-empty"
      ),
      (.inputChanged(name: "a.raw"), "a.raw: the file changed while it was being read"),
    ] as [(SplitError, String)])
  func recordsThatCannotBeDivided(error: SplitError, line: String) {
    #expect(messageLine(about: error) == line)
  }

  @Test(
    arguments: [
      (
        ClassOrderError.sameNumber("1", "01"),
        "expected classes that are different numbers, found '1' and '01'; give both the same name, or list the classes with"
          + " --classes"
      ),
      (
        StreamError.notAStream(name: "m", start: safetensorsBytes),
        "m: byte 0: expected a tensor stream, found a safetensors file; pass a model to fm-predict --model"
      ),
      (
        ClassNamesError.foreign(name: "c", found: FileKind.found(tarBytes)),
        "c: expected class names, one per line, found a tar archive; png2raw --tar and fm-predict --tar read the pictures in"
          + " it"
      ),
      (
        ClassNamesError.foreign(name: "c", found: FileKind.found([0x1F, 0x8B, 8, 0])),
        "c: expected class names, one per line, found a gzip file; unpack it with 'gzip -dc'; idx2raw alone reads compressed"
          + " files"
      ),
    ] as [(any Failure, String)])
  func classesAndStreams(error: any Failure, line: String) {
    #expect(messageLine(about: error) == line)
  }

  @Test func joinedStreamsOfOtherClasses() {
    let difference = ClassDifference(found: ["a", "b"], wanted: ["a", "c"])
    let error = StreamError.unwritableEnd(name: "s", .classesChange(difference))
    #expect(
      messageLine(about: error)
        == "s: cannot write the stream's end: only streams of the same classes can be joined: its classes have 'b', and lack"
        + " 'c' of the previous segment; give png2raw or idx2raw the class names of the previous segment in its order with"
        + " --classes")
  }

  @Test(
    arguments: [
      (
        PredictionError.columnsOfNoTable(name: "p", .jsonl),
        "p: the columns that were given are for TSV or CSV, but this is JSON Lines; leave out --columns"
      ),
      (
        .images(name: "p"),
        "p: expected predictions, found images; put 'fm-predict --model MODEL' before this command"
      ),
      (
        .givenClassesDiffer(name: "p", ClassDifference(found: ["a"], wanted: ["a", "b"])),
        "p: its classes lack 'b' of the given list; leave --classes out: the stream names its classes"
      ),
      (
        .row(RowPlace(name: "p", row: .line(1)), .columnMissing("class", found: ["a", "b"])),
        "p: line 1: expected a header with the column 'class', found 'a', 'b'; if the table has no header, name its columns"
          + " with 'fm-eval --columns'"
      ),
      (
        .row(RowPlace(name: "p", row: .line(1)), .columnMissing("truth", found: ["a"])),
        "p: line 1: expected a header with the column 'truth', found 'a'"
      ),
      (
        .row(RowPlace(name: "p", row: .line(1)), .columnsContradicted(given: ["class"], found: ["truth"])),
        "p: line 1: found a header, 'truth', that contradicts the columns that were given, 'class'; leave --columns out, or"
          + " name the columns in the order of the header"
      ),
      (
        .row(
          RowPlace(name: "p", row: .line(2), column: "class"),
          .labelUnknown("z", classCount: 3, areGiven: true)),
        "p: line 2, column class: 'z' is not one of the 3 classes that were given; correct it, or give other names with"
          + " --classes"
      ),
    ] as [(PredictionError, String)])
  func tablesOfPredictions(error: PredictionError, line: String) {
    #expect(messageLine(about: error) == line)
  }

  @Test func thresholds() {
    #expect(
      messageLine(about: ThresholdError.header(name: "t", found: ["x"]))
        == "t: expected a header with the columns 'class' and 'threshold', found 'x'; 'fm-eval --choose-thresholds' writes"
        + " such a table")
    let error = #expect(throws: ThresholdError.self) {
      try ClassThresholds(parsing: ["a"], name: "--threshold")
    }
    #expect(
      error.map { messageLine(about: $0) }
        == "--threshold: expected CLASS=PROBABILITY, for example Shirt=0.8, got 'a'")
  }
}

@Suite struct PictureRemedyTests {
  @Test(
    arguments: [
      (
        IDXError.scaleMissing(name: "f", type: 0x0D),
        "f: byte 2: expected integers, found 32-bit floating point; use --scale 255 if the values are from 0 to 1, or --scale"
          + " 1 if they are from 0 to 255"
      ),
      (
        IDXError.nothingLeft(name: "f", count: 3, skipped: 5),
        "f: expected images after the first 5, which are skipped, found only 3 images; use a smaller --skip"
      ),
      (
        IDXError.nothingLeft(name: "f", count: 1, skipped: 1),
        "f: expected images after the first, which is skipped, found only 1 image; use a smaller --skip"
      ),
      (
        ClassFolderError.order(.sameNumber("1", "01")),
        "expected classes that are different numbers, found '1' and '01'; give both the same name, or list the classes with"
          + " --classes"
      ),
      (
        ClassFolderError.tooMany(limit: 256),
        "expected pictures in at most 256 folders, each a class, found more; did you mean --label-from directory?"
      ),
      (
        LabelTableError.order(name: "t", .sameNumber("1", "01")),
        "t: expected classes that are different numbers, found '1' and '01'; give both the same name, or list the classes"
          + " with --classes"
      ),
      (
        ImageFolderError.exists(name: "out"),
        "out: already exists; name another folder, or replace files with --force"
      ),
    ] as [(any Failure, String)])
  func filesOfImages(error: any Failure, line: String) {
    #expect(messageLine(about: error) == line)
  }

  @Test func problemsOfPictures() {
    let shape = ImageShape(height: 2, width: 3, channels: 1)
    let size = RecipeProblem.differentSize(shape, wanted: ImageShape(height: 28, width: 28, channels: 1))
    #expect(
      messageLine(about: size)
        == "is 2×3 (height × width), but the recipe exact wants 28×28; use --recipe fashion-mnist for photos of products on"
        + " white, --recipe fit for others")
    let flaw = PictureProblem.png(.flaw(.trailingBytes(offset: 9, byteCount: 1)))
    #expect(
      messageLine(about: flaw)
        == "byte 9: expected the end of the file after chunk IEND, found 1 byte more; without --strict, the picture is read"
    )
    let label = LabelProblem.memberNotANumber("cat", ending: "cls")
    #expect(
      messageLine(about: label)
        == "expected a number from 0 to 255 in .cls, found 'cat'; list the class names with --classes")
  }

  @Test func doubtfulPicturesHaveOneLineOfEachKind() {
    var notes = PictureNotes()
    notes.add(.flaw(.png(.trailingBytes(offset: 9, byteCount: 1))), name: "a.png")
    notes.add(.blank(.black, isTransparent: true, .exact()), name: "b.png")
    notes.add(.blank(.black, isTransparent: true, .exact()), name: "c.png")
    #expect(
      notes.lines == [
        "2 pictures, the first b.png: the images are blank, each of one colour; transparent pixels show the background (0),"
          + " and the drawing may have the same colour; choose another background with --recipe exact --background 255",
        "a.png: byte 9: expected the end of the file after chunk IEND, found 1 byte more; it was read anyway; use --strict to"
          + " refuse such files",
      ])
  }

  @Test func archives() {
    let error = TarError.notAnArchive(name: "a.tar", found: FileKind.found(safetensorsBytes))
    #expect(
      messageLine(about: error)
        == "a.tar: expected a tar archive, found a safetensors file; pass a model to fm-predict --model")
  }
}
