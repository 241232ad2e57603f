// fm-train's options for learning: their defaults, their refusals, and the ways to write layers.
import Foundation
import Testing

@Suite struct LearningOptionTests {
  /// A folder with a stream of 60 images of three named classes.
  static func place() throws -> Workplace {
    let place = try Workplace()
    let images = SmallImages(count: 60)
    try place.write(SmallStream(images, classes: ["top", "middle", "bottom"]).bytes, to: "data.raw")
    return place
  }

  func train(_ place: Workplace, _ options: [String]) throws -> Outcome {
    try place.start("fm-train", options + ["--epochs", "1", "--output", "m", "data.raw"]).finish()
  }

  func settings(_ place: Workplace) throws -> [String: String] {
    let info = try place.run("fm-info", "--format", "json", "m")
    let model = try #require(JSONSerialization.jsonObject(with: Data(info.output)) as? [String: Any])
    let training = try #require(model["training"] as? [String: Any])
    return try #require(training["settings"] as? [String: String])
  }

  // MARK: - Options without effect, and held-out classes

  @Test(
    arguments: [
      (["--arch", "linear:4 relu", "--dropout", "0.5"], "--dropout: the network has no dropout layer"),
      (["--arch", "linear:4", "--patience", "2", "--validation", "0"], "--patience needs held-out images"),
      (
        ["--arch", "linear:4", "--monitor", "accuracy", "--validation", "0.0"],
        "--monitor accuracy needs held-out images"
      ),
      (
        ["--arch", "conv:4 conv:4,whiten=yes"],
        "layer 2 'conv:4,whiten=yes' does not fit its input of 4×8×8: whiten=yes is for a first layer, which"
      ),
      (
        ["--arch", "conv:19,whiten=yes"],
        "layer 1 'conv:19,whiten=yes' does not fit its input of 1×8×8: whiten=yes allows 18 channels at most"
      ),
      (["-arch", "linear:4"], "unknown option '-arch', did you mean '--arch'?"),
    ])
  func anOptionWithoutEffectIsRefused(_ options: [String], _ message: String) throws {
    let place = try Self.place()
    let outcome = try train(place, options)
    #expect(outcome.ending == .exited(64), "\(outcome.messageText)")
    #expect(outcome.messageText.hasPrefix("fm-train: " + message), "\(outcome.messageText)")
    #expect(outcome.output == [])
  }

  /// Labels without names: even if the only record of the last class is held out, there are three classes.
  @Test func aHeldOutClassCounts() throws {
    let place = try Workplace()
    var images = SmallImages(count: 21, classCount: 2)
    images.labels[20] = 2
    try place.write(SmallStream(images).bytes, to: "data.raw")
    for validation in ["0.5", "0.9", "20"] {
      let outcome = try train(place, ["--arch", "linear:4", "--validation", validation])
      #expect(outcome.ending == .exited(0), "\(outcome.messageText)")
      #expect(outcome.messageText.contains("3 classes"), "\(outcome.messageText)")
    }
  }

  // MARK: - Defaults

  /// PyTorch's weight decay, and a learning rate that suits the optimiser. The preset names adam; other optimisers get
  /// their own defaults there too.
  @Test(
    arguments: [
      ("adam", "0.002", "0.0"), ("adamw", "0.002", "0.01"), ("sgd", "0.1", "0.0"), ("muon", "0.02", "0.0"),
    ], ["linear:4 relu", "ffnn"])
  func defaultsFitTheOptimizer(_ expected: (String, String, String), _ architecture: String) throws {
    let place = try Self.place()
    let (optimizer, rate, decay) = expected
    let outcome = try train(place, ["--quiet", "--arch", architecture, "--optimizer", optimizer])
    #expect(outcome.ending == .exited(0) && outcome.messageText == "", "\(outcome.messageText)")
    let settings = try settings(place)
    #expect(settings["optimizer"] == optimizer)
    #expect(settings["learning-rate"] == rate)
    #expect(settings["weight-decay"] == decay)
    #expect(settings["momentum"] == ["sgd": "0.9", "muon": "0.95"][optimizer])
    #expect(settings["adam-rate"] == (optimizer == "muon" ? "0.1" : nil))
    let help = try place.run("fm-train", "--help").text.split(whereSeparator: \.isWhitespace)
      .joined(separator: " ")
    #expect(help.contains("0.002 for adam and adamw, 0.1 for sgd, 0.02 for muon"))
    #expect(help.contains("adamw: 0.01"))
  }

