// The whole lines of errors of networks, and of judging and drawing what they predict.
import ByteIO
import ChartRemedies
import Charts
import CommandLine
import DataRemedies
import Evaluation
import Execution
import Inference
import JudgingRemedies
import LearningRemedies
import MemoryStreams
import ModelFiles
import Networks
import Predictions
import TensorStream
import Testing
import Training

@Suite struct LearningRemedyTests {
  @Test(
    arguments: [
      (
        TrainingError.diverged(what: "the loss", epoch: 2, step: 37, learningRate: 0.5),
        "training diverged: the loss is not finite at step 37 (epoch 2, learning rate 0.5); try a lower --learning-rate, or"
          + " --clip-gradient 1"
      ),
      (
        NetworkSizeError.tooLarge(byteCount: 1 << 40),
        "the network needs 1048576 MiB for a batch; use a smaller --batch-size or a smaller architecture"
      ),
      (
        ClassifierError.tooLarge(.tooLarge(byteCount: nil)),
        "the network needs too much memory for a batch; use a smaller --batch-size or a smaller architecture"
      ),
      (
        ClassifierError.numberedLabels(name: "a.raw", classes: ["1", "0"]),
        "a.raw: its labels have no names, and the model's classes are numbers in another order: its class 0 is '1'; give"
          + " png2raw or idx2raw the model's class names in its order with --classes"
      ),
      (
        AveragingError.trainedWithoutShift(name: "m", shift: 1),
        "m: the model was trained without images moved by 1 pixel, and would answer worse if it averaged over them; leave out"
          + " --average shift=1, train with --augment shift=1, or use --force"
      ),
      (
        DatasetError.differentClasses(name: "h", ClassDifference(found: ["a"], wanted: ["a", "b"])),
        "h: its classes lack 'b' of the training images; give png2raw or idx2raw the class names of the training images in"
          + " its order with --classes"
      ),
      (
        ModelFileError.content(file: "m", .noCheckpoint),
        "m: this is a model, not a checkpoint; checkpoints are files that fm-train --checkpoint writes; to start from a model,"
          + " use --from"
      ),
      (
        ModelFileError.notACheckpoint(file: "m", .empty),
        "m: the file is empty; checkpoints are files that fm-train --checkpoint writes"
      ),
      (
        ModelFileError.content(file: "m", .wantedArchitecture(.empty)),
        "m: the layers that were given: the architecture is empty; give a preset (ffnn, cnn, vgg) or layers, such as"
          + " 'linear:64 relu'; correct --arch"
      ),
      (
        ModelFileError.content(file: "m", .otherLayers(found: "relu", wanted: "pool")),
        "m: the model's layers are 'relu', not 'pool'; leave out --arch to use the model's"
      ),
    ] as [(any Failure, String)])
  func networksAndTheirFiles(error: any Failure, line: String) {
    #expect(messageLine(about: error) == line)
  }

  @Test func presetsAmongLayersAreForwarded() throws {
    let error = try #require(throws: ArchitectureError.self) { try Specification(parsing: "cnn dropout:0.5") }
    let remedy = "; fm-train --dropout sets the dropout of a preset"
    #expect(messageLine(about: error).hasSuffix(remedy))
    let nested = messageLine(about: ModelFileError.content(file: "m", .wantedArchitecture(error)))
    #expect(nested.hasSuffix(remedy) && nested.split(separator: "--dropout").count == 2)
  }
}

