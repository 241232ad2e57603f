// The path of a recipe from the stream through every command into the model, and conflicts between two recipes.
import Foundation
import Testing

@Suite struct RecipeFlowTests {
  private static let fit = "fit filter=area fit=contain background=auto invert=auto"
  private static let images = SmallImages(count: 60, classCount: 2, height: 6, width: 6)

  /// A folder with four streams, named after their recipes: `none`, `exact`, `fashion`, `fit`.
  private static func place() throws -> Workplace {
    let place = try Workplace()
    for (name, recipe) in [
      ("none", nil), ("exact", "exact"), ("fashion", "fashion-mnist"), ("fit", Self.fit),
    ] {
      var stream = SmallStream(Self.images, classes: ["top", "shoe"])
      stream.recipe = recipe
      try place.write(stream.bytes, to: name)
    }
    return place
  }

  private func train(_ place: Workplace, _ options: String...) throws -> Outcome {
    try place.start(trainLine[0], trainLine.dropFirst() + options).finish()
  }

  private func recipe(_ place: Workplace, _ file: String) throws -> String? {
    let text = try place.run("fm-info", "--format", "json", file).text
    let json = try #require(JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
    return json["recipe"] as? String
  }

  @Test(arguments: ["none", "exact", "fashion", "fit"])
  func theRecipeGoesFromTheStreamIntoTheModel(_ stream: String) throws {
    let place = try Self.place()
    let wanted = ["exact": "exact", "fashion": "fashion-mnist", "fit": Self.fit][stream]
    for (method, input) in [("stratified", stream), ("hash", stream), ("random", "-")] {
      let split = try place.start(
        "fm-split", ["--by", method, "--validation", "0.5", "--train", "a", "--held-out", "b", input],
        input: .file(stream)
      ).finish()
      #expect(split.ending == .exited(0), "\(split.messageText)")
      for file in [stream, "a", "b"] { #expect(try recipe(place, file) == wanted) }
    }
    let training = try train(place, "--validation", "b", "--checkpoint", "run", "-o", "model", "a")
    #expect(training.ending == .exited(0), "\(training.messageText)")
    for file in ["model", "run"] { #expect(try recipe(place, file) == wanted) }
    let report = try place.run("fm-info", "model").text
    #expect(report.contains("  recipe      \(wanted ?? "")\n") == (wanted != nil), "\(report)")

    let copy = try place.run("fm-export", "model", "--output", "copy.safetensors")
    #expect(copy.ending == .exited(0))
    #expect(try place.bytes(of: "copy.safetensors") == place.bytes(of: "model"))
    #expect(try place.run("fm-export", "model", "--output", "model.onnx").ending == .exited(0))
    let exported = String(decoding: try place.bytes(of: "model.onnx"), as: UTF8.self)
    #expect(exported.contains("fm-tools.recipe") == (wanted != nil))
    #expect(wanted == nil || exported.contains(wanted!))

    // Resuming the complete run writes the same recipe.
    let again = try train(place, "--validation", "b", "--checkpoint", "run", "--resume", "-o", "model2", "a")
    #expect(again.ending == .exited(0), "\(again.messageText)")
    #expect(try recipe(place, "model2") == wanted)
  }

  /// A stream without a recipe takes the other's, and so does a stream of the recipe `exact`.
  @Test(arguments: [
    ("none", "none", nil), ("none", "exact", "exact"), ("exact", "none", "exact"), ("none", "fit", fit),
    ("exact", "fashion", "fashion-mnist"), ("fashion", "exact", "fashion-mnist"), ("fit", "fit", fit),
  ])
  func compatibleStreamsAreJoined(_ one: String, _ other: String, _ wanted: String?) throws {
    let place = try Self.place()
    #expect(try place.shell("cat \(one) \(other) > both").ending == .exited(0))
    #expect(try recipe(place, "both") == wanted)
    let training = try train(place, "--validation", one, "-o", "model", other)
    #expect(training.ending == .exited(0), "\(training.messageText)")
    #expect(try recipe(place, "model") == wanted)
  }

  @Test func streamsOfDifferentRecipesAreNotJoined() throws {
    let place = try Self.place()
    for script in [
      "cat fit fashion | fm-info", "cat fit none fashion | fm-split --emit train > part",
      "cat fashion fit | fm-train --arch linear:2 --epochs 1 -o model",
    ] {
      let outcome = try place.shell(script)
      #expect(outcome.ending == .exited(65), "\(script): \(outcome.messageText)")
      #expect(outcome.messageText.contains("only streams of one recipe can be joined"))
      #expect(
        outcome.messageText.contains("'fashion-mnist'") && outcome.messageText.contains("'\(Self.fit)'"))
      #expect(outcome.messageLines.count == 1)
    }
    #expect(!(try place.names).contains("model"))
  }

  @Test func heldOutImagesAndTeachersMustHaveTheSameRecipe() throws {
    let place = try Self.place()
    let heldOut = try train(place, "--validation", "fit", "-o", "model", "fashion")
    #expect(heldOut.ending == .exited(65))
    #expect(
      heldOut.messageText
        == "fm-train: fit: images made by the recipe '\(Self.fit)', but the training images by 'fashion-mnist';"
        + " make both with the same recipe\n")
    #expect(!(try place.names).contains("model"))
    #expect(try train(place, "--validation", "0.2", "-o", "teacher", "fit").ending == .exited(0))
    let taught = try train(place, "--teacher", "teacher", "-o", "model", "fashion")
    #expect(taught.ending == .exited(65))
    #expect(
      taught.messageText.hasPrefix(
        "fm-train: teacher: the teacher learned from images made by the recipe '\(Self.fit)'"))
    #expect(try train(place, "--teacher", "teacher", "-o", "model", "none").ending == .exited(0))
  }

  /// A model that is trained further learns the new images.
  @Test func furtherTrainingRecordsTheRecipeOfTheNewImages() throws {
    let place = try Self.place()
    #expect(try train(place, "--validation", "0.2", "-o", "first", "fit").ending == .exited(0))
    for (stream, wanted) in [("fashion", "fashion-mnist"), ("none", Self.fit), ("exact", Self.fit)] {
      let line = [
        "--quiet", "--from", "first", "--epochs", "1", "--validation", "0.2", "-o", "second", stream,
      ]
      let outcome = try place.start("fm-train", line).finish()
      #expect(outcome.ending == .exited(0), "\(outcome.messageText)")
      #expect(try recipe(place, "second") == wanted)
    }
  }

  @Test func aRunIsNotResumedWithImagesOfAnotherRecipe() throws {
    let place = try Self.place()
    let line = ["--validation", "0.2", "--checkpoint", "run", "-o", "model"]
    #expect(
      try place.start(trainLine[0], trainLine.dropFirst() + line + ["fit"]).finish().ending == .exited(0))
    let outcome = try place.start(trainLine[0], trainLine.dropFirst() + line + ["--resume", "fashion"])
      .finish()
    #expect(outcome.ending == .exited(65))
    #expect(
      outcome.messageText.contains("the checkpoint has recipe \(Self.fit), the streams have fashion-mnist"),
      "\(outcome.messageText)")
  }

  @Test func predictionRefusesImagesOfAnotherRecipeUnlessForced() throws {
    let place = try Self.place()
    #expect(try train(place, "--validation", "0.2", "-o", "model", "fashion").ending == .exited(0))
    let own = try place.run("fm-predict", "--model", "model", "fashion")
    #expect(own.ending == .exited(0) && own.messageText.isEmpty)
    for stream in ["none", "exact"] {
      #expect(try place.run("fm-predict", "--model", "model", stream).text == own.text)
    }
    let refused = try place.run("fm-predict", "--model", "model", "fit")
    #expect(refused.ending == .exited(65))
    #expect(
      refused.messageText
        == "fm-predict: fit: the images were made by the recipe '\(Self.fit)', but the model learned from images made by"
        + " 'fashion-mnist'; make them with that recipe, or use --force\n")
    // The recipe is in the stream's end, after the records, so a stream of predictions then lacks its own end.
    let raw = try place.shell(
      "fm-predict --model model --format raw fit > predictions; test $? = 65 && fm-eval predictions")
    #expect(raw.ending == .exited(65))
    #expect(raw.messageText.contains("fm-eval: predictions: "))
    let forced = try place.run("fm-predict", "--model", "model", "--force", "fit")
    #expect(forced.ending == .exited(0) && forced.text == own.text)

    // A model without a recipe accepts all of them.
    #expect(try train(place, "--validation", "0.2", "-o", "silent", "none").ending == .exited(0))
    for stream in ["none", "exact", "fashion", "fit"] {
      #expect(try place.run("fm-predict", "--model", "silent", stream).ending == .exited(0))
    }
  }

  @Test func malformedRecipesAreRefused() throws {
    let place = try Workplace()
    for recipe in ["", "tab\\tin it", String(repeating: "x", count: 257), "ä"] {
      var stream = SmallStream(Self.images)
      stream.recipe = recipe
      try place.write(stream.bytes, to: "data.raw")
      let outcome = try place.run("fm-split", "--emit", "train", "data.raw")
      #expect(outcome.ending == .exited(65))
      #expect(
        outcome.messageText.contains(#""recipe": expected a string of 1 to 256 printable ASCII characters"#))
    }
  }
}