  @Test func settingsForKindsOfParametersAreRecordedUnlessDefault() throws {
    let place = try Self.place()
    let line = ["--quiet", "--arch", "norm relu", "--optimizer", "sgd", "--weight-decay", "0.001"]
    #expect(try train(place, line).ending == .exited(0))
    let plain = try settings(place)
    #expect(["nesterov", "decay-scope", "norm-rate"].allSatisfy { plain[$0] == nil })
    let model = try place.bytes(of: "m")
    for (options, key, value) in [
      (["--nesterov"], "nesterov", "true"), (["--decay-scope", "weights"], "decay-scope", "weights"),
      (["--norm-rate", "4"], "norm-rate", "4.0"),
    ] {
      #expect(try train(place, line + options).ending == .exited(0))
      #expect(try settings(place)[key] == value)
      #expect(try place.bytes(of: "m") != model, "\(key)")
    }
    #expect(try train(place, line + ["--decay-scope", "all", "--norm-rate", "1"]).ending == .exited(0))
    #expect(try settings(place) == plain)
  }

  @Test func givenOptionsOverrideTheDefaults() throws {
    let place = try Self.place()
    let line = ["--quiet", "--arch", "relu", "--optimizer", "adamw"]
    #expect(try train(place, line + ["--weight-decay", "0", "--learning-rate", "0.01"]).ending == .exited(0))
    let settings = try settings(place)
    #expect(settings["weight-decay"] == "0.0" && settings["learning-rate"] == "0.01")
    try FileManager.default.copyItem(atPath: "\(place.path)/m", toPath: "\(place.path)/without")
    #expect(try train(place, line + ["--learning-rate", "0.01"]).ending == .exited(0))
    try place.write(place.bytes(of: "m"), to: "with")
    let plain = ["--quiet", "--arch", "relu", "--optimizer", "adam", "--learning-rate", "0.01"]
    #expect(try train(place, plain).ending == .exited(0))
    // Without weight decay, AdamW is Adam; with it, it is not.
    let weights = try ["without", "with", "m"].map { try place.run("fm-export", $0, "--to", "pth").output }
    #expect(weights[0] == weights[2])
    #expect(weights[1] != weights[2])
  }