@Suite struct JudgingRemedyTests {
  private func line(_ metric: String) throws -> String {
    messageLine(about: EvaluationError.metricAbsent(try #require(Metric(metric)), nil))
  }

  @Test(
    arguments: [
      (
        "log_loss",
        "it needs the probabilities of all classes; add --probabilities or --format raw to fm-predict"
      ),
      ("top_k.2", "and more than K classes; add --top or --probabilities to fm-predict"),
      ("mcc_interval.upper", "it needs bootstrap intervals; --interval bootstrap computes such intervals"),
      ("kappa_interval.lower", "and a kappa that is defined; --interval bootstrap computes such intervals"),
      ("macro.roc_auc", "merged reports have none; add --probabilities or --format raw to fm-predict"),
      ("coverage_at.coverage", "the predicted classes' probabilities; --coverage-at gives the accuracy"),
      (
        "answered.accuracy",
        "it needs at least one answer; a report has it with --thresholds, or with a gate on it"
      ),
      ("cost.answers", "it needs a table of costs, and at least one answer; --costs gives the table"),
      ("cost.decisions", "it needs a table of costs and the probabilities of all classes"),
      ("ece", "it needs the predicted classes' probabilities"),
      ("classes.Hat.f1", "there is no class 'Hat'"),
    ])
  func aGateOnAnAbsentMetricSaysWhatToAdd(metric: String, end: String) throws {
    let line = try line(metric)
    #expect(line.hasPrefix("the gate on '\(metric)' cannot be judged: ") && line.hasSuffix(end), "\(line)")
  }

  @Test func aBaselinesReportMustBeMadeAgain() throws {
    let metric = try #require(Metric("macro.roc_auc"))
    let words = "the gate on 'macro.roc_auc' cannot be judged against r.json: "
    let remedy =
      "; make that report again with the options of this run, or give its predictions as --baseline"
    let place = BaselinePlace(name: "r.json", isReport: true)
    let absent = messageLine(about: EvaluationError.metricAbsent(metric, place))
    #expect(absent.hasPrefix(words) && absent.hasSuffix(remedy))
    let differs = messageLine(about: EvaluationError.metricDiffers(metric, in: "r.json", "so"))
    #expect(differs == words + "so" + remedy)
    let predictions = BaselinePlace(name: "r.tsv", isReport: false)
    #expect(messageLine(about: EvaluationError.metricAbsent(metric, predictions)).hasSuffix("to fm-predict"))
  }

  @Test(
    arguments: [
      (
        EvaluationError.noTruth(name: "p"),
        "p: the predictions have no true classes to compare with; label the records before you predict them: 'idx2raw IMAGES"
          + " LABELS | fm-predict …', or give 'fm-eval --truth FILE' a file of true classes"
      ),
      (
        .classesNeverMeet(name: "p", truths: ["Cat"], predictions: ["cat"], .spelling),
        "p: no predicted class is a true class; true: 'Cat', predicted: 'cat'; they differ only in leading zeros, case, blanks"
          + " or Unicode form; spell them the same, or list them all with --classes"
      ),
      (
        .mixedClasses(name: "p", numbers: ["1"], names: ["a"]),
        "p: some classes are numbers, '1', and others names, 'a'; were a table by name and one by index concatenated? List all"
          + " classes in a file, one name per line in the order of their numbers, and give it with --classes"
      ),
      (
        .report(name: "r"),
        "r: expected predictions, found a JSON report of fm-eval; give the predictions, or read reports with 'fm-eval --merge'"
      ),
      (
        .reportMember(name: "r", key: "records", expected: "a count"),
        "r: records: expected a count; is it a complete report of 'fm-eval --format json'?"
      ),
      (
        .foreignReport(name: "r", found: FileKind.found(Array("text".utf8))),
        "r: expected a JSON report of fm-eval, found text: 'text'; 'fm-eval --format json' writes such reports"
      ),
      (
        // The file's kind has advice of its own, beside which other advice would confuse.
        .foreignReport(name: "r", found: FileKind.found([0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A])),
        "r: expected a JSON report of fm-eval, found a PNG picture; png2raw turns pictures into a tensor stream"
      ),
      (
        .truthClass(
          file: "t", record: "x", .labelUnknown("z", classCount: 2, areGiven: true), needsClasses: false),
        "t: 'x': 'z' is not one of the 2 classes that were given; correct it, or give other names with --classes"
      ),
      (
        .truthClass(
          file: "t", record: "x", .labelUnknown("z", classCount: 2, areGiven: false), needsClasses: true),
        "t: 'x': 'z' is not one of the 2 classes that have probabilities; a stream of predictions names classes too late; name"
          + " them with --classes"
      ),
    ] as [(EvaluationError, String)])
  func predictionsThatCannotBeJudged(error: EvaluationError, line: String) {
    #expect(messageLine(about: error) == line)
  }

  @Test func gapsMayBeLeftOutButNotRepeatedNames() throws {
    let truths = { try TrueClasses(MemorySource("name\ttruth\nx\ta\n", name: "t.tsv")) }
    func line(_ predictions: String) throws -> String? {
      do {
        _ = try evaluate(
          MemorySource("name\tclass\n" + predictions, name: "p.tsv"), truths: Truths(truths(), missing: .fail)
        )
        return nil
      } catch {
        return messageLine(about: error)
      }
    }
    #expect(try line("x\ta\ny\ta\n")?.hasSuffix("('y'); leave them out with --missing skip") == true)
    #expect(try line("x\ta\nx\ta\n")?.contains("--missing") == false)
  }

  @Test func notesSayWhatToType() {
    #expect(EvaluationNote.text("a: b").line == "a: b")
    #expect(
      EvaluationNote.noAreas(name: "p").line
        == "p: has no areas, which need the probabilities of all classes; add --probabilities or --format raw to fm-predict"
    )
    #expect(
      EvaluationNote.reportAmongModels(name: "r", first: "p").line
        == "r: a report does not describe single records; for a test, give its predictions, or a report that was made with"
        + " those of p as --baseline")
    #expect(
      EvaluationNote.reportAmongModels(name: "r", first: nil).line
        == "r: a report does not describe single records; the others are tested only if they are reports that were made with"
        + " its predictions as --baseline")
  }

  @Test(
    arguments: [
      (
        SelectionError.tooMany(name: "s", limit: 4096),
        "s: expected at most 4,096 images, found more; take some with '--limit 100' or '--select FILE', or write each to a"
          + " file with '--directory DIR'"
      ),
      (
        TrainingLogError.nothing(name: "l"),
        "l: expected epochs or steps of a training run, found none; is it a log of 'fm-train --log'?"
      ),
      (
        TrainingLogError.foreign(name: "l", found: FileKind.found([0x1F, 0x8B])),
        "l: expected a log of fm-train, found a gzip file; unpack it with 'gzip -dc'; idx2raw alone reads compressed files"
      ),
      (
        TrainingLogError.line(name: "l", number: 1, .noEvent),
        "l: line 1: expected a line of fm-train's log, found no \"event\" in it; 'fm-train --log' writes such a file"
      ),
    ] as [(any Failure, String)])
  func chartsThatCannotBeDrawn(error: any Failure, line: String) {
    #expect(messageLine(about: error) == line)
  }
}