  @Test(
    arguments: [
      (["--momentum", "0.5"], "--momentum is for sgd and muon"),
      (["--optimizer", "adamw", "--momentum", "0.5"], "--momentum is for sgd and muon"),
      (["--nesterov"], "--nesterov is for sgd"),
      (["--optimizer", "adam", "--nesterov"], "--nesterov is for sgd"),
      (
        ["--optimizer", "muon", "--nesterov"],
        "--nesterov is for sgd, and muon always uses Nesterov's momentum"
      ),
      (["--optimizer", "adamw", "--adam-rate", "0.2"], "--adam-rate is for muon: add --optimizer muon"),
      (["--optimizer", "muon", "--adam-rate", "0"], "--adam-rate: expected more than 0, up to 1000"),
      (["--optimizer", "muon"], "--optimizer muon: the network has no hidden layer with weights"),
      (["--lookahead", "1"], "'1'"), (["--lookahead", "5,1"], "'5,1'"),
      (["--lookahead", "5,0.5,2"], "'5,0.5,2'"),
      (["--lookahead", "500"], "--lookahead 500: the run has only 1 step; use fewer"),
      (["--lookahead", "8", "--batch-size", "8"], "--lookahead 8: the run has only 7 steps; use fewer"),
      (["--batch-size", "0"], "1 to 65536 images"), (["--batch-size", "65537"], "1 to 65536 images"),
      (["--batch-size", "8,16"], "'8,16'"), (["--batch-size", "8,16@1"], "such as 128 or 128,512@10"),
      (["--batch-size", "8,16@2"], "--batch-size 16@2: the run has only 1 epoch; name one of them"),
      (["--freeze", "2"], "'2'"), (["--freeze", "1@1,1@2"], "such as 2@12 or 2@12,4@16"),
      (["--freeze", "1@2"], "--freeze 1@2: the run has only 1 epoch; name one of them"),
      (
        ["--freeze", "1@1"],
        "--freeze 1@1: the network has no convolution or dense layer before the output layer"
      ),
      (["--norm-rate", "0"], "--norm-rate: expected more than 0, up to 1000"),
      (["--norm-rate", "nan"], "--norm-rate: expected more than 0, up to 1000"),
      (["--norm-rate", "2"], "--norm-rate 2.0: the network has no normalisation; leave it out"),
      (["--decay-scope", "biases"], "'biases'"),
      (["--decay-scope", "weights"], "--decay-scope: there is no weight decay; add --weight-decay"),
      (["--init", "dirac"], "--init dirac: the network has no convolution; leave it out"),
      (["--weight-average", "last:2"], "--weight-average last:2: the run has only 1 epoch; average fewer"),
      (
        ["--teacher", "t", "--label-smoothing", "0.1"],
        "--label-smoothing 0.1: the teachers have the whole loss"
      ),
      (
        ["--validation", "0.001", "--calibrate"],
        "--calibrate needs held-out images, but --validation 0.001 holds out none of 60; hold out more"
      ),
      (["--validation", "0.001", "--patience", "1"], "--patience needs held-out images"),
      (["--augment", "cutout=28"], "cutout=28"),
      (["--weight-decay", "1e30"], "--weight-decay: expected 0 to 1000"),
      (["--weight-decay", "nan"], "--weight-decay: expected 0 to 1000"),
      (["--learning-rate", "nan"], "--learning-rate: expected more than 0"),
      (["--learning-rate", "inf"], "--learning-rate: expected more than 0"),
      (["--validation", "1.5"], "--validation"), (["--validation", "60"], "leaves no images to train on"),
    ])
  func invalidOptionsAreRefused(_ options: [String], _ text: String) throws {
    let place = try Self.place()
    let outcome = try train(place, ["--arch", "relu"] + options)
    #expect(outcome.ending == .exited(64), "\(outcome.messageText)")
    #expect(outcome.messageText.contains(text), "\(outcome.messageText)")
    #expect(try place.names == ["data.raw"])
  }

  @Test func aDivergingRunLeavesNoModel() throws {
    let place = try Self.place()
    for optimizer in ["adam", "adamw", "sgd", "muon"] {
      let outcome = try train(
        place,
        [
          "--quiet", "--arch", "linear:4 relu", "--optimizer", optimizer, "--learning-rate", "1e30",
          "--batch-size", "5",
        ])
      #expect(outcome.ending == .exited(65))
      #expect(outcome.messageText.contains("training diverged"), "\(outcome.messageText)")
      #expect(try place.names == ["data.raw"])
    }
  }

  // MARK: - Fixed kernels, layers that freeze, batches that grow

  @Test func aWhiteningFirstLayerIsKept() throws {
    let place = try Self.place()
    let script = """
      set -e
      fm-train --quiet --arch 'Conv:18, Whiten=yes, relu, pool, linear:6 relu' --epochs 3 --batch-size 8 --mean 0.3 --std 0.4 \\
        --checkpoint run -o m data.raw
      fm-train --quiet --from m --epochs 1 --batch-size 8 --learning-rate 0.02 -o next data.raw
      for model in m next; do
        fm-export $model --to pth -q > $model.pth
        fm-export $model --to onnx > $model.onnx
      done
      fm-export m.pth --arch 'conv:18,whiten=yes relu pool linear:6 relu' --size 8x8 --mean 0.3 --std 0.4 -o back.safetensors
      for model in m back.safetensors next; do
        fm-predict -m $model --labels index --probabilities data.raw > answers.$model
      done
      cmp answers.m answers.back.safetensors
      ! cmp -s answers.m answers.next
      fm-info m
      """
    let outcome = try place.shell(script)
    #expect(outcome.ending == .exited(0), "\(outcome.messageText)")
    #expect(outcome.text.contains("conv:18,whiten=yes relu pool linear:6 relu"))
    // The whitening layer learns only its 18 biases; the others have 18 · 16 · 6 + 6 and 6 · 3 + 3 parameters.
    #expect(outcome.text.contains("1,773"), "\(outcome.text)")
  }

  @Test func freezingLayersAndGrowingBatchesAreRecorded() throws {
    let place = try Self.place()
    let line = [
      "--quiet", "--arch", "conv:4 relu linear:6 relu", "--epochs", "3", "--batch-size", "8,20@2", "--freeze",
      "1@2,2@3",
      "--checkpoint", "run", "--log", "log", "data.raw",
    ]
    let whole = try place.start("fm-train", ["-o", "m"] + line).finish()
    #expect(whole.ending == .exited(0), "\(whole.messageText)")
    let settings = try settings(place)
    #expect(settings["batch-size"] == "8,20@2" && settings["freeze"] == "1@2,2@3")
    // 54 images: 7 steps in the first epoch, then 3 steps in each.
    #expect(
      try place.text(of: "log").contains(#""step":7,"#) && place.text(of: "log").contains(#""step":13,"#))
    let other = try place.run(
      "fm-train", "-o", "other", "--resume", "--quiet", "--arch", "conv:4 relu linear:6 relu", "--epochs",
      "3",
      "--batch-size", "8,20@3", "--checkpoint", "run", "data.raw")
    #expect(other.ending == .exited(65))
    #expect(other.messageText.contains("the checkpoint has batch-size 8,20@2, this run has 8,20@3"))
    #expect(other.messageText.contains("the checkpoint has freeze 1@2,2@3, this run has none"))
    let more = try place.run("fm-train", "--arch", "linear:6 relu", "--freeze", "2@1", "-o", "n", "data.raw")
    #expect(more.ending == .exited(64))
    #expect(
      more.messageText.contains(
        "--freeze 2@1: expected at most 1 layer, the convolutions and dense layers before"))
    for options in [["--batch-size", "8,20@2"], ["--freeze", "1@1"]] {
      let line = ["--from", "m", "--epochs", "0", "--calibrate", "-o", "n", "data.raw"] + options
      let refused = try place.start("fm-train", line).finish()
      #expect(refused.ending == .exited(64), "\(refused.messageText)")
      #expect(refused.messageText.contains("--epochs 0 trains no model"), "\(refused.messageText)")
    }
    let told = try place.run(
      "fm-train", "--arch", "linear:6 relu", "--freeze", "1@1", "--epochs", "1", "-o", "n", "data.raw")
    #expect(
      told.messageText.contains("--freeze 1@1: without --from, these layers keep their random first weights"))
  }

  // MARK: - Too little data

  @Test func tooLittleDataIsReported() throws {
    let place = try Self.place()
    try place.write(
      SmallStream(SmallImages(count: 1), classes: ["top", "middle", "bottom"]).bytes, to: "one.raw")
    let single = try place.run("fm-train", "--arch", "relu", "--epochs", "1", "-o", "m", "one.raw")
    #expect(single.ending == .exited(0))
    #expect(single.messageText.contains("warning: the only training image is of class '"))
    #expect(single.messageText.contains("1 image of "))
    let batch = try train(place, ["--arch", "relu", "--batch-size", "5000"])
    #expect(
      batch.messageText.contains(
        "--batch-size 5000: this is more than the training images; all 54 make one batch"))
  }

  // MARK: - Layers

  /// As in other tools, the output layer may be written out. The model is the same, and all commands accept both forms.
  @Test func theOutputLayerMayBeWrittenOut() throws {
    let place = try Self.place()
    #expect(try train(place, ["--quiet", "--arch", "linear:4 relu"]).ending == .exited(0))
    try place.write(place.bytes(of: "m"), to: "implied")
    let told = try train(place, ["--arch", "linear:4 relu linear:3"])
    #expect(told.ending == .exited(0))
    #expect(told.messageText.contains("--arch: 'linear:3' at the end is the output layer, which is implied"))
    let script = """
      set -e
      fm-export m --to pth > written.pth; fm-export implied --to pth | cmp - written.pth
      fm-predict --labels index -m implied data.raw > expected
      for arch in 'linear:4 relu' 'linear:4, ReLU, linear:3'; do
        fm-predict --labels index -m implied --arch "$arch" data.raw | cmp - expected
        fm-export written.pth --arch "$arch" --size 8x8 -o again.safetensors
        fm-predict --labels index -m again.safetensors data.raw | cmp - expected
        fm-train --quiet --from written.pth --arch "$arch" --epochs 1 --learning-rate 1e-30 -o next data.raw
        fm-predict --labels index -m next data.raw | cmp - expected
      done
      """
    let outcome = try place.shell(script)
    #expect(outcome.ending == .exited(0), "\(outcome.text)\(outcome.messageText)")
    let other = try train(place, ["--arch", "linear:4 relu linear:2"])
    #expect(other.messageText.contains("warning: --arch: 'linear:2' at the end is not the output layer"))
    let twice = try train(place, ["--quiet", "--arch", "linear:3 linear:3"])
    #expect(twice.ending == .exited(0) && twice.messageText == "")
    #expect(try place.run("fm-info", "m").text.contains("fc1"))
  }

  /// The output layer alone is a linear classifier, which is saved, read and exported like any other network.
  @Test func theOutputLayerAloneIsANetwork() throws {
    let place = try Self.place()
    let script = """
      set -e
      fm-train --quiet --arch linear:3 --epochs 1 --checkpoint run -o m data.raw
      fm-train --quiet --arch linear:3 --epochs 1 --checkpoint run --resume -o again data.raw
      cmp m again
      fm-info m run > /dev/null
      fm-export m -o m.pth; fm-export m -o m.onnx
      fm-predict --labels index -m m data.raw > expected
      fm-predict --quiet --labels index -m m.pth --arch linear:3 data.raw | cmp - expected
      fm-train --quiet --from m --teacher m --epochs 1 -o next data.raw
      """
    let outcome = try place.shell(script)
    #expect(outcome.ending == .exited(0), "\(outcome.text)\(outcome.messageText)")
    #expect(outcome.messageText == "")
  }

  @Test(arguments: ["fm-train", "fm-predict", "fm-export"])
  func anUnknownLayerIsRefusedWithASuggestion(_ command: String) throws {
    let place = try Self.place()
    #expect(try train(place, ["--quiet", "--arch", "relu"]).ending == .exited(0))
    let arguments: [String: [String]] = [
      "fm-train": ["-o", "n", "data.raw"], "fm-predict": ["-m", "m", "data.raw"],
      "fm-export": ["m", "--to", "onnx"],
    ]
    for (text, hint) in [
      ("dense:4", "'linear:4'"), ("conv 8", "'conv:8'"), ("cnn dropout:0.5", "is a preset"),
    ] {
      let outcome = try place.start(command, ["--arch", text] + arguments[command]!).finish()
      #expect(outcome.ending == .exited(64))
      #expect(outcome.messageText.contains(hint), "\(outcome.messageText)")
    }
  }

  // MARK: - --show-augmented

  @Test func augmentedImagesAreDrawnAndNothingIsTrained() throws {
    let place = try Self.place()
    for (name, start) in [("sheet.png", "\u{89}PNG"), ("sheet.svg", "<?xml")] {
      let outcome = try place.run(
        "fm-train", "--arch", "cnn", "--augment", "flip,rotate=30,contrast=0.5,mixup=1", "--show-augmented",
        name,
        "data.raw")
      #expect(outcome.ending == .exited(0) && outcome.messageText.isEmpty, "\(outcome.messageText)")
      let beginning = String(decoding: try place.bytes(of: name).prefix(start.count), as: UTF8.self)
      #expect(beginning == String(decoding: start.unicodeScalars.map { UInt8($0.value) }, as: UTF8.self))
    }
    #expect(try place.names == ["data.raw", "sheet.png", "sheet.svg"])
    // The three classes in turn, in ten rows of eight images.
    #expect(try place.text(of: "sheet.svg").components(separatedBy: "<image").count - 1 == 80)
  }

  @Test(
    arguments: [
      ("--output m --show-augmented a.png", "--output: --show-augmented trains no model"),
      ("--lr-find --show-augmented a.png", "--lr-find: --show-augmented trains no model"),
      ("--log l --show-augmented a.png", "--log: --show-augmented trains no model"),
      ("--show-augmented a.jpg", "--show-augmented: expected a file that ends in .png or .svg, got 'a.jpg'"),
      ("--show-augmented a.png --augment shift=9", "--augment shift=9 could move images"),
    ])
  func optionsThatConflictWithASheetAreRefused(_ options: String, _ message: String) throws {
    let place = try Self.place()
    let outcome = try place.shell("fm-train --arch linear:2 \(options) data.raw")
    #expect(outcome.ending == .exited(64), "\(outcome.messageText)")
    #expect(outcome.messageText.hasPrefix("fm-train: \(message)"), "\(outcome.messageText)")
    #expect(try place.names == ["data.raw"])
  }
}
